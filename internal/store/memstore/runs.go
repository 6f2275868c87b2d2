package memstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Begin implements [store.Runs].
func (s *Store) Begin(ctx context.Context, spec order.Spec, now time.Time, idem *store.Idempotency) (order.Run, error) {
	if err := s.enter(ctx); err != nil {
		return order.Run{}, fmt.Errorf("begin: %w", err)
	}
	defer s.leave()
	doc, err := once(s, idem, func() (order.Run, error) { return s.begin(spec, now) })
	if err != nil {
		return order.Run{}, fmt.Errorf("begin: %w", err)
	}
	return cloneRun(doc), nil
}

func (s *Store) begin(spec order.Spec, now time.Time) (order.Run, error) {
	d := s.durable
	for _, r := range d.runs {
		if r.doc.Active() && r.doc.Spec.Kind != order.Standing && spec.Kind != order.Standing {
			return order.Run{}, &order.ActiveRunError{Run: r.doc.ID}
		}
	}
	d.lastMillis = max(now.UnixMilli(), d.lastMillis+1)
	doc := order.Run{
		ID:       order.NewRunID(d.lastMillis, uint64(len(d.runs))),
		Epoch:    1,
		Spec:     spec,
		Phase:    order.Generating,
		Accepted: now,
	}
	doc.Entered[order.Generating] = now
	r := &run{doc: doc}
	d.runs = append(d.runs, r)
	return r.document(), nil
}

// Advance implements [store.Runs].
func (s *Store) Advance(ctx context.Context, fence store.Fence, step store.Step) (order.Run, error) {
	if err := s.enter(ctx); err != nil {
		return order.Run{}, fmt.Errorf("advance run %v: %w", fence.Run, err)
	}
	defer s.leave()
	r, err := s.durable.fenced(fence)
	if err == nil {
		err = r.advance(step)
	}
	if err != nil {
		return order.Run{}, fmt.Errorf("advance run %v from %v to %v: %w", fence.Run, step.From, step.To, err)
	}
	return r.document(), nil
}

func (r *run) advance(step store.Step) error {
	moves := step.From != step.To
	switch {
	case moves && r.doc.Phase == step.To && r.doc.Entered[step.To].Equal(step.At):
		return nil // by this very step, which is repeated
	case moves && !step.From.MayMove(step.To):
		return fmt.Errorf("%w: no such move", order.ErrInvalid)
	case r.doc.Phase != step.From:
		return fmt.Errorf("%w: run is in %v", order.ErrStale, r.doc.Phase)
	}
	r.doc.Generate += step.Generate
	for lane, spent := range step.Enqueue {
		r.doc.Enqueue[lane] += spent
	}
	if step.Gap != nil {
		r.doc.Gaps = append(r.doc.Gaps, *step.Gap)
	}
	if moves {
		r.enter(step.To, step.At, step.Failure)
	}
	return nil
}

// enter puts the run in its next phase.
func (r *run) enter(phase order.Phase, at time.Time, failure *order.Failure) {
	r.doc.Phase = phase
	r.doc.Entered[phase] = at
	if phase.Ended() {
		r.doc.Ended = at
	}
	if phase == order.Failed && failure != nil {
		why := *failure
		r.doc.Failure = &why
	}
}

// Run implements [store.Runs].
func (s *Store) Run(ctx context.Context, id order.RunID) (order.Run, error) {
	if err := s.enter(ctx); err != nil {
		return order.Run{}, fmt.Errorf("read run %v: %w", id, err)
	}
	defer s.mu.Unlock()
	r := s.durable.find(id)
	if r == nil {
		return order.Run{}, fmt.Errorf("read run %v: %w", id, order.ErrNotFound)
	}
	return r.document(), nil
}

// Runs implements [store.Runs].
func (s *Store) Runs(ctx context.Context, before order.RunID, limit int) ([]order.Run, error) {
	if err := s.enter(ctx); err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	defer s.mu.Unlock()
	var docs []order.Run
	for _, r := range slices.Backward(s.durable.runs) {
		if len(docs) >= limit {
			break
		}
		if before.IsZero() || compareKeys(order.Key(r.doc.ID), order.Key(before)) < 0 {
			docs = append(docs, r.document())
		}
	}
	return docs, nil
}
