package memstore

import (
	"context"
	"fmt"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// count is the result of the verbs that say how many orders they touched.
type count int64

// Clean implements [store.Verbs].
func (s *Store) Clean(ctx context.Context, opts store.CleanOptions, idem *store.Idempotency) (int64, error) {
	if err := s.enter(ctx); err != nil {
		return 0, fmt.Errorf("clean %s: %w", opts.State, err)
	}
	defer s.leave()
	if opts.DryRun {
		idem = nil
	}
	n, err := once(s, idem, func() (count, error) { return s.clean(opts) })
	if err != nil {
		return 0, fmt.Errorf("clean %s: %w", opts.State, err)
	}
	return int64(n), nil
}

func (s *Store) clean(opts store.CleanOptions) (count, error) {
	from, err := placeOf(opts.State)
	if err != nil {
		return 0, err
	}
	if opts.Limit < 0 {
		return 0, fmt.Errorf("%w: limit %d", order.ErrInvalid, opts.Limit)
	}
	if from != dead && !opts.All() {
		return 0, fmt.Errorf("%w: dead letters named", order.ErrInvalid)
	}
	targets := s.durable.choose(func(e *entry) bool {
		return e.place == from && e.listed() && longEnough(e.since, opts) && chosen(e, &opts.DeadSet)
	}, opts.Limit)
	if opts.DryRun {
		return count(len(targets)), nil
	}
	revoked := map[*claim]bool{}
	for _, t := range targets {
		if t.place == claimed {
			revoked[t.block.claim] = true
		}
		s.cleanOne(t, opts.At)
	}
	s.sweep()
	s.revoke(revoked)
	return count(len(targets)), nil
}

// target is an entry that a verb is to act on.
type target struct {
	run *run
	*entry
}

// choose returns the entries that match, oldest first, at most limit; 0 means all.
func (d *durable) choose(match func(*entry) bool, limit int64) []target {
	var targets []target
	for _, r := range d.runs {
		for e := range r.present {
			if limit > 0 && int64(len(targets)) == limit {
				return targets
			}
			if match(e) {
				targets = append(targets, target{r, e})
			}
		}
	}
	return targets
}

func (s *Store) cleanOne(t target, at time.Time) {
	if t.place == processed {
		t.hidden = true
		t.run.hidden++
		return
	}
	t.remove(t.run, at)
}

// revoke ends claims; what they still hold goes back to its lane.
func (s *Store) revoke(claims map[*claim]bool) {
	for c := range s.claims {
		if claims[c] {
			s.giveBack(c)
		}
	}
}

// listed says whether a job listing shows the entry.
func (e *entry) listed() bool {
	switch e.place {
	case waiting, delayed, claimed:
		return e.block != nil
	case processed:
		return !e.hidden
	default:
		return e.place == dead
	}
}

func longEnough(since time.Time, opts store.CleanOptions) bool {
	return opts.Grace <= 0 || opts.At.Sub(since) > opts.Grace
}

// placeOf returns the place of the entries in a job state.
func placeOf(state store.JobState) (place, error) {
	switch state {
	case store.Waiting:
		return waiting, nil
	case store.Active:
		return claimed, nil
	case store.Completed:
		return processed, nil
	case store.FailedJob:
		return dead, nil
	case store.Delayed:
		return delayed, nil
	}
	return 0, fmt.Errorf("%w: job state %q", order.ErrInvalid, state)
}

// Remove implements [store.Verbs]. It has no instant, so the orders' ProcessedAt stays
// zero.
func (s *Store) Remove(ctx context.Context, keys []order.Key, idem *store.Idempotency) (int64, error) {
	if err := s.enter(ctx); err != nil {
		return 0, fmt.Errorf("remove %d orders: %w", len(keys), err)
	}
	defer s.leave()
	n, err := once(s, idem, func() (count, error) { return s.remove(keys), nil })
	if err != nil {
		return 0, fmt.Errorf("remove %d orders: %w", len(keys), err)
	}
	return int64(n), nil
}

func (s *Store) remove(keys []order.Key) (n count) {
	revoked := map[*claim]bool{}
	for _, key := range keys {
		r, e := s.durable.entry(key)
		if e == nil || e.block == nil {
			continue
		}
		if e.place == claimed {
			revoked[e.block.claim] = true
		}
		e.remove(r, time.Time{})
		n++
	}
	s.sweep()
	s.revoke(revoked)
	return n
}
