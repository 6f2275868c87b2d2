package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/wire"
)

// lastJob is the highest place in a listing that can be asked for.
const lastJob = 1_000

// jobsParams are the parameters of GET /pedidos/queue/jobs.
type jobsParams struct {
	types       choice
	start, end  wholeNumber
	includeData flag
}

func newJobsParams() jobsParams {
	return jobsParams{
		types:       choice{name: "types", byDefault: string(store.Waiting), of: stateNames(), many: true, doc: "Which states."},
		start:       wholeNumber{name: "start", doc: "The first job of each state, from 0.", max: lastJob},
		end:         wholeNumber{name: "end", doc: "The last job of each state; 50 behind start if not given.", byDefault: 50, max: lastJob, clamp: true},
		includeData: flag{name: "includeData", doc: "Each job with its order.", byDefault: true},
	}
}

func (a *API) registerJobs() {
	p := newJobsParams()
	handle(a, route{
		method: http.MethodGet, paths: []string{"/pedidos/queue/jobs"}, id: "list-jobs", tag: "queue",
		summary: "Jobs, one per order",
		more:    "VIP first, then by age; completed and failed ones newest first.",
		params:  []parameter{p.types, p.start, p.end, p.includeData},
		errors:  []int{http.StatusServiceUnavailable},
	}, a.listJobs)
}

func (a *API) listJobs(ctx context.Context, req *request) (*body[wire.JobList], error) {
	p, in := newJobsParams(), req.reading()
	types, withData := in.choices(p.types), in.flag(p.includeData)
	start, end := int(in.number(p.start)), int(in.number(p.end))
	if _, given := req.args[p.end.name]; !given {
		end = min(start+end, lastJob)
	}
	if end < start {
		in.fault(p.end.name, req.args[p.end.name], allowedEnd, start)
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	out := wire.JobList{Types: types, Range: wire.Range{Start: start, End: end}, Jobs: []wire.Job{}}
	for _, name := range types {
		jobs, err := a.jobs(ctx, store.JobQuery{State: jobState(name), Offset: start, Limit: end - start + 1}, withData)
		if err != nil {
			return nil, err
		}
		out.Jobs = append(out.Jobs, jobs...)
	}
	out.Total = len(out.Jobs)
	return &body[wire.JobList]{out}, nil
}

// jobs lists the jobs of one state.
func (a *API) jobs(ctx context.Context, q store.JobQuery, withData bool) ([]wire.Job, error) {
	found, err := a.opts.Store.Jobs(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("list %s jobs: %w", q.State, err)
	}
	jobs := make([]wire.Job, 0, len(found))
	for i := range found {
		job := wire.NewJob(&found[i].Order, string(found[i].State), found[i].Attempts)
		job.ProcessedOn = wire.Millis(found[i].Claimed)
		job.DelayedUntil = wire.Millis(found[i].Due)
		if withData {
			data := wire.NewOrder(&found[i].Order)
			job.Data = &data
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}
