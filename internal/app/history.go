package app

import (
	"context"
	"sync"

	"github.com/filavip/filavip/internal/history"
	"github.com/filavip/filavip/internal/order"
)

// sampler is a recorder of how fast the work goes, and its goroutine.
type sampler struct {
	*history.Recorder
	stop context.CancelFunc // nil until started
	all  sync.WaitGroup
}

// openHistory makes the sampler. Built before the pipeline it ends after it, and before
// the store: its last sample shows how the work ended.
func (a *App) openHistory() {
	a.history = &sampler{Recorder: history.New(history.Options{
		Observe: a.observation,
		Archive: archive{a.store, a.leading},
		Changed: a.store.Changed,
		Publish: a.hub.PublishMetrics,
		Log:     a.component("history"),
	})}
	a.cleanups.push("history", func(context.Context) error { a.history.end(); return nil })
}

// start begins to sample. It takes the first look, which ends with starting, before it
// returns: what begins behind it is sampled from its beginning.
func (s *sampler) start(starting context.Context) {
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.WithoutCancel(starting))
	s.Look(starting)
	s.all.Go(func() { _ = s.Run(ctx) }) // it returns no error
}

func (s *sampler) end() {
	if s.stop != nil {
		s.stop()
		s.all.Wait()
	}
}

// observation looks at all that is sampled. The run comes before the totals: what becomes
// of a run's orders after its end is nothing, so no total lies behind a run that is seen
// to have ended.
func (a *App) observation(ctx context.Context) (history.Observation, error) {
	run, counts, err := a.pipeline.Current(ctx)
	if err != nil {
		return history.Observation{}, err
	}
	totals, grown, err := a.growth.totals(ctx)
	if err != nil {
		return history.Observation{}, err
	}
	figures := a.pool.Figures()
	workers, busy := a.workers(ctx)
	o := history.Observation{
		At: a.clock(), Run: run, Generation: totals.Generation, Paused: totals.Paused, Stalled: totals.Stalled,
		Settle: figures.Settle, Work: figures.Work, Workers: workers, Busy: busy, Memory: residentMemory(),
	}
	for _, lane := range order.Priorities() {
		c := &totals.Counts[lane]
		o.Depth[lane] = c.Unsettled()
		o.Delayed += c.Delayed
		o.Flow[lane] = history.Flow{
			Generated: grown[lane][flowGenerated],
			Processed: grown[lane][flowProcessed],
			Dead:      grown[lane][flowDead],
			Retried:   figures.Retried[lane],
		}
		own := &counts[lane]
		o.OfRun[lane] = history.Flow{Generated: own.Generated, Processed: own.Processed, Dead: own.Dead}
	}
	return o, nil
}
