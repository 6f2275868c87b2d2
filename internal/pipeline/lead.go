package pipeline

import (
	"context"
	"fmt"
	"time"

	"github.com/filavip/filavip/internal/order"
)

const (
	// lookEvery is how often a store that others share is looked at though it reported no
	// change: what they do may come without a report.
	lookEvery = time.Second
	// lookLeast is the least time between two looks, however fast changes follow each other.
	lookLeast = 10 * time.Millisecond
)

// Lead drives every active batch run of a shared store until ctx is done: those it finds,
// and those that this process and others begin. It returns once the work on all of them
// has stopped. They stay as they are, for whoever leads next. A run whose work has stopped
// although it is active is taken on again.
//
// It is for a pipeline with Options.Shared, and called for one term after the other.
func (p *Pipeline) Lead(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.base, cancel)()
	if !p.begin(ctx) {
		return
	}
	defer p.all.Wait()
	defer p.end()
	var latest order.RunID
	var taken time.Time
	for {
		changed := p.store.Changed()
		runs, err := p.undriven(ctx)
		if err != nil && ctx.Err() == nil {
			p.opts.Logger.Error("runs not looked for", "error", err)
		}
		for _, run := range runs {
			if now := p.opts.Clock(); run.ID != latest || now.Sub(taken) >= lookEvery {
				latest, taken = run.ID, now
				p.adopt(ctx, run)
			}
		}
		if !p.awaitStart(ctx, changed) {
			return
		}
	}
}

// begin makes ctx the one of all drives to come, unless the pipeline was stopped.
func (p *Pipeline) begin(ctx context.Context) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.base.Err() != nil {
		return false
	}
	p.term = ctx
	return true
}

// end lets no more drives begin.
func (p *Pipeline) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.term = nil
}

// adopt takes on a run that another process has begun or left. If it lay still for long
// that is noted in the run.
func (p *Pipeline) adopt(ctx context.Context, run order.Run) {
	if noted, err := p.noteGap(ctx, run, lookEvery); err == nil {
		run = noted
	} else if ctx.Err() == nil {
		p.opts.Logger.Warn("time without work not noted", "run", run.ID, "error", err)
	}
	p.opts.Logger.Info("run taken on", "run", run.ID, "phase", run.Phase, "generated", run.Cursor.Next)
	p.takeOn(run)()
}

// awaitStart returns when there may be a run to take on: at once if this process has begun
// one. It returns false if ctx ended first.
func (p *Pipeline) awaitStart(ctx context.Context, changed <-chan struct{}) bool {
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	select {
	case <-p.started:
		return true
	case <-changed:
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
	timer.Reset(lookLeast)
	select {
	case <-p.started:
	case <-timer.C:
	case <-ctx.Done():
		return false
	}
	return true
}

// tellLead lets Lead, if it runs here, take on at once what this process has begun.
func (p *Pipeline) tellLead() {
	select {
	case p.started <- struct{}{}:
	default:
	}
}

// recent is how many of the newest runs are looked through for those that are active.
const recent = 10

// undriven returns the active batch runs that this process does not work on.
func (p *Pipeline) undriven(ctx context.Context) ([]order.Run, error) {
	runs, err := p.store.Runs(ctx, order.RunID{}, recent)
	if err != nil {
		return nil, fmt.Errorf("find active runs: %w", err)
	}
	var left []order.Run
	for _, run := range runs {
		if run.Active() && run.Spec.Kind != order.Standing && !p.drives(run.ID) {
			left = append(left, run)
		}
	}
	return left, nil
}

// await returns when something may have changed: once the store reports it. A store that
// others share is looked at every so often in any case, and not too often, for a look asks
// a server. It returns false if ctx ended first.
func (p *Pipeline) await(ctx context.Context, changed <-chan struct{}) bool {
	var again <-chan time.Time
	if p.opts.Shared {
		timer := time.NewTimer(lookEvery)
		defer timer.Stop()
		again = timer.C
	}
	select {
	case <-changed:
		return !p.opts.Shared || sleep(ctx, lookLeast)
	case <-again:
		return true
	case <-ctx.Done():
		return false
	}
}
