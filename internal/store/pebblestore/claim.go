package pebblestore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// claimState is a claim as the store knows it: the Token of a [store.Claim].
type claimState struct {
	db     *DB         // that handed it out
	id     uint64      // in the order of claiming
	lost   atomic.Bool // settled whole, released, revoked, or the store is closed
	worker string
	since  time.Time
	block  *readyBlock

	mu   sync.Mutex // one settle at a time; guards what follows
	row  blockRow   // its indexes are those that are left
	held *store.Claim
}

// Claim implements [store.Lanes].
func (db *DB) Claim(ctx context.Context, worker string, now time.Time, limit int) ([]*store.Claim, time.Time, error) {
	if err := db.enter(ctx); err != nil {
		return nil, time.Time{}, err
	}
	defer db.leave()
	taken, next := db.take(worker, now, limit)
	claims := make([]*store.Claim, 0, len(taken))
	for i, st := range taken {
		if err := db.fill(st); err != nil {
			db.giveBack(taken[i:])
			return claims, time.Time{}, fmt.Errorf("claim: %w", err)
		}
		claims = append(claims, st.held)
	}
	if err := db.markInHand(taken); err != nil {
		db.giveBack(taken)
		return nil, time.Time{}, fmt.Errorf("claim: %w", err)
	}
	return claims, next, nil
}

// take moves blocks from the lanes into new claims, of which only memory knows yet.
func (db *DB) take(worker string, now time.Time, limit int) ([]*claimState, time.Time) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.paused.Load() || db.disk.full.Load() {
		return nil, time.Time{}
	}
	var taken []*claimState
	for limit > 0 {
		b := db.next(now)
		if b == nil {
			break
		}
		limit -= b.count
		db.nextClaim++
		st := &claimState{db: db, id: db.nextClaim, worker: worker, since: now, block: b}
		db.claims[st] = struct{}{}
		db.moveToClaimed(b, 1)
		db.lanes[b.lane].countClaimed(b, 1)
		taken = append(taken, st)
	}
	if len(taken) == 0 {
		return nil, db.nextDue(now)
	}
	db.announce()
	return taken, time.Time{}
}

// next pops the block to claim next, minding the gate. mu held.
func (db *DB) next(now time.Time) *readyBlock {
	if b := db.lanes[order.VIP].pop(now); b != nil {
		return b
	}
	if !db.gateOpen() {
		return nil
	}
	return db.lanes[order.Normal].pop(now)
}

// nextDue returns when the next delayed block comes due that may be claimed then, zero if
// there is none. NORMAL ones behind a shut gate wait for its opening, not for an instant:
// told one that is past, a worker would ask again and again. mu held.
func (db *DB) nextDue(now time.Time) time.Time {
	var due time.Time
	for _, lane := range order.Priorities() {
		if lane == order.Normal && !db.gateOpen() {
			continue
		}
		b := db.lanes[lane].delayed.first()
		if b != nil && b.due.After(now) && (due.IsZero() || b.due.Before(due)) {
			due = b.due
		}
	}
	return due
}

// moveToClaimed counts a block as claimed (sign 1) or given back (-1). mu held.
func (db *DB) moveToClaimed(b *readyBlock, sign int) {
	n := sign * b.count
	if b.delayed() {
		db.shift(b.run, b.lane, 0, -n, n)
		return
	}
	db.shift(b.run, b.lane, -n, 0, n)
}

