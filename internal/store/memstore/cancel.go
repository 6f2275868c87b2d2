package memstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Cancel implements [store.Verbs].
func (s *Store) Cancel(ctx context.Context, id order.RunID, opts store.CancelOptions, idem *store.Idempotency) (store.Cancelled, error) {
	if err := s.enter(ctx); err != nil {
		return store.Cancelled{}, fmt.Errorf("cancel run %v: %w", id, err)
	}
	defer s.leave()
	result, err := once(s, idem, func() (store.Cancelled, error) { return s.cancel(id, opts) })
	if err != nil {
		return store.Cancelled{}, fmt.Errorf("cancel run %v: %w", id, err)
	}
	result.Run = cloneRun(result.Run)
	return result, nil
}

func (s *Store) cancel(id order.RunID, opts store.CancelOptions) (store.Cancelled, error) {
	if id.IsZero() {
		return store.Cancelled{}, nil
	}
	r := s.durable.find(id)
	if r == nil {
		return store.Cancelled{}, order.ErrNotFound
	}
	if !r.doc.Active() {
		return store.Cancelled{Run: r.document()}, nil
	}
	if opts.Epoch != 0 && opts.Epoch != r.doc.Epoch {
		return store.Cancelled{}, order.ErrStale
	}
	r.doc.Epoch++
	r.doc.ShowIdle, r.doc.Void, r.doc.Inert = opts.ShowIdle, true, opts.KeepPending
	kind := cmp.Or(opts.Kind, order.FailureCancelled)
	r.enter(order.Failed, opts.At, &order.Failure{Kind: kind, Message: opts.Reason})
	s.dropBlocks(r)
	n := r.endPending(opts)
	return store.Cancelled{Run: r.document(), Was: true, Removed: n}, nil
}

// dropBlocks takes every block of the run out of every list.
func (s *Store) dropBlocks(r *run) {
	for lane := range order.PriorityCount {
		r.waiting[lane] = nil
		s.durable.delayed[lane] = slices.DeleteFunc(s.durable.delayed[lane], func(b *block) bool { return b.run == r })
	}
	for c := range s.claims {
		if c.block.run == r {
			delete(s.claims, c)
		}
	}
}

// endPending removes the pending orders of a run that became void, or leaves them
// pending in no block, and returns how many it removed.
func (r *run) endPending(opts store.CancelOptions) (n int64) {
	for e := range r.present {
		switch {
		case e.place > claimed:
		case opts.KeepPending:
			r.put(e, waiting, opts.At)
			e.block = nil
		default:
			e.remove(r, opts.At)
			n++
		}
	}
	return n
}
