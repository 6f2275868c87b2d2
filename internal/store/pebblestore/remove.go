package pebblestore

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// removal takes pending orders out of their blocks. The fence is held alone throughout,
// so blocks and claims stand still; memory follows in apply, after the commit.
type removal struct {
	db      *DB
	batch   *pebble.Batch
	at      time.Time
	limit   int64
	removed int64
	cuts    []cut
}

// cut is what a removal takes out of one block. A claim that is cut is lost: its worker
// goes by the indexes it was given and would hand out what was removed.
type cut struct {
	block *readyBlock
	claim *claimState // that holds the block; nil if none
	left  []uint64
	tally tally
}

func (db *DB) newRemoval(at time.Time, limit int64) *removal {
	return &removal{db: db, batch: db.eng.NewBatch(), at: at, limit: saturate(limit)}
}

// block removes those orders of a block that want says, as far as the limit allows.
func (r *removal) block(b *readyBlock, claim *claimState, want func(index uint64) bool) error {
	row, err := r.row(b, claim)
	if err != nil {
		return err
	}
	c := cut{block: b, claim: claim, left: make([]uint64, 0, len(row.indexes))}
	for _, index := range row.indexes {
		if r.removed == r.limit || !want(index) {
			c.left = append(c.left, index)
			continue
		}
		k := row.run.Key(index)
		v := appendOutcome(nil, order.Removed, row.attempts, r.at, k.Run().Started(), "")
		if err := r.batch.Set(orderKey(rowOutcome, b.lane, k), v, nil); err != nil {
			return err
		}
		c.tally.removed++
		r.removed++
	}
	if c.tally.removed == 0 {
		return nil
	}
	r.cuts = append(r.cuts, c)
	if err := mergeTally(r.batch, row.run, b.lane, &c.tally); err != nil {
		return err
	}
	if claim != nil {
		if err := unmark(r.batch, claim); err != nil {
			return err
		}
	}
	if len(c.left) == 0 {
		return r.batch.Delete(b.rowKey(), nil)
	}
	row.indexes = c.left
	return r.batch.Set(b.rowKey(), row.append(nil), nil)
}

func (r *removal) row(b *readyBlock, claim *claimState) (blockRow, error) {
	if claim != nil {
		return claim.row, nil
	}
	v, err := r.db.get(b.rowKey())
	if err != nil {
		return blockRow{}, fmt.Errorf("block at %s: %w", b.name, err)
	}
	row, _, err := decodeBlock(v, true)
	return row, err
}

// finish commits and lets memory follow. The caller may have added to the batch.
func (r *removal) finish() error {
	if err := r.db.commit(r.batch); err != nil {
		return err
	}
	r.db.mu.Lock()
	defer r.db.mu.Unlock()
	for i := range r.cuts {
		r.apply(&r.cuts[i])
	}
	r.db.announce()
	return nil
}

// apply lets memory follow one cut. mu held.
func (r *removal) apply(c *cut) {
	n := int(c.tally.removed)
	r.db.count(c.block.run, c.block.lane, &c.tally)
	switch {
	case c.claim != nil:
		r.db.shift(c.block.run, c.block.lane, 0, 0, -n)
	case c.block.delayed():
		r.db.shift(c.block.run, c.block.lane, 0, -n, 0)
	default:
		r.db.shift(c.block.run, c.block.lane, -n, 0, 0)
	}
	r.db.dropRow(c.block)
	c.block.count -= n
	switch {
	case c.claim != nil:
		r.db.revoke(c.claim)
	case c.block.count == 0:
		r.db.drop(c.block)
	}
}

// drop takes an empty block out of wherever it waits. mu held.
func (db *DB) drop(b *readyBlock) {
	is := func(other *readyBlock) bool { return other == b }
	b.run.staged[b.lane] = slices.DeleteFunc(b.run.staged[b.lane], is)
	db.lanes[b.lane].drop(b)
}

// Remove implements [store.Verbs].
func (db *DB) Remove(ctx context.Context, keys []order.Key, idem *store.Idempotency) (int64, error) {
	if err := db.enterAlone(ctx); err != nil {
		return 0, err
	}
	defer db.leaveAlone()
	var before int64
	if found, err := db.replay(idem, verbRemove, &before); found || err != nil {
		return before, err
	}
	r := db.newRemoval(db.opts.Clock(), 0)
	defer r.batch.Close()
	if err := r.keys(keys); err != nil {
		return 0, fmt.Errorf("remove %d orders: %w", len(keys), err)
	}
	if err := db.record(r.batch, idem, verbRemove, r.removed); err != nil {
		return 0, err
	}
	if err := r.finish(); err != nil {
		return 0, fmt.Errorf("remove %d orders: %w", len(keys), err)
	}
	return r.removed, nil
}

// keys removes single orders: it goes through the blocks of their runs once.
func (r *removal) keys(keys []order.Key) error {
	wanted := make(map[order.Key]bool, len(keys))
	runs := make(map[order.RunID]bool)
	for _, k := range keys {
		wanted[k], runs[k.Run()] = true, true
	}
	for _, at := range r.db.pending(func(b *readyBlock) bool { return runs[b.run.run.ID] }) {
		id := at.block.run.run.ID
		if err := r.block(at.block, at.claim, func(index uint64) bool { return wanted[id.Key(index)] }); err != nil {
			return err
		}
	}
	return nil
}

// placed is a block and the claim that holds it, if one does.
type placed struct {
	block *readyBlock
	claim *claimState
}

// pending returns the blocks of runs that are not cancelled, VIP first, then ready ones
// by name, then delayed ones by due time.
func (db *DB) pending(want func(*readyBlock) bool) []placed {
	db.mu.Lock()
	defer db.mu.Unlock()
	var all []placed
	db.eachPlaced(func(at placed) {
		if want(at.block) {
			all = append(all, at)
		}
	})
	slices.SortFunc(all, func(a, b placed) int { return bytes.Compare(a.block.sortKey(), b.block.sortKey()) })
	return all
}

// eachPlaced calls f for every block of a run that is not cancelled. mu held.
func (db *DB) eachPlaced(f func(placed)) {
	add := func(b *readyBlock, st *claimState) {
		if !b.run.run.Void {
			f(placed{b, st})
		}
	}
	for i := range db.lanes {
		for _, b := range db.lanes[i].ready.blocks {
			add(b, nil)
		}
		for _, b := range db.lanes[i].delayed.blocks {
			add(b, nil)
		}
	}
	for _, rs := range db.byAge {
		for _, staged := range rs.staged {
			for _, b := range staged {
				add(b, nil)
			}
		}
	}
	for st := range db.claims {
		add(st.block, st)
	}
}

// sortKey orders blocks by lane, then new before delayed ones, then by name or due time.
func (b *readyBlock) sortKey() []byte {
	row := b.rowKey()
	row[0], row[1] = row[1], row[0] // lane first; 'j' sorts before 'r'
	return row
}
