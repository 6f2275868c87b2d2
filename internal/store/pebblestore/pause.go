package pebblestore

import (
	"context"
	"fmt"

	"github.com/filavip/filavip/internal/store"
)

// Pause implements [store.Verbs].
func (db *DB) Pause(ctx context.Context, idem *store.Idempotency) error {
	return db.setPaused(ctx, true, verbPause, idem)
}

// Resume implements [store.Verbs].
func (db *DB) Resume(ctx context.Context, idem *store.Idempotency) error {
	return db.setPaused(ctx, false, verbResume, idem)
}

func (db *DB) setPaused(ctx context.Context, paused bool, verb string, idem *store.Idempotency) error {
	if err := db.enterAlone(ctx); err != nil {
		return err
	}
	defer db.leaveAlone()
	var was bool
	if found, err := db.replay(idem, verb, &was); found || err != nil {
		return err
	}
	b := db.eng.NewBatch()
	defer b.Close()
	var n uint64
	if paused {
		n = 1
	}
	if err := putNumber(b, metaPaused, n); err != nil {
		return err
	}
	if err := db.record(b, idem, verb, db.paused.Load()); err != nil {
		return err
	}
	if err := db.commit(b); err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	db.paused.Store(paused)
	db.announce()
	return nil
}
