package pebblestore

import (
	"context"
	"fmt"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Reset implements [store.Verbs]: one batch of range deletions. What remains is the
// schema, the new generation, the newest run's millisecond, and the call's own record.
func (db *DB) Reset(ctx context.Context, idem *store.Idempotency) (store.Wiped, error) {
	if err := db.enterAlone(ctx); err != nil {
		return store.Wiped{}, err
	}
	defer db.leaveAlone()
	var wiped store.Wiped
	if found, err := db.replay(idem, verbReset, &wiped); found || err != nil {
		return wiped, err
	}
	db.mu.Lock()
	wiped = db.wipes()
	generation := db.generation + 1
	db.mu.Unlock()
	b := db.eng.NewBatch()
	defer b.Close()
	for _, row := range []byte{rowOrder, rowOutcome, rowBlock, rowDelayed, rowDead, rowRef, rowCounters, rowRun, rowHidden, rowInHand, rowSamples} {
		if err := b.DeleteRange([]byte{row}, []byte{row + 1}, nil); err != nil {
			return store.Wiped{}, err
		}
	}
	for name, n := range map[string]uint64{metaPaused: 0, metaGeneration: generation} {
		if err := putNumber(b, name, n); err != nil {
			return store.Wiped{}, err
		}
	}
	if err := db.record(b, idem, verbReset, wiped); err != nil {
		return store.Wiped{}, err
	}
	if err := db.commit(b); err != nil {
		return store.Wiped{}, fmt.Errorf("reset: %w", err)
	}
	db.forget(generation)
	return wiped, nil
}

// wipes counts what a reset takes away. mu held.
func (db *DB) wipes() store.Wiped {
	w := store.Wiped{Runs: int64(len(db.byAge))}
	for _, rs := range db.byAge {
		w.Orders += rs.counts.Generated()
		w.Queued += rs.counts.Unsettled()
	}
	return w
}

// forget lets memory follow a reset.
func (db *DB) forget(generation uint64) {
	db.mu.Lock()
	defer db.mu.Unlock()
	for st := range db.claims {
		st.lost.Store(true)
	}
	clear(db.claims)
	for _, rs := range db.byAge {
		db.dropRows(rs)
	}
	clear(db.runs)
	db.byAge = nil
	for i := range db.lanes {
		db.lanes[i] = newLane()
	}
	db.totals = order.Counts{}
	db.hidden = 0
	db.generation = generation
	db.vipOpen.Store(0)
	db.paused.Store(false)
	db.announce()
}
