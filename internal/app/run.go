package app

import (
	"context"
	"fmt"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// Begin starts the run that spec asks for, unless an unfinished one is being resumed. A
// resumed run must be the one that matches says; else the error wraps
// [order.ErrRunActive].
func (a *App) Begin(ctx context.Context, spec order.Spec, matches func(order.Spec) error) (run order.Run, resumed bool, err error) {
	current, _, err := a.pipeline.Current(ctx)
	if err != nil {
		return order.Run{}, false, err
	}
	if current == nil || !current.Active() {
		if spec.Kind == order.Imported {
			if err := a.waitToLead(ctx); err != nil {
				return order.Run{}, false, err
			}
		}
		run, err = a.pipeline.Start(ctx, spec, nil)
		return run, false, err
	}
	if !a.cfg.Resume && a.store.fleet == nil {
		return *current, false, fmt.Errorf("%w, and --resume=off leaves it unfinished", &order.ActiveRunError{Run: current.ID})
	}
	if err := matches(current.Spec); err != nil {
		return *current, false, fmt.Errorf("%w and unfinished: %w", &order.ActiveRunError{Run: current.ID}, err)
	}
	if current.Phase != order.Generating { // else the source does it
		err = a.rejects.recall(current.Cursor)
	}
	return *current, true, err
}

// waitToLead waits until this process coordinates, so that it is the one that reads a
// file; at most as long as a start may wait for servers.
func (a *App) waitToLead(ctx context.Context) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	patience := time.NewTimer(a.cfg.ConnectTimeout)
	defer patience.Stop()
	for !a.leading() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-patience.C:
			return a.notLeading(ctx)
		}
	}
	return nil
}

// notLeading says who coordinates instead of this process.
func (a *App) notLeading(ctx context.Context) error {
	members, _ := a.store.fleet.Members(ctx) // without it the name is missing
	other := "another process"
	for _, m := range members {
		if m.Coordinator && m.Alive && m.Node != a.node {
			other = m.Node
		}
	}
	return fmt.Errorf("%w: a file is read by the process that coordinates, and that is %s; stop it, or give it the file", order.ErrLocked, other)
}

// Wait returns the run and its counts once it has ended, or as they are when ctx ends.
func (a *App) Wait(ctx context.Context, id order.RunID) (order.Run, order.Counts, error) {
	run, err := a.pipeline.Wait(ctx, id)
	counts, countErr := a.store.Counts(context.WithoutCancel(ctx), id)
	if err == nil {
		err = countErr
	}
	return run, counts, err
}

// Current returns the active or else the latest batch run with its counts; nil if there
// was none yet.
func (a *App) Current(ctx context.Context) (*order.Run, order.Counts, error) {
	return a.pipeline.Current(ctx)
}

// Held says why no order is handed out: the queue is paused, or stalled is a reason such
// as "disk_full". It is false and empty while nothing holds them back.
func (a *App) Held(ctx context.Context) (paused bool, stalled string, err error) {
	totals, err := a.store.Totals(ctx)
	return totals.Paused, totals.Stalled, err
}

// Data returns the data directory as it was given.
func (a *App) Data() string { return a.cfg.Data }
