package memstore

import (
	"fmt"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// records are the idempotency records, oldest first in keys.
type records struct {
	byKey map[string]record
	keys  []string
}

type record struct {
	fingerprint string
	at          time.Time
	result      any
}

// add keeps a call's result, and forgets old records if there are too many.
func (r *records) add(idem *store.Idempotency, result any) {
	if r.byKey == nil {
		r.byKey = map[string]record{}
	}
	r.byKey[idem.Key] = record{idem.Fingerprint, idem.Now, result}
	r.keys = append(r.keys, idem.Key)
	for len(r.keys) > store.MaxRecords && idem.Now.Sub(r.byKey[r.keys[0]].at) > store.KeepRecords {
		delete(r.byKey, r.keys[0])
		r.keys = r.keys[1:]
	}
}

// once acts, unless a record says that this very call was made before: then it returns
// what that call returned. mu held.
func once[T any](s *Store, idem *store.Idempotency, act func() (T, error)) (T, error) {
	var none T
	if idem == nil {
		return act()
	}
	if len(idem.Key) == 0 || len(idem.Key) > 255 {
		return none, fmt.Errorf("%w: idempotency key of %d bytes; allowed: 1 to 255", order.ErrInvalid, len(idem.Key))
	}
	if known, ok := s.durable.records.byKey[idem.Key]; ok {
		result, same := known.result.(T)
		if !same || known.fingerprint != idem.Fingerprint {
			return none, fmt.Errorf("%w: %q", order.ErrKeyReused, idem.Key)
		}
		return result, nil
	}
	result, err := act()
	if err == nil {
		s.durable.records.add(idem, result)
	}
	return result, err
}
