package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
)

// RunLister is what a PhaseWatch reads.
type RunLister interface {
	Runs(ctx context.Context, before order.RunID, limit int) ([]order.Run, error)
	Changed() <-chan struct{}
}

// PhaseWatch announces phase changes as it finds them in the documents of batch runs, for
// a process whose runs others may drive: each change once, in the order of the runs and
// within a run in that of the phases, however many lie between two looks. What was there
// at its first look it passes over. Its methods must not be called at the same time.
type PhaseWatch struct {
	store RunLister
	to    Publisher
	log   *slog.Logger

	begun bool
	run   order.RunID // the newest batch run that was seen
	phase order.Phase // what was announced of it, or was there before
}

// NewPhaseWatch returns a watch that has seen nothing yet.
func NewPhaseWatch(s RunLister, to Publisher, log *slog.Logger) *PhaseWatch {
	return &PhaseWatch{store: s, to: to, log: log}
}

// Run looks after each change of the store, and each second, until ctx is done.
func (w *PhaseWatch) Run(ctx context.Context) {
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	for {
		changed := w.store.Changed()
		if err := w.Look(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, order.ErrUnavailable) {
			w.log.Warn("phases not watched", "error", err)
		}
		timer.Reset(lookEvery)
		select {
		case <-changed:
			if !sleep(ctx, lookLeast) {
				return
			}
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// Look announces what has changed since the look before. The first one announces nothing.
func (w *PhaseWatch) Look(ctx context.Context) error {
	runs, err := w.unseen(ctx)
	if err != nil {
		return fmt.Errorf("look at the phases: %w", err)
	}
	if !w.begun {
		w.begun = true
		if len(runs) > 0 {
			last := &runs[len(runs)-1]
			w.run, w.phase = last.ID, last.Phase
		}
		return nil
	}
	for i := range runs {
		w.announce(&runs[i])
	}
	return nil
}

// unseen returns the batch runs from the newest that was seen on, oldest first; before the
// first look the newest alone.
func (w *PhaseWatch) unseen(ctx context.Context) ([]order.Run, error) {
	var found []order.Run
	for before := (order.RunID{}); ; {
		runs, err := w.store.Runs(ctx, before, recent)
		if err != nil {
			return nil, err
		}
		for _, run := range runs {
			before = run.ID
			if bytes.Compare(run.ID[:], w.run[:]) < 0 { // IDs ascend
				return found, nil
			}
			if run.Spec.Kind == order.Standing {
				continue
			}
			found = append([]order.Run{run}, found...)
			if !w.begun {
				return found, nil
			}
		}
		if len(runs) < recent {
			return found, nil
		}
	}
}

// announce announces the phases that a run has entered and that were not announced.
func (w *PhaseWatch) announce(run *order.Run) {
	if run.ID != w.run {
		w.run, w.phase = run.ID, order.Idle
	}
	for to := w.phase + 1; to <= run.Phase; to++ {
		if run.Entered[to].IsZero() { // it ended before it came so far
			continue
		}
		change := event.PhaseChange{Run: run.ID, From: w.phase, To: to, At: run.Entered[to]}
		w.phase = to
		w.to.PublishPhase(change)
	}
}
