package pebblestore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Settle implements [store.Lanes]: one batch for all settlements of the call.
func (db *DB) Settle(ctx context.Context, settlements ...store.Settlement) error {
	if err := db.enter(ctx); err != nil {
		return err
	}
	defer db.leave()
	s := settling{db: db, batch: db.eng.NewBatch()}
	defer s.batch.Close()
	defer s.unlock()
	lost, err := s.build(settlements)
	if err == nil {
		err = s.land()
	}
	if err != nil {
		s.undo()
		return fmt.Errorf("settle: %w", err)
	}
	if len(lost) > 0 {
		return fmt.Errorf("settle: %w", &store.LostError{At: lost, Of: len(settlements)})
	}
	return nil
}

// settling builds the batch of one Settle call.
type settling struct {
	db      *DB
	batch   *pebble.Batch
	locked  []*claimState
	parts   []*settledPart
	scratch []byte
	key     []byte
}

// settledPart is a settlement together with what it changes.
type settledPart struct {
	store.Settlement
	state   *claimState // nil if the claim is lost
	settled int         // orders that leave the claim
	retried int         // of these, those to be tried again
	before  []uint64    // what the claim held
	left    []uint64    // what it still holds
	tally   tally
	retries []*readyBlock
}

// lockAll locks the claims of all settlements, each once and always in the same order,
// so that calls that share claims cannot wait for each other.
func (s *settling) lockAll(settlements []store.Settlement) []*settledPart {
	parts := make([]*settledPart, len(settlements))
	for i, in := range settlements {
		parts[i] = &settledPart{Settlement: in}
		if st := s.db.state(in.Claim); st != nil {
			parts[i].state = st
			s.locked = append(s.locked, st)
		}
	}
	slices.SortFunc(s.locked, func(a, b *claimState) int { return cmp.Compare(a.id, b.id) })
	s.locked = slices.Compact(s.locked)
	for _, st := range s.locked {
		st.mu.Lock()
	}
	for _, part := range parts {
		if part.state != nil && !tokenValid(part.state) {
			part.state = nil
		}
	}
	return parts
}

func (s *settling) unlock() {
	for _, st := range s.locked {
		st.mu.Unlock()
	}
}

// build fills the batch and returns which of the settlements' claims are lost.
func (s *settling) build(settlements []store.Settlement) (lost []int, err error) {
	for i, part := range s.lockAll(settlements) {
		if part.state == nil {
			lost = append(lost, i)
			continue
		}
		if err := s.add(part); err != nil {
			return lost, fmt.Errorf("%d orders of run %s: %w", len(part.Outcomes), part.Claim.Run, err)
		}
	}
	return lost, nil
}

// add puts one settlement's rows into the batch.
func (s *settling) add(p *settledPart) error {
	s.parts = append(s.parts, p)
	p.before = p.state.row.indexes
	p.left = p.before
	var retries retryGroups
	for _, out := range p.Outcomes {
		if !p.takes(out.Index) {
			continue
		}
		p.settled++
		if out.Status == order.Pending {
			p.retried++
			retries.add(&p.state.row, &out)
			continue
		}
		if err := s.outcome(p, &out); err != nil {
			return err
		}
	}
	if p.settled == 0 {
		return nil
	}
	if !s.db.ended(p.state.block.run) { // dead letters that were put back do not lengthen it
		p.tally.window(p.Started, p.At)
	}
	for _, row := range retries.rows {
		if err := s.retry(p, row); err != nil {
			return err
		}
	}
	if err := s.rewrite(p); err != nil {
		return err
	}
	p.state.row.indexes = p.left // a further settlement of this claim in this call goes on from here
	return s.tally(p)
}

// takes removes an index from what is left of the claim, and says whether it was there.
// Outcomes mostly come in order, so the front is tried first.
func (p *settledPart) takes(index uint64) bool {
	if len(p.left) > 0 && p.left[0] == index {
		p.left = p.left[1:]
		return true
	}
	i, ok := slices.BinarySearch(p.left, index)
	if ok {
		p.left = slices.Concat(p.left[:i], p.left[i+1:])
	}
	return ok
}

// outcome writes a processed or dead order's outcome.
func (s *settling) outcome(p *settledPart, out *store.Outcome) error {
	k := p.Claim.Run.Key(out.Index)
	lane := p.state.block.lane
	attempts := p.state.row.attempts + 1
	s.key = appendOrderKey(s.key[:0], rowOutcome, lane, k)
	s.scratch = appendOutcome(s.scratch[:0], out.Status, attempts, out.At, k.Run().Started(), out.Reason)
	if err := s.batch.Set(s.key, s.scratch, nil); err != nil {
		return err
	}
	p.tally.settled = p.tally.settled.Add(out.Sum)
	if out.Status == order.Processed {
		p.tally.processed++
		return nil
	}
	p.tally.dead++
	return s.db.bury(s.batch, lane, k, letter{
		Open:     true,
		Group:    order.ErrorGroup(out.Reason),
		Attempts: attempts,
		First:    cmp.Or(p.state.row.failed, out.At),
		Last:     out.At,
	})
}

