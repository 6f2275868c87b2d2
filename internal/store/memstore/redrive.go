package memstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Redrive implements [store.Verbs]. Dead letters of void runs stay: no order of
// such a run changes any more.
func (s *Store) Redrive(ctx context.Context, opts store.RedriveOptions, idem *store.Idempotency) (int64, error) {
	if err := s.enter(ctx); err != nil {
		return 0, fmt.Errorf("redrive: %w", err)
	}
	defer s.leave()
	if opts.DryRun {
		idem = nil
	}
	n, err := once(s, idem, func() (count, error) { return s.redrive(opts) })
	if err != nil {
		return 0, fmt.Errorf("redrive: %w", err)
	}
	return int64(n), nil
}

func (s *Store) redrive(opts store.RedriveOptions) (count, error) {
	if opts.Limit < 0 {
		return 0, fmt.Errorf("%w: limit %d", order.ErrInvalid, opts.Limit)
	}
	targets := s.durable.choose(func(e *entry) bool {
		return e.place == dead && chosen(e, &opts.DeadSet)
	}, 0)
	targets = slices.DeleteFunc(targets, func(t target) bool { return t.run.doc.Void })
	if opts.Limit > 0 {
		targets = targets[:min(int64(len(targets)), opts.Limit)]
	}
	if opts.DryRun {
		return count(len(targets)), nil
	}
	type bundle struct {
		run  *run
		lane order.Priority
	}
	indexes := map[bundle][]uint64{}
	var bundles []bundle // in the order of their oldest order
	for _, t := range targets {
		to := bundle{t.run, t.lane()}
		if indexes[to] == nil {
			bundles = append(bundles, to)
		}
		indexes[to] = append(indexes[to], t.accepted.Key.Index())
		t.run.forget(t.entry)
		t.run.put(t.entry, delayed, opts.At)
		t.redriven++
	}
	for _, to := range bundles {
		s.delay(block{run: to.run, lane: to.lane}, indexes[to], opts.At)
	}
	return count(len(targets)), nil
}

// chosen says whether a set names an entry, if it is dead.
func chosen(e *entry, set *store.DeadSet) bool {
	switch {
	case set.All():
		return true
	case len(set.Keys) > 0:
		return slices.Contains(set.Keys, e.accepted.Key)
	default:
		return order.ErrorGroup(e.reason) == set.Group
	}
}
