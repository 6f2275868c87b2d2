package pebblestore

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Counts implements [store.Reader], from memory.
func (db *DB) Counts(ctx context.Context, id order.RunID) (order.Counts, error) {
	if err := db.enter(ctx); err != nil {
		return order.Counts{}, err
	}
	defer db.leave()
	db.mu.Lock()
	defer db.mu.Unlock()
	if rs := db.runs[id]; rs != nil {
		return rs.counts, nil
	}
	return order.Counts{}, nil
}

// Drained implements [store.Reader], from memory.
func (db *DB) Drained(ctx context.Context, id order.RunID, lane order.Priority) (bool, error) {
	counts, err := db.Counts(ctx, id)
	return err == nil && counts[lane].Unsettled() == 0, err
}

// Totals implements [store.Reader], from memory.
func (db *DB) Totals(ctx context.Context) (store.Totals, error) {
	if err := db.enter(ctx); err != nil {
		return store.Totals{}, err
	}
	defer db.leave()
	db.mu.Lock()
	defer db.mu.Unlock()
	t := store.Totals{
		Counts:     db.totals,
		Hidden:     db.hidden,
		Paused:     db.paused.Load(),
		Generation: db.generation,
		GateOpen:   db.gateOpen(),
	}
	for i := range db.lanes {
		t.Blocks[i] = db.lanes[i].live
	}
	if db.disk.full.Load() {
		t.Stalled = StalledDiskFull
	}
	return t, nil
}

// Order implements [store.Reader].
func (db *DB) Order(ctx context.Context, k order.Key) (order.Order, error) {
	if err := db.enter(ctx); err != nil {
		return order.Order{}, err
	}
	defer db.leave()
	return db.joined(db.eng, k)
}

// joined returns an order with its outcome. Its lane is not part of its key, so both
// are tried; the filters make the miss cheap.
func (db *DB) joined(r pebble.Reader, k order.Key) (order.Order, error) {
	for _, lane := range order.Priorities() {
		o, err := db.accepted(r, lane, k)
		if errors.Is(err, order.ErrNotFound) {
			continue
		}
		if err != nil {
			return o, err
		}
		return o, db.join(r, lane, &o)
	}
	return order.Order{}, fmt.Errorf("order %s: %w", k, order.ErrNotFound)
}

// join gives an accepted order its outcome, if it has one.
func (db *DB) join(r pebble.Reader, lane order.Priority, o *order.Order) error {
	v, err := get(r, orderKey(rowOutcome, lane, o.Key))
	if errors.Is(err, order.ErrNotFound) {
		db.joinPending(o)
		return nil
	}
	if err != nil {
		return err
	}
	row, err := decodeOutcome(v, o.Key.Run().Started())
	if err != nil {
		return fmt.Errorf("order %s: %w", o.Key, err)
	}
	row.apply(o)
	return nil
}

// joinPending makes an order without an outcome what its run says: removed if the run
// was cancelled and its pending orders with it.
func (db *DB) joinPending(o *order.Order) {
	db.mu.Lock()
	defer db.mu.Unlock()
	rs := db.runs[o.Key.Run()]
	if rs != nil && rs.run.Void && !rs.run.Inert {
		o.Status, o.ProcessedAt = order.Removed, rs.run.Ended
	}
}

// Lookup implements [store.Reader].
func (db *DB) Lookup(ctx context.Context, ref string) (order.Key, error) {
	if err := db.enter(ctx); err != nil {
		return order.Key{}, err
	}
	defer db.leave()
	v, err := db.get(refKey(ref))
	if err != nil {
		return order.Key{}, fmt.Errorf("order %q: %w", ref, err)
	}
	if len(v) != 17 {
		return order.Key{}, fmt.Errorf("order %q: %w: ref row of %d bytes", ref, order.ErrCorrupt, len(v))
	}
	return order.Key(v[:16]), nil
}
