package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/filavip/filavip/internal/wire"
)

func (a *API) registerReset() {
	handle(a, route{
		method: http.MethodPost, paths: []string{"/pedidos/reset", "/reset"}, id: "reset", tag: "run",
		summary: "Stop every run and forget everything",
		more:    "Orders, runs, dead letters, counts and the log lines in memory are gone once this is answered, and nothing that still works on them brings them back.",
		params:  []parameter{idempotencyKey{}},
		errors:  mutationErrors(),
	}, a.reset)
	handle(a, route{
		method: http.MethodPost, paths: []string{"/pedidos/process"}, id: "process", tag: "run",
		summary: "Nothing: processing is automatic",
		old:     true,
		errors:  mutationErrors(),
	}, a.process)
}

func (a *API) reset(ctx context.Context, req *request) (*body[wire.WasReset], error) {
	before, err := a.opts.Store.Totals(ctx)
	if err != nil {
		return nil, fmt.Errorf("look at the store before a reset: %w", err)
	}
	wiped, err := a.opts.Pipeline.Reset(ctx, req.idem)
	if err != nil {
		return nil, err
	}
	// A repetition by key resets nothing, and so leaves the generation as it is.
	if after, err := a.opts.Store.Totals(ctx); err != nil || after.Generation != before.Generation {
		a.opts.Logs.Reset()
	}
	return &body[wire.WasReset]{wire.WasReset{
		Message:       a.texts.say(languageOf(req.http), textReset, wiped.Orders, wiped.Runs),
		DeletedOrders: wiped.Orders,
		DeletedRuns:   wiped.Runs,
		QueueCleared:  wiped.Queued,
	}}, nil
}

func (a *API) process(_ context.Context, req *request) (*body[wire.Message], error) {
	return &body[wire.Message]{wire.Message{Message: a.texts.say(languageOf(req.http), textAutomatic)}}, nil
}
