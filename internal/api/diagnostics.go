package api

import (
	"context"
	"net/http"

	"github.com/filavip/filavip/internal/order"
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
		WorkerList: workerList(a.opts.Queue.Activity()),
		Gate:       wire.GateShut,
		Lanes:      wire.Lanes{VIP: laneState(&seen.totals, order.VIP), Normal: laneState(&seen.totals, order.Normal)},
		Stalled:    seen.totals.Stalled,
		Generation: seen.totals.Generation,
	}
	if seen.totals.GateOpen {
		out.Gate = wire.GateOpen
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

func laneState(t *store.Totals, lane order.Priority) wire.LaneState {
	return wire.NewLaneState(&t.Counts[lane], wire.BlockCounts(t.Blocks[lane]))
}

func workerList(activity []Activity) []wire.Worker {
	list := make([]wire.Worker, 0, len(activity))
	for _, a := range activity {
		w := wire.Worker{ID: a.Worker, State: wire.WorkerIdle, Orders: a.Left, Since: wire.At(a.Since)}
		if !a.Run.IsZero() {
			w.State, w.Lane, w.RunID = wire.WorkerWorking, new(a.Lane.String()), &a.Run
		}
		if a.Order != (order.Key{}) {
			w.OrderID = new(a.Order.String())
		}
		list = append(list, w)
	}
	return list
}