// retry writes a delayed block for orders that failed alike.
func (s *settling) retry(p *settledPart, row *retryRow) error {
	b := &readyBlock{
		run:   p.state.block.run,
		lane:  p.state.block.lane,
		name:  p.Claim.Run.Key(row.indexes[0]),
		count: len(row.indexes),
		due:   row.due,
		seq:   s.db.takeSeq(),
		since: row.since,
	}
	p.retries = append(p.retries, b)
	return s.batch.Set(b.rowKey(), row.append(nil), nil)
}

// rewrite replaces the claim's block by what is left of it.
func (s *settling) rewrite(p *settledPart) error {
	key := p.state.block.rowKey()
	if len(p.left) == 0 {
		return errors.Join(s.batch.Delete(key, nil), unmark(s.batch, p.state))
	}
	row := p.state.row
	row.indexes = p.left
	row.strikes = 0 // it makes progress
	return s.batch.Set(key, row.append(nil), nil)
}

// undo makes the claims hold again what they held: nothing was committed.
func (s *settling) undo() {
	for _, p := range slices.Backward(s.parts) {
		p.state.row.indexes = p.before
	}
}

// apply lets memory follow the committed batch.
func (s *settling) apply() {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	for _, p := range s.parts {
		s.db.settled(p)
	}
	s.db.announce()
}

// settled lets memory follow one committed settlement. mu held.
func (db *DB) settled(p *settledPart) {
	b := p.state.block
	db.count(b.run, b.lane, &p.tally)
	db.shift(b.run, b.lane, 0, p.retried, -p.settled)
	b.count -= p.settled
	for _, r := range p.retries {
		db.lanes[b.lane].push(r)
	}
	if len(p.left) == 0 && !p.state.lost.Swap(true) {
		db.unclaim(p.state)
	}
}

func (db *DB) takeSeq() uint64 {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.nextSeq++
	return db.nextSeq
}

// retryGroups sorts failed orders into blocks of those that are due together, first
// failed together, and failed for the same reason.
type retryGroups struct{ rows []*retryRow }

type retryRow struct {
	blockRow
	due time.Time
}

func (g *retryGroups) add(from *blockRow, out *store.Outcome) {
	due := out.Due.Truncate(time.Millisecond)
	failed := cmp.Or(from.failed, out.At.Truncate(time.Millisecond))
	for _, r := range g.rows {
		if r.due.Equal(due) && r.failed.Equal(failed) && r.since.Equal(out.At.Truncate(time.Millisecond)) && r.reason == out.Reason {
			r.insert(out.Index)
			return
		}
	}
	g.rows = append(g.rows, &retryRow{due: due, blockRow: blockRow{
		run:      from.run,
		attempts: from.attempts + 1,
		failed:   failed,
		since:    out.At.Truncate(time.Millisecond),
		reason:   out.Reason,
		indexes:  []uint64{out.Index},
	}})
}

// insert keeps the indexes ascending.
func (b *blockRow) insert(index uint64) {
	i, _ := slices.BinarySearch(b.indexes, index)
	b.indexes = slices.Insert(b.indexes, i, index)
}

// letter is the stored story of an order that was a dead letter. It stays when the
// order is redriven.
type letter struct {
	Open     bool      `json:"open"` // the order is a dead letter now
	Group    string    `json:"group"`
	Attempts int       `json:"attempts"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Redriven int       `json:"redriven,omitempty"`
}

// bury writes a dead letter's story, going on from an earlier one if there is one.
func (db *DB) bury(b *pebble.Batch, lane order.Priority, k order.Key, l letter) error {
	before, err := db.letter(db.eng, lane, k)
	switch {
	case err == nil:
		l.Redriven = before.Redriven
	case !errors.Is(err, order.ErrNotFound):
		return err
	}
	return putLetter(b, lane, k, l)
}

func (db *DB) letter(r pebble.Reader, lane order.Priority, k order.Key) (letter, error) {
	var l letter
	v, err := get(r, orderKey(rowDead, lane, k))
	if err != nil {
		return l, err
	}
	if err := json.Unmarshal(v, &l); err != nil {
		return l, fmt.Errorf("%w: dead letter %s: %w", order.ErrCorrupt, k, err)
	}
	return l, nil
}

func putLetter(b *pebble.Batch, lane order.Priority, k order.Key, l letter) error {
	v, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode dead letter %s: %w", k, err)
	}
	return b.Set(orderKey(rowDead, lane, k), v, nil)
}
