package app

import (
	"context"
	"sync"
	"time"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
)

// Start begins to work: the workers run, an unfinished run goes on if the configuration
// says so, and the hub is kept up to date. It returns the runs that were resumed.
func (a *App) Start(ctx context.Context) ([]order.Run, error) {
	work, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	a.history.start()
	all.Go(func() { _ = a.pool.Run(work) }) // it returns no error
	all.Go(func() { a.sample(work) })
	a.cleanups.push("workers", func(context.Context) error {
		stop()
		all.Wait()
		return nil
	})
	if !a.cfg.Resume {
		return nil, nil
	}
	return a.pipeline.Resume(ctx)
}

// Stop takes everything down: no new work, what is in hand finishes or is given back,
// the store is closed. It may be called again, and then returns the same.
func (a *App) Stop(ctx context.Context) error {
	a.stopOnce.Do(func() { a.stopErr = a.cleanups.run(ctx) })
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

// sampleEvery is the least time between two snapshots of the hub.
const sampleEvery = 100 * time.Millisecond

// sample publishes a snapshot after each change of the store, at most ten a second.
func (a *App) sample(ctx context.Context) {
	ticker := time.NewTicker(sampleEvery)
	defer ticker.Stop()
	for {
		changed := a.store.Changed()
		a.publishStatus(ctx)
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
		select {
		case <-ticker.C:
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
	return event.Status{
		At: a.clock(), Run: run, Counts: counts, Paused: totals.Paused, Stalled: totals.Stalled,
		Generation: totals.Generation, Workers: a.pool.Workers(),
	}, nil
}
