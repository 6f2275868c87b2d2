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
// snapshot that shows it.
func (a *App) PublishPhase(change event.PhaseChange) {
	if a.opts.OnPhase != nil {
		a.opts.OnPhase(change)
	}
	a.announcing.Lock()
	defer a.announcing.Unlock()
	if status, err := a.status(context.Background()); err == nil {
		a.hub.PublishPhase(change, status)
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
	if status, err := a.status(ctx); err == nil {
		a.hub.PublishStatus(status)
	}
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
