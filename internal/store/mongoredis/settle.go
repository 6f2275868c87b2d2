package mongoredis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Settle implements [store.Lanes]. A block's outcomes take effect with one write of its
// document, under the version that its claim was last seen in; then its orders' documents
// are brought up to it, and last Redis is told. Whatever is cut off in between, whoever
// holds the block next, or compares the lanes with the store, does the rest.
func (s *DB) Settle(ctx context.Context, settlements ...store.Settlement) error {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return fmt.Errorf("settle %d claims: %w", len(settlements), err)
	}
	defer leave()
	for i := range settlements {
		if err := checkOutcomes(settlements[i].Outcomes); err != nil {
			return fmt.Errorf("settle %d claims: %w", len(settlements), err)
		}
	}
	work := settling{db: s, nonce: newNonce()}
	work.sort(settlements)
	if err := work.run(ctx); err != nil {
		return fmt.Errorf("settle %d claims: %w", len(settlements), err)
	}
	if len(work.lost) > 0 {
		slices.Sort(work.lost)
		return fmt.Errorf("settle: %w", &store.LostError{At: work.lost, Of: len(settlements)})
	}
	return nil
}

// checkOutcomes refuses statuses that are no outcome of an attempt.
func checkOutcomes(outcomes []store.Outcome) error {
	for i := range outcomes {
		if outcomes[i].Status > order.Dead {
			return fmt.Errorf("%w: outcome %v of order %d", order.ErrInvalid, outcomes[i].Status, outcomes[i].Index)
		}
	}
	return nil
}

// settling is one call of Settle.
type settling struct {
	db    *DB
	nonce string
	units []*unit
	lost  []int // places of settlements that change nothing
	moves moves
	vip   bool // a VIP block has no pending order any more
}

// unit is what a call does to one block.
type unit struct {
	id    blockID
	parts []*settlement
	block *block // as it is to be, or was written
}

// settlement is a [store.Settlement] with its place in the call and the claim behind it.
type settlement struct {
	*store.Settlement
	at    int
	claim *claim
}

// sort puts settlements of one block together, in the order of the call.
func (w *settling) sort(settlements []store.Settlement) {
	byBlock := map[blockID]*unit{}
	for i := range settlements {
		c, err := w.db.claims.of(settlements[i].Claim)
		if err != nil {
			w.lost = append(w.lost, i)
			continue
		}
		u := byBlock[c.block]
		if u == nil {
			u = &unit{id: c.block}
			byBlock[c.block] = u
			w.units = append(w.units, u)
		}
		u.parts = append(u.parts, &settlement{&settlements[i], i, c})
	}
}

// commit makes the outcomes durable.
func (w *settling) commit(ctx context.Context) error {
	if err := w.write(ctx); err != nil {
		return err
	}
	blocks := make([]*block, 0, len(w.units))
	for _, u := range w.units {
		if u.block != nil {
			blocks = append(blocks, u.block)
		}
	}
	return w.db.finish(ctx, blocks...)
}

// tell brings the lanes up to the outcomes, which are durable.
func (w *settling) tell(ctx context.Context) {
	for _, u := range w.units {
		w.conclude(u)
	}
	w.db.announce(ctx, &w.moves)
	if w.vip {
		w.db.refreshGate(ctx)
	}
}

// write changes the blocks: all at once, as they were last seen, and those of them one
// by one that others have changed since.
func (w *settling) write(ctx context.Context) error {
	var quick []*block
	doubt := false
	for _, u := range w.units {
		if b := u.parts[0].claim.known(); b != nil {
			u.block = b.clone()
			changed, gone := w.apply(u, u.block)
			if changed {
				quick = append(quick, u.block)
			}
			doubt = doubt || len(gone) > 0
		}
	}
	err := w.db.swap(ctx, quick...)
	if err == nil && doubt {
		err = errConflict
	}
	if err == nil || !errors.Is(err, errConflict) {
		return err
	}
	for _, u := range w.units {
		if err := w.settleAlone(ctx, u); err != nil {
			return err
		}
	}
	return nil
}

// settleAlone changes one block whatever version it is in, unless it shows that this
// call has done so.
func (w *settling) settleAlone(ctx context.Context, u *unit) error {
	for range maxSwaps {
		found, err := w.db.readBlocks(ctx, []blockID{u.id})
		if err != nil {
			return err
		}
		b := found[u.id]
		if b == nil {
			w.loseAll(u)
			return nil
		}
		if b.version < u.parts[0].claim.known().version {
			return fmt.Errorf("%w: MongoDB tells of block %s as it was before it was claimed", order.ErrUnavailable, u.id)
		}
		u.block = b
		if slices.ContainsFunc(b.todo, func(c change) bool { return c.nonce == w.nonce }) {
			return nil // the write whose answer was lost, or was one of many
		}
		changed, lost := w.apply(u, b)
		if changed {
			err = w.db.swap(ctx, b)
		}
		if errors.Is(err, errConflict) {
			continue
		}
		if err == nil {
			w.lost = append(w.lost, lost...)
		}
		return err
	}
	return fmt.Errorf("%w: block %s changes all the time", order.ErrUnavailable, u.id)
}

func (w *settling) loseAll(u *unit) {
	u.block = nil
	for _, p := range u.parts {
		w.lost = append(w.lost, p.at)
		w.db.claims.end(p.claim.token)
	}
}

// apply makes the unit's changes in a block. It returns whether there are any, and which
// settlements are of claims that the block does not show.
func (w *settling) apply(u *unit, b *block) (changed bool, lost []int) {
	for _, p := range u.parts {
		part := b.held(p.claim.token)
		if part == nil && b.noted(p.claim.token) {
			continue // settled by a call whose answer was lost
		}
		if part == nil || b.void {
			lost = append(lost, p.at)
			continue
		}
		changed = p.apply(b, part, w.nonce) || changed
	}
	b.sweep()
	return changed, lost
}

