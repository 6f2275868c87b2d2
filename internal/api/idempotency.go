package api

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"sync"

	"github.com/filavip/filavip/internal/store"
)

// idempotencyHeader carries the key that makes a POST repeatable.
const idempotencyHeader = "Idempotency-Key"

// maxKeyLen is how long an idempotency key may be, in bytes.
const maxKeyLen = 255

// keysInUse holds the idempotency keys of the calls under way.
type keysInUse struct {
	mu  sync.Mutex // guards all
	all map[string]struct{}
}

func newKeysInUse() *keysInUse { return &keysInUse{all: map[string]struct{}{}} }

// take returns false if the key is in use.
func (k *keysInUse) take(key string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, used := k.all[key]; used {
		return false
	}
	k.all[key] = struct{}{}
	return true
}

func (k *keysInUse) giveBack(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.all, key)
}

// beginKey reads the request's idempotency key, if it has one, and keeps others from
// using it until release is called.
func (a *API) beginKey(req *request) (release func(), err error) {
	keys, given := req.http.Header[idempotencyHeader]
	if !given {
		return func() {}, nil
	}
	if len(keys) != 1 || keys[0] == "" || len(keys[0]) > maxKeyLen {
		in := reading{}
		in.fault(idempotencyHeader, keys, allowedKey)
		return nil, in.err()
	}
	key := keys[0]
	if !a.keys.take(key) {
		return nil, &refusal{kind: keyInUse}
	}
	req.idem = &store.Idempotency{Key: key, Fingerprint: fingerprint(req.http, req.args), Now: a.opts.Now()}
	return func() { a.keys.giveBack(key) }, nil
}

// fingerprint names a call with its parameters, whatever their order and wherever they
// came from.
func fingerprint(r *http.Request, args map[string][]string) string {
	sum := sha256.Sum256([]byte(r.Method + " " + r.URL.Path + "?" + url.Values(args).Encode()))
	return hex.EncodeToString(sum[:])
}

// step returns the record of one step of a call that takes several, each of which is
// durable on its own: a repetition then skips those that were done. Nil stays nil.
func step(idem *store.Idempotency, name string) *store.Idempotency {
	if idem == nil {
		return nil
	}
	sum := sha256.Sum256([]byte(idem.Key + "\x00" + name))
	part := *idem
	part.Key = "step-" + hex.EncodeToString(sum[:])
	return &part
}
