package api

import (
	"context"
	"net/http"

	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/wire"
)

// sampledJobs is how many jobs of each state the diagnostics show.
const sampledJobs = 50

func (a *API) registerDiagnostics() {
	handle(a, route{
		method: http.MethodGet, paths: []string{"/diagnostics/queue"}, id: "get-diagnostics", tag: "queue",
		summary: "What the queue knows, for whoever looks for a fault",
		errors:  []int{http.StatusServiceUnavailable},
	}, a.diagnostics)
}

func (a *API) diagnostics(ctx context.Context, _ *request) (*body[wire.Diagnostics], error) {
	seen, err := a.observe(ctx)
	if err != nil {
		return nil, err
	}
	out := wire.Diagnostics{
		Persisted:  wire.NewPersisted(seen.run, seen.counts),
		Counts:     seen.queue(),
		SampleJobs: []wire.Job{},
		Workers:    a.opts.Queue.Workers(),
		Stalled:    seen.totals.Stalled,
		Generation: seen.totals.Generation,
	}
	if seen.run != nil {
		out.MemoryPhase, out.HasActiveGeneration = seen.run.Phase, seen.run.Active()
	}
	for _, state := range []store.JobState{store.Waiting, store.Active, store.Delayed, store.FailedJob, store.Completed} {
		jobs, err := a.jobs(ctx, store.JobQuery{State: state, Limit: sampledJobs}, false)
		if err != nil {
			return nil, err
		}
		out.SampleJobs = append(out.SampleJobs, jobs...)
	}
	return &body[wire.Diagnostics]{out}, nil
}