// fill reads the block's row and completes the claim.
func (db *DB) fill(st *claimState) error {
	v, err := db.rowOf(st.block)
	if err != nil {
		return fmt.Errorf("block at %s: %w", st.block.name, err)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.row, _, err = decodeBlock(v, true); err != nil {
		return fmt.Errorf("block at %s: %w", st.block.name, err)
	}
	db.dropRow(st.block)
	db.mu.Lock()
	epoch := st.block.run.run.Epoch
	db.mu.Unlock()
	st.held = &store.Claim{
		Token:    st,
		Run:      st.row.run,
		Epoch:    epoch,
		Priority: st.block.lane,
		Attempts: st.row.attempts,
		Indexes:  st.row.indexes, // never changed in place
	}
	return nil
}

// giveBack returns claims to their lanes.
func (db *DB) giveBack(claims []*claimState) {
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, st := range claims {
		db.revoke(st)
	}
	db.announce()
}

// revoke ends a claim; what its block still holds goes back to its lane. mu held.
func (db *DB) revoke(st *claimState) {
	if st.lost.Swap(true) {
		return
	}
	db.unclaim(st)
	if st.block.count > 0 {
		db.moveToClaimed(st.block, -1)
		db.lanes[st.block.lane].push(st.block)
	}
}

// unclaim forgets a claim. mu held.
func (db *DB) unclaim(st *claimState) {
	delete(db.claims, st)
	db.lanes[st.block.lane].countClaimed(st.block, -1)
}

// state returns the driver's side of a claim, nil if it is of another store.
func (db *DB) state(c *store.Claim) *claimState {
	if st, ok := c.Token.(*claimState); ok && st.db == db {
		return st
	}
	return nil
}

// held returns [order.ErrClaimLost] unless the claim still is its worker's.
func (db *DB) held(c *store.Claim) error {
	if st := db.state(c); st == nil || st.lost.Load() {
		return order.ErrClaimLost
	}
	return nil
}

// Load implements [store.Lanes].
func (db *DB) Load(ctx context.Context, c *store.Claim, slab *store.Slab) ([]order.Order, error) {
	if err := db.enter(ctx); err != nil {
		return nil, err
	}
	defer db.leave()
	if err := db.held(c); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	slab.Reset()
	if err := db.scan(c, slab); err != nil {
		return nil, fmt.Errorf("load block of run %s: %w", c.Run, err)
	}
	return slab.Orders, nil
}

// scan reads the claim's orders off the stretch of rows they lie in.
func (db *DB) scan(c *store.Claim, slab *store.Slab) error {
	if len(c.Indexes) == 0 {
		return nil
	}
	iter, err := db.eng.NewIter(&pebble.IterOptions{
		LowerBound: orderKey(rowOrder, c.Priority, c.Run.Key(c.Indexes[0])),
		UpperBound: orderKey(rowOrder, c.Priority, c.Run.Key(c.Indexes[len(c.Indexes)-1]+1)),
	})
	if err != nil {
		return err
	}
	want := c.Indexes
	iter.First()
	for ; iter.Valid() && len(want) > 0; iter.Next() {
		_, k, ok := parseOrderKey(iter.Key())
		if !ok || k.Index() < want[0] {
			continue
		}
		if k.Index() > want[0] {
			break
		}
		if err := keep(slab, k, iter.Value()); err != nil {
			_ = iter.Close()
			return err
		}
		want = want[1:]
	}
	if err := closeIter(iter); err != nil {
		return err
	}
	if len(want) > 0 {
		return fmt.Errorf("%w: order %s is missing", order.ErrCorrupt, c.Run.Key(want[0]))
	}
	finishSlab(slab)
	return nil
}

// keep adds a row to the slab. Its customer's name stays in slab.Text until finishSlab
// makes one string of them all.
func keep(slab *store.Slab, k order.Key, v []byte) error {
	row, err := decodeOrder(v)
	if err != nil {
		return fmt.Errorf("order %s: %w", k, err)
	}
	slab.Text = append(slab.Text, row.customer...)
	slab.Ends = append(slab.Ends, len(slab.Text))
	row.customer = nil
	slab.Orders = append(slab.Orders, row.order(k))
	return nil
}

func finishSlab(slab *store.Slab) {
	text := string(slab.Text)
	var start int
	for i := range slab.Orders {
		slab.Orders[i].Customer = text[start:slab.Ends[i]]
		start = slab.Ends[i]
	}
}

// MayStart implements [store.Gate].
func (db *DB) MayStart(c *store.Claim) error {
	switch {
	case db.held(c) != nil:
		return order.ErrClaimLost
	case db.paused.Load():
		return order.ErrPaused
	case c.Priority == order.Normal && !db.gateOpen():
		return order.ErrGateShut
	}
	return nil
}

// Extend implements [store.Lanes]. Claims here do not expire.
func (db *DB) Extend(ctx context.Context, c *store.Claim) error {
	if err := db.held(c); err != nil {
		return fmt.Errorf("extend: %w", err)
	}
	return ctx.Err()
}

// Release implements [store.Lanes].
func (db *DB) Release(ctx context.Context, claims ...*store.Claim) error {
	if err := db.enter(ctx); err != nil {
		return err
	}
	defer db.leave()
	for _, c := range claims {
		if st := db.state(c); st != nil {
			if err := db.release(st); err != nil {
				return fmt.Errorf("release: %w", err)
			}
		}
	}
	return nil
}

// release gives one claim back once no settle of it is under way. Of a lost claim it
// touches nothing: the mark in hand may be that of the worker that has the block now.
func (db *DB) release(st *claimState) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.lost.Load() {
		return nil
	}
	if err := db.unmarkInHand(st); err != nil {
		return err
	}
	db.giveBack([]*claimState{st})
	return nil
}

// closeIter is endIter with corruption given its kind.
func closeIter(iter *pebble.Iterator) error {
	return asCorrupt(endIter(iter))
}

// asCorrupt gives corruption its kind.
func asCorrupt(err error) error {
	if pebble.IsCorruptionError(err) {
		return fmt.Errorf("%w: %w", order.ErrCorrupt, err)
	}
	return err
}
