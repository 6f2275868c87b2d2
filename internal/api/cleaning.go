package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/wire"
)

// waitAlias is another name of the state waiting.
const waitAlias = "wait"

// longestNumber is the largest number that a parameter can be written as.
const longestNumber = 9_999_999_999

// cleanParams are the parameters of POST /pedidos/queue/clean.
type cleanParams struct {
	state        choice
	grace, limit wholeNumber
	dryRun       flag
}

func newCleanParams() cleanParams {
	return cleanParams{
		state: choice{
			name: "state", byDefault: waitAlias, of: stateNames(),
			doc: "Which orders: wait (or waiting) and delayed end removido, active are taken from their workers and end removido, failed are discarded, completed only leave the job listings.",
		},
		grace:  wholeNumber{name: "grace", doc: "Only orders that have been in that state for more milliseconds than this.", max: longestNumber},
		limit:  wholeNumber{name: "limit", doc: "How many at most; 0 for all.", byDefault: 1000, max: longestNumber},
		dryRun: dryRunParam(),
	}
}

func retryLimitParam() wholeNumber {
	return wholeNumber{name: "limit", doc: "How many at most.", byDefault: 1000, min: 1, max: 10_000}
}

func obliterateParam() flag {
	return flag{name: "obliterate", doc: "Discard the dead letters too."}
}

// stateNames are the states of jobs as clients may write them.
func stateNames() []string {
	return []string{
		waitAlias, string(store.Waiting), string(store.Active), string(store.Delayed),
		string(store.Completed), string(store.FailedJob),
	}
}

func jobState(name string) store.JobState {
	if name == waitAlias {
		return store.Waiting
	}
	return store.JobState(name)
}

func (a *API) registerCleaning() {
	p := newCleanParams()
	handle(a, route{
		method: http.MethodPost, paths: []string{"/pedidos/queue/clean"}, id: "clean-queue", tag: "queue",
		summary: "Remove orders in one state",
		params:  []parameter{p.state, p.grace, p.limit, p.dryRun, idempotencyKey{}},
		errors:  mutationErrors(),
	}, a.clean)
	handle(a, route{
		method: http.MethodPost, paths: []string{"/pedidos/queue/purge"}, id: "purge-queue", tag: "queue",
		summary: "Remove every order that is not settled",
		more:    "Cleans wait, delayed and active, one after the other.",
		params:  []parameter{obliterateParam(), dryRunParam(), idempotencyKey{}},
		errors:  mutationErrors(),
	}, a.purge)
	handle(a, route{
		method: http.MethodPost, paths: []string{"/pedidos/queue/retry-failed"}, id: "retry-failed", tag: "queue",
		summary: "Put dead letters back, oldest first",
		more:    "Their attempts begin anew. The gate holds for them as for any order.",
		params:  []parameter{retryLimitParam(), idempotencyKey{}},
		errors:  mutationErrors(),
	}, a.retryFailed)
}

func (a *API) clean(ctx context.Context, req *request) (*body[wire.Cleaned], error) {
	p, in := newCleanParams(), req.reading()
	state := in.choice(p.state)
	opts := store.CleanOptions{
		State:  jobState(state),
		Limit:  in.number(p.limit),
		Grace:  time.Duration(in.number(p.grace)) * time.Millisecond,
		At:     a.opts.Now(),
		DryRun: in.flag(p.dryRun),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	n, err := a.opts.Store.Clean(ctx, opts, req.idem)
	if err != nil {
		return nil, fmt.Errorf("clean %s: %w", state, err)
	}
	return &body[wire.Cleaned]{wire.Cleaned{Removed: n, State: state, DryRun: opts.DryRun}}, nil
}

func (a *API) purge(ctx context.Context, req *request) (*body[wire.Purged], error) {
	in := req.reading()
	obliterate, dryRun := in.flag(obliterateParam()), in.flag(dryRunParam())
	if err := in.err(); err != nil {
		return nil, err
	}
	states := []store.JobState{store.Waiting, store.Delayed, store.Active}
	if obliterate {
		states = append(states, store.FailedJob)
	}
	out := wire.Purged{Purged: !dryRun, Obliterate: obliterate, DryRun: dryRun}
	for i, state := range states {
		idem := req.idem // under the key itself, so that its reuse is noticed
		if i > 0 {
			idem = step(req.idem, string(state))
		}
		n, err := a.opts.Store.Clean(ctx, store.CleanOptions{State: state, At: a.opts.Now(), DryRun: dryRun}, idem)
		if err != nil {
			return nil, fmt.Errorf("purge %s: %w", state, err)
		}
		out.Removed += n
	}
	return &body[wire.Purged]{out}, nil
}

func (a *API) retryFailed(ctx context.Context, req *request) (*body[wire.Retried], error) {
	in := req.reading()
	limit := in.number(retryLimitParam())
	if err := in.err(); err != nil {
		return nil, err
	}
	n, err := a.opts.Store.Redrive(ctx, store.RedriveOptions{Limit: limit, At: a.opts.Now()}, req.idem)
	if err != nil {
		return nil, fmt.Errorf("retry failed orders: %w", err)
	}
	return &body[wire.Retried]{wire.Retried{Retried: n}}, nil
}
