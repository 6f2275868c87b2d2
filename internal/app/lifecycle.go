package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/pipeline"
)

// Start begins to work: the workers run, an unfinished run goes on if the configuration
// says so, and the hub is kept up to date. It returns the runs that were resumed. In a
// fleet the process joins it, and unfinished runs are for the one that coordinates.
func (a *App) Start(ctx context.Context) ([]order.Run, error) {
	if a.store.fleet != nil {
		if err := a.startInFleet(ctx); err != nil {
			return nil, err
		}
	}
	if a.opts.Role != RoleWorker {
		a.history.start(ctx)
		a.inBackground("view", a.sample)
	}
	a.inBackground("workers", func(ctx context.Context) { _ = a.pool.Run(ctx) }) // it returns no error
	if a.store.fleet != nil || !a.cfg.Resume {
		return nil, nil
	}
	return a.pipeline.Resume(ctx)
}

// startInFleet joins the others. What it starts goes on until the workers have stopped,
// which come behind it.
func (a *App) startInFleet(ctx context.Context) error {
	a.inBackground("membership", func(ctx context.Context) { a.untilDone(ctx, "join", a.join) })
	if a.opts.Role == RoleWorker {
		return nil
	}
	watch := pipeline.NewPhaseWatch(a.store, a, a.component("app"))
	if err := watch.Look(ctx); err != nil {
		return err
	}
	a.inBackground("phases", watch.Run)
	a.inBackground("coordination", func(ctx context.Context) { a.untilDone(ctx, "coordinate", a.lead) })
	return nil
}

func (a *App) join(ctx context.Context) error { return a.store.fleet.Join(ctx, a.self) }

func (a *App) lead(ctx context.Context) error {
	return a.store.fleet.Lead(ctx, func(term context.Context) {
		a.component("app").Info("this process coordinates", "node", a.node)
		a.pipeline.Lead(term)
		a.component("app").Info("this process coordinates no more", "node", a.node)
	})
}

// againAfter is how long what a fleet needs waits after an error.
const againAfter = time.Second

// untilDone does again and again what should not end before ctx does, as long as the store
// takes calls.
func (a *App) untilDone(ctx context.Context, what string, do func(context.Context) error) {
	for ctx.Err() == nil {
		err := do(ctx)
		if errors.Is(err, order.ErrClosed) {
			return
		}
		if err != nil && ctx.Err() == nil {
			a.component("app").Error("the others are not reached", "to", what, "error", err)
		}
		select {
		case <-time.After(againAfter):
		case <-ctx.Done():
		}
	}
}

// inBackground runs f until the process is taken down.
func (a *App) inBackground(name string, f func(context.Context)) {
	ctx, stop := context.WithCancel(context.Background())
	var one sync.WaitGroup
	one.Go(func() { f(ctx) })
	a.cleanups.push(name, func(context.Context) error {
		stop()
		one.Wait()
		return nil
	})
}

// Stop takes everything down: no new work, what is in hand finishes or is given back,
// the store is closed. What cannot be settled or given back because a server does not
// answer is left to others: that is not waited for. It may be called again, and then
// returns the same.
func (a *App) Stop(ctx context.Context) error {
	a.stopOnce.Do(func() {
		if a.store.retire != nil {
			a.store.retire()
		}
		a.stopErr = a.cleanups.run(ctx)
	})
	return a.stopErr
}

// PublishPhase implements [pipeline.Publisher]: the change goes out together with the
// snapshot that shows it, and how far the run is then. If no snapshot can be taken it goes
// out alone. Whoever has heard of it is shown no earlier phase when it asks.
func (a *App) PublishPhase(change event.PhaseChange) {
	if a.opts.OnPhase != nil {
		a.opts.OnPhase(change)
	}
	a.announcing.Lock()
	defer a.announcing.Unlock()
	if a.api != nil {
		a.api.Refresh()
	}
	status, err := a.status(context.Background())
	if err != nil {
		status = event.Status{} // an old one, which the hub passes over
	}
	a.hub.PublishPhase(change, status)
	if status.Run != nil && status.Run.ID == change.Run {
		a.hub.PublishProgress(progressOf(&status))
	}
}

// The least time from one snapshot of the hub to the next: ten a second, and fewer where
// taking one takes its time, so that no more than a tenth of the time goes into it.
const (
	sampleEvery = 100 * time.Millisecond
	sampleMost  = time.Second
)

// restAfter returns how long to rest after a snapshot that took so long.
func restAfter(took time.Duration) time.Duration {
	return min(max(sampleEvery-took, 9*took), sampleMost)
}

// sample publishes a snapshot after each change of the store, at most ten a second.
func (a *App) sample(ctx context.Context) {
	var again <-chan time.Time // what others change may come without a report
	if a.store.fleet != nil {
		seconds := time.NewTicker(time.Second)
		defer seconds.Stop()
		again = seconds.C
	}
	for {
		changed, began := a.store.Changed(), time.Now()
		a.publishStatus(ctx)
		rest := time.NewTimer(restAfter(time.Since(began)))
		select {
		case <-changed:
		case <-again:
		case <-ctx.Done():
			return
		}
		select {
		case <-rest.C:
		case <-ctx.Done():
			return
		}
	}
}

func (a *App) publishStatus(ctx context.Context) {
	a.announcing.Lock()
	defer a.announcing.Unlock()
	status, err := a.status(ctx)
	if err != nil {
		return
	}
	a.hub.PublishStatus(status)
	if status.Run != nil && status.Run.Active() {
		a.hub.PublishProgress(progressOf(&status))
	}
}

// progressOf returns how far the run of a snapshot is within its phase: generation by
// what was generated, and the rest by what the lane whose turn it is has settled.
func progressOf(s *event.Status) event.Progress {
	p := event.Progress{Run: s.Run.ID, Phase: s.Run.Phase, At: s.At}
	for lane := range s.Counts {
		c := &s.Counts[lane]
		p.Settled[lane] = c.Processed + c.Dead
	}
	lane := order.VIP
	if s.Run.Phase > order.WaitingVIPDrain {
		lane = order.Normal
	}
	p.Done, p.Total = p.Settled[lane], s.Counts[lane].Generated
	if s.Run.Phase == order.Generating {
		p.Done, p.Total = s.Counts.Generated(), s.Run.Spec.Target
	}
	return p
}

// status takes a snapshot.
func (a *App) status(ctx context.Context) (event.Status, error) {
	run, counts, err := a.pipeline.Current(ctx)
	if err != nil {
		return event.Status{}, err
	}
	totals, _, err := a.growth.totals(ctx)
	if err != nil {
		return event.Status{}, err
	}
	workers, _ := a.workers(ctx)
	return event.Status{
		At: a.clock(), Run: run, Counts: counts, Paused: totals.Paused, Stalled: totals.Stalled,
		Generation: totals.Generation, Workers: workers,
	}, nil
}
