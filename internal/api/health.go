package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/filavip/filavip/internal/wire"
)

// storePatience is how long a health check waits for the store.
const storePatience = 2 * time.Second

// healthAnswer is an answer whose status code depends on what was found.
type healthAnswer[T any] struct {
	Status int
	Body   T
}

func (a *API) registerHealth() {
	handle(a, route{
		method: http.MethodGet, paths: []string{"/pedidos/health/queue", "/orders/health/queue"}, id: "get-queue-health", tag: "health",
		summary: "How the queue is",
		more:    "200 in every state of the queue; 503, with status unhealthy, if the store does not answer.",
	}, a.queueHealth)
	handle(a, route{
		method: http.MethodGet, paths: []string{"/health/ready", "/pedidos/health/ready", "/orders/health/ready"}, id: "get-ready", tag: "health",
		summary: "Whether the server can do its work",
		more:    "503 if it cannot, with the same body. Without the key, where there is one, services is empty and uptime 0.", open: true,
	}, a.ready)
	handle(a, route{
		method: http.MethodGet, paths: []string{"/health/live", "/pedidos/health/live"}, id: "get-live", tag: "health",
		summary: "That the process answers", open: true,
	}, a.live)
}

func (a *API) queueHealth(ctx context.Context, req *request) (*healthAnswer[wire.QueueHealth], error) {
	asked := ctx
	ctx, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	seen, err := a.observe(ctx)
	for _, c := range a.opts.Checks {
		err = errors.Join(err, c.Check(ctx)) // a lane that cannot be reached is no queue
	}
	if err != nil {
		if asked.Err() == nil { // otherwise who asked has hung up, which says nothing of the store
			a.log.WarnContext(ctx, "store does not answer", "error", err)
		}
		unhealthy := wire.NewUnhealthy(a.texts.say(languageOf(req.http), textNoStore), a.opts.Now())
		return &healthAnswer[wire.QueueHealth]{http.StatusServiceUnavailable, unhealthy}, nil
	}
	health := wire.NewQueueHealth(seen.run, seen.counts, seen.queue(), seen.at)
	health.InQueue(seen.totals.Stalled)
	return &healthAnswer[wire.QueueHealth]{http.StatusOK, health}, nil
}

func (a *API) ready(ctx context.Context, req *request) (*healthAnswer[wire.Ready], error) {
	now := wire.At(a.opts.Now())
	out := &healthAnswer[wire.Ready]{http.StatusOK, wire.Ready{
		Status: "ready", TS: now, Timestamp: now,
		Uptime:   a.opts.Now().Sub(a.started).Seconds(),
		Services: map[string]string{},
	}}
	for _, found := range a.runChecks(ctx, nil) {
		out.Body.Services[found.name] = "ok"
		if found.err != nil {
			out.Body.Services[found.name] = found.failure()
			out.Status, out.Body.Status = http.StatusServiceUnavailable, "unavailable"
		}
	}
	if !a.opts.Guard.Admits(req.http) {
		out.Body.Services, out.Body.Uptime = map[string]string{}, 0
	}
	return out, nil
}

func (a *API) live(context.Context, *request) (*body[wire.Alive], error) {
	return &body[wire.Alive]{wire.Alive{Status: "alive", TS: wire.At(a.opts.Now())}}, nil
}
