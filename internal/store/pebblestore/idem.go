package pebblestore

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// The calls that take an idempotency record.
const (
	verbBegin   = "begin"
	verbCancel  = "cancel"
	verbReset   = "reset"
	verbPause   = "pause"
	verbResume  = "resume"
	verbClean   = "clean"
	verbRedrive = "redrive"
	verbRemove  = "remove"
)

// idemRecord is the stored result of a call.
type idemRecord struct {
	Verb        string          `json:"verb"`
	Fingerprint string          `json:"fingerprint"`
	At          time.Time       `json:"at"`
	Result      json.RawMessage `json:"result"`
}

// idemIndex knows the age of the records, oldest first.
type idemIndex struct {
	mu   sync.Mutex
	keys []idemAge
}

type idemAge struct {
	at  time.Time
	key string
}

// replay looks a call up. If it was made before, result is what it returned then.
func (db *DB) replay(idem *store.Idempotency, verb string, result any) (bool, error) {
	if idem == nil {
		return false, nil
	}
	v, err := db.get(idemKey(idem.Key))
	if errors.Is(err, order.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var rec idemRecord
	if err := json.Unmarshal(v, &rec); err != nil {
		return false, fmt.Errorf("%w: idempotency record: %w", order.ErrCorrupt, err)
	}
	if rec.Verb != verb || rec.Fingerprint != idem.Fingerprint {
		return false, fmt.Errorf("%s: %w", verb, order.ErrKeyReused)
	}
	if err := json.Unmarshal(rec.Result, result); err != nil {
		return false, fmt.Errorf("%w: idempotency record: %w", order.ErrCorrupt, err)
	}
	return true, nil
}

// record adds a call's result to the batch of its effect, and drops records that are
// too many. The fence must be held alone, so that no two calls use one key at once.
func (db *DB) record(b *pebble.Batch, idem *store.Idempotency, verb string, result any) error {
	if idem == nil {
		return nil
	}
	raw, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("encode result: %w", err)
	}
	v, err := json.Marshal(idemRecord{Verb: verb, Fingerprint: idem.Fingerprint, At: idem.Now, Result: raw})
	if err != nil {
		return fmt.Errorf("encode idempotency record: %w", err)
	}
	db.idem.mu.Lock()
	defer db.idem.mu.Unlock()
	db.idem.keys = append(db.idem.keys, idemAge{at: idem.Now, key: idem.Key})
	for len(db.idem.keys) > store.MaxRecords && idem.Now.Sub(db.idem.keys[0].at) > store.KeepRecords {
		if err := b.Delete(idemKey(db.idem.keys[0].key), nil); err != nil {
			return err
		}
		db.idem.keys = db.idem.keys[1:]
	}
	return b.Set(idemKey(idem.Key), v, nil)
}

func (db *DB) recoverIdem() error {
	err := each(db.eng, []byte{rowIdem}, func(k, v []byte) error {
		var rec idemRecord
		if err := json.Unmarshal(v, &rec); err != nil {
			return fmt.Errorf("%w: idempotency record: %w", order.ErrCorrupt, err)
		}
		db.idem.keys = append(db.idem.keys, idemAge{at: rec.At, key: string(k[1:])})
		return nil
	})
	slices.SortFunc(db.idem.keys, func(a, b idemAge) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.key, b.key))
	})
	return err
}
