package memstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Jobs implements [store.Lister].
func (s *Store) Jobs(ctx context.Context, q store.JobQuery) ([]store.Job, error) {
	if err := s.enter(ctx); err != nil {
		return nil, fmt.Errorf("list %s jobs: %w", q.State, err)
	}
	defer s.mu.Unlock()
	in, err := placeOf(q.State)
	if err != nil {
		return nil, fmt.Errorf("list %s jobs: %w", q.State, err)
	}
	if q.Offset < 0 || q.Limit < 0 || q.Offset+q.Limit > store.MaxExamined {
		return nil, fmt.Errorf("list %s jobs: %w: offset %d and limit %d", q.State, order.ErrInvalid, q.Offset, q.Limit)
	}
	entries := s.durable.choose(func(e *entry) bool { return e.place == in && e.listed() }, 0)
	newestFirst := in == processed || in == dead
	slices.SortFunc(entries, func(a, b target) int {
		byAge := compareKeys(a.accepted.Key, b.accepted.Key)
		if newestFirst {
			byAge = -byAge
		}
		return cmp.Or(cmp.Compare(a.lane(), b.lane()), byAge)
	})
	entries = entries[min(q.Offset, len(entries)):]
	entries = entries[:min(q.Limit, len(entries))]
	jobs := make([]store.Job, 0, len(entries))
	for _, e := range entries {
		jobs = append(jobs, e.job(q.State))
	}
	return jobs, nil
}

func (e *entry) job(state store.JobState) store.Job {
	job := store.Job{Order: e.order(), State: state, Attempts: e.attempts}
	if b := e.block; b != nil {
		job.Attempts = b.attempts
		if b.claim != nil {
			job.Claimed = b.claim.at
		} else if b.late {
			job.Due = b.due
		}
	}
	return job
}