// noted says whether the block has a note of what was settled under the token.
func (b *block) noted(token string) bool {
	return slices.ContainsFunc(b.todo, func(c change) bool { return c.token == token })
}

// apply makes one settlement's changes in a block.
func (p *settlement) apply(b *block, held *part, nonce string) bool {
	changes, again, left := p.outcomes(b, held, nonce)
	if len(changes) == 0 {
		return false
	}
	if !held.after {
		widen(&b.counts, p.Started.UTC(), p.At.UTC())
	}
	for _, c := range merged(changes) {
		b.note(c)
	}
	slices.Sort(b.buried)
	after, attempts := held.after, held.attempts+1
	held.indexes, held.strikes = left, 0
	for _, group := range byDue(again) { // from here on held may have moved
		b.delay(part{due: group.due, since: group.since, after: after, attempts: attempts, indexes: group.indexes})
	}
	return true
}

// outcomes counts those outcomes whose orders the part still holds, and returns them as
// changes, those of them that are to be tried again, and the indexes that are left.
func (p *settlement) outcomes(b *block, held *part, nonce string) (changes []change, again []store.Outcome, left []uint64) {
	sorted := p.Outcomes
	byIndex := func(x, y store.Outcome) int { return cmp.Compare(x.Index, y.Index) }
	if !slices.IsSortedFunc(sorted, byIndex) {
		sorted = slices.SortedFunc(slices.Values(sorted), byIndex)
	}
	next := 0
	for i := range sorted {
		out := &sorted[i]
		for next < len(held.indexes) && held.indexes[next] < out.Index {
			left = append(left, held.indexes[next])
			next++
		}
		if next == len(held.indexes) || held.indexes[next] != out.Index {
			continue // no longer in the claim
		}
		next++
		if out.Status == order.Pending {
			again = append(again, *out)
		}
		b.settle(out)
		c := change{kind: kindOf(out.Status), nonce: nonce, token: p.claim.token, attempts: held.attempts, at: out.At.UTC(), reason: out.Reason}
		if c.kind == retry {
			c.reason = "" // no document tells it
		}
		if last := len(changes) - 1; last < 0 || byOutcome(changes[last], c) != 0 {
			changes = append(changes, c)
		}
		last := &changes[len(changes)-1]
		last.indexes = append(last.indexes, out.Index)
	}
	return changes, again, append(left, held.indexes[next:]...)
}

// settle counts an outcome.
func (b *block) settle(out *store.Outcome) {
	switch out.Status {
	case order.Processed:
		b.counts.Processed++
	case order.Dead:
		b.counts.Dead++
		b.buried = append(b.buried, out.Index)
	default:
		return
	}
	b.counts.Settled = b.counts.Settled.Add(out.Sum)
}

func kindOf(s order.Status) kind {
	switch s {
	case order.Processed:
		return process
	case order.Dead:
		return kill
	default:
		return retry
	}
}

// merged puts equal changes of many orders together.
func merged(changes []change) []change {
	slices.SortStableFunc(changes, byOutcome)
	var all []change
	for _, c := range changes {
		if last := len(all) - 1; last >= 0 && byOutcome(all[last], c) == 0 {
			all[last].indexes = append(all[last].indexes, c.indexes...)
			continue
		}
		all = append(all, c)
	}
	return all
}

// dueGroup are orders that are due together.
type dueGroup struct {
	due, since time.Time
	indexes    []uint64
}

// maxGroups bounds how many parts a settlement makes of orders to be tried again. Beyond
// it neighbours are due together, none before its time.
const maxGroups = 32

// byDue groups orders by their due times, in whole milliseconds, first due first.
func byDue(again []store.Outcome) []dueGroup {
	slices.SortStableFunc(again, func(x, y store.Outcome) int { return x.Due.Compare(y.Due) })
	var groups []dueGroup
	for _, out := range again {
		due := out.Due.UTC().Add(time.Millisecond - 1).Truncate(time.Millisecond)
		if last := len(groups) - 1; last >= 0 && groups[last].due.Equal(due) {
			groups[last].indexes = append(groups[last].indexes, out.Index)
			continue
		}
		groups = append(groups, dueGroup{due, out.At.UTC(), []uint64{out.Index}})
	}
	for len(groups) > maxGroups {
		groups = halved(groups)
	}
	return groups
}

// halved puts each two neighbours together.
func halved(groups []dueGroup) []dueGroup {
	var fewer []dueGroup
	for pair := range slices.Chunk(groups, 2) {
		last := pair[len(pair)-1]
		if len(pair) == 2 {
			last.indexes = append(slices.Clone(pair[0].indexes), last.indexes...)
		}
		fewer = append(fewer, last)
	}
	return fewer
}

// conclude ends the claims that the block does not show any more, and moves what Redis
// has of it.
func (w *settling) conclude(u *unit) {
	if u.block == nil {
		return
	}
	for _, p := range u.parts {
		if u.block.held(p.claim.token) != nil && !u.block.void {
			p.claim.see(u.block)
			continue
		}
		w.db.claims.end(p.claim.token)
		w.moves.ack(p.claim.lane, p.claim.entry)
	}
	if u.block.void {
		return
	}
	for i := range u.block.parts {
		if part := &u.block.parts[i]; part.late && part.holder == nil {
			w.moves.put(u.block, part)
		}
	}
	w.vip = w.vip || u.block.lane == order.VIP && !u.block.open()
}
