package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/filavip/filavip/internal/wire"
)

func globalParam() flag {
	return flag{name: "global", byDefault: true, doc: "Accepted and without effect: it always holds for every worker."}
}

func maxJobsParam() wholeNumber {
	return wholeNumber{name: "maxJobs", doc: "How many orders at most.", byDefault: 100, min: 1, max: 10_000}
}

func (a *API) registerQueue() {
	handle(a, route{
		method: http.MethodGet, paths: []string{"/pedidos/queue/status", "/queue/counts"}, id: "get-queue-status", tag: "queue",
		summary: "How many orders are in each state",
		errors:  []int{http.StatusServiceUnavailable},
	}, a.queueStatus)
	handle(a, route{
		method: http.MethodPost, paths: []string{"/pedidos/queue/pause"}, id: "pause-queue", tag: "queue",
		summary: "Stop handing orders out",
		more:    "Survives a restart. Orders in hand finish.",
		params:  []parameter{globalParam(), idempotencyKey{}},
		errors:  mutationErrors(),
	}, a.pause)
	handle(a, route{
		method: http.MethodPost, paths: []string{"/pedidos/queue/resume"}, id: "resume-queue", tag: "queue",
		summary: "Hand orders out again",
		params:  []parameter{globalParam(), idempotencyKey{}},
		errors:  mutationErrors(),
	}, a.resume)
	handle(a, route{
		method: http.MethodPost, paths: []string{"/pedidos/queue/close"}, id: "close-queue", tag: "queue",
		summary: "Pause, and wait for orders in hand",
		more:    "Resume opens the queue again.",
		errors:  mutationErrors(),
	}, a.closeQueue)
	handle(a, route{
		method: http.MethodPost, paths: []string{"/pedidos/queue/recover-stuck"}, id: "recover-stuck", tag: "queue",
		summary: "Take orders back from handlers that have been silent for more than 30 seconds",
		more:    "They go back to where they wait, with no attempt consumed.",
		params:  []parameter{maxJobsParam()},
		errors:  mutationErrors(),
	}, a.recoverStuck)
}

func (a *API) queueStatus(ctx context.Context, _ *request) (*body[wire.QueueCounts], error) {
	totals, err := a.opts.Store.Totals(ctx)
	if err != nil {
		return nil, fmt.Errorf("count the queue: %w", err)
	}
	return &body[wire.QueueCounts]{wire.NewQueueCounts(&totals.Counts, totals.Hidden, totals.Paused)}, nil
}

func (a *API) pause(ctx context.Context, req *request) (*body[wire.Paused], error) {
	in := req.reading()
	in.flag(globalParam())
	if err := in.err(); err != nil {
		return nil, err
	}
	if err := a.opts.Queue.Pause(ctx, req.idem); err != nil {
		return nil, fmt.Errorf("pause: %w", err)
	}
	return &body[wire.Paused]{wire.Paused{Paused: true, Global: true}}, nil
}

func (a *API) resume(ctx context.Context, req *request) (*body[wire.Resumed], error) {
	in := req.reading()
	in.flag(globalParam())
	if err := in.err(); err != nil {
		return nil, err
	}
	if err := a.opts.Queue.Resume(ctx, req.idem); err != nil {
		return nil, fmt.Errorf("resume: %w", err)
	}
	return &body[wire.Resumed]{wire.Resumed{Resumed: true, Global: true}}, nil
}

func (a *API) closeQueue(ctx context.Context, _ *request) (*body[wire.Closed], error) {
	if err := a.opts.Queue.Close(ctx); err != nil {
		return nil, fmt.Errorf("close the queue: %w", err)
	}
	return &body[wire.Closed]{wire.Closed{Closed: true}}, nil
}

func (a *API) recoverStuck(ctx context.Context, req *request) (*body[wire.Recovered], error) {
	in := req.reading()
	limit := int(in.number(maxJobsParam()))
	if err := in.err(); err != nil {
		return nil, err
	}
	n, err := a.opts.Queue.RecoverStuck(ctx, limit)
	if err != nil {
		return nil, fmt.Errorf("recover stuck orders: %w", err)
	}
	return &body[wire.Recovered]{wire.Recovered{
		Recovered: n,
		Message:   a.texts.say(languageOf(req.http), textUnstuck, n),
	}}, nil
}
