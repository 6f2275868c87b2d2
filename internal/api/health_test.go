package api_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/filavip/filavip/internal/api"
	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

// Whatever state the queue is in, its health answers 200 and says which.
func TestQueueHealth(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	expect := func(when, status string) wire.QueueHealth {
		t.Helper()
		var got wire.QueueHealth
		for _, path := range []string{"/pedidos/health/queue", "/orders/health/queue"} {
			got = read[wire.QueueHealth](t, f.get(path), http.StatusOK)
			if got.Status != status || !got.Queue.Connected {
				t.Errorf("%s: GET %s = %q, connected %v; want %q, true", when, path, got.Status, got.Queue.Connected, status)
			}
		}
		return got
	}
	expect("empty", wire.Healthy)
	f.started(40)
	if got := expect("generating", wire.Healthy); !got.Processor.IsProcessing || got.Processor.Phase != order.Generating {
		t.Errorf("processor = %+v, want it at work in GENERATING", got.Processor)
	}
	f.settle(order.Dead)
	if got := expect("a few dead letters", wire.Healthy); !got.Checks.HasFailedJobs {
		t.Error("hasFailedJobs = false, want true")
	}
	read[wire.Paused](t, f.post("/pedidos/queue/pause"), http.StatusOK)
	expect("paused", wire.OnHold)
	read[wire.Cancelled](t, f.post("/pedidos/cancel"), http.StatusOK)
	if got := expect("cancelled", wire.Aborted); !got.Checks.Aborted {
		t.Error("checks.aborted = false, want true")
	}
}

func TestQueueHealthWithoutStore(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.pipe.set(func(p *fakePipeline) { p.err = errors.New("mongodb://user:secret@host is gone") })
	res := f.get("/pedidos/health/queue", "Accept-Language", "pt-BR")
	text := textOf(t, res)
	if res.StatusCode != http.StatusServiceUnavailable || strings.Contains(text, "secret") {
		t.Fatalf("= %d %s, want 503 without the details", res.StatusCode, text)
	}
	for _, want := range []string{`"status":"unhealthy"`, `"queue":{"connected":false}`, "não responde"} {
		if !strings.Contains(text, want) {
			t.Errorf("body %s lacks %s", text, want)
		}
	}
	if !strings.Contains(f.log.String(), "is gone") {
		t.Error("the log lacks what happened")
	}
}

// The lanes are in a server of their own.
func TestQueueHealthWithoutServer(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *api.Options) {
		o.Checks = []api.Check{{Name: "servers", Check: func(context.Context) error {
			return &order.UnavailableError{Server: "redis", Err: errors.New("refused")}
		}}}
	})
	health := read[wire.QueueHealth](t, f.get("/pedidos/health/queue"), http.StatusServiceUnavailable)
	if health.Status != "unhealthy" || health.Queue.Connected {
		t.Errorf("health without a server = %q, connected %t; want unhealthy", health.Status, health.Queue.Connected)
	}
}

func TestQueueHealthDoesNotWaitForever(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		f.pipe.block = make(chan struct{}) // never closed: the store hangs
		if res := f.get("/pedidos/health/queue"); res.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("health of a store that hangs = %d, want 503", res.StatusCode)
		}
	})
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	var broken error
	f := newFixture(t, func(o *api.Options) {
		o.Checks = []api.Check{{Name: "disk", Check: func(context.Context) error { return broken }}}
	})
	probe := func(target string) (int, string) {
		res := f.get(target)
		return res.StatusCode, textOf(t, res)
	}
	expect := func(target string, status int, want string) {
		t.Helper()
		if code, text := probe(target); code != status || text != want {
			t.Errorf("GET %s = %d %q, want %d %q", target, code, text, status, want)
		}
	}
	asJSON := func(status int, want string, services map[string]string) {
		t.Helper()
		for _, path := range []string{"/health/ready", "/pedidos/health/ready", "/orders/health/ready"} {
			got := read[wire.Ready](t, f.get(path), status)
			if got.Status != want || len(got.Services) != len(services) {
				t.Errorf("GET %s = %+v, want %s", path, got, want)
			}
			for name, state := range services {
				if got.Services[name] != state {
					t.Errorf("GET %s: %s = %q, want %q", path, name, got.Services[name], state)
				}
			}
		}
	}
	expect("/readyz", 200, "ok\n")
	expect("/healthz", 200, "ok\n")
	expect("/readyz?verbose", 200, "[+]store ok\n[+]shutdown ok\n[+]disk ok\nreadyz check passed\n")
	expect("/readyz?verbose&exclude=disk&exclude=store", 200, "[+]shutdown ok\nreadyz check passed\n")
	asJSON(200, "ready", map[string]string{"store": "ok", "shutdown": "ok", "disk": "ok"})

	broken = errors.New("secret path")
	expect("/readyz", 503, "[+]store ok\n[+]shutdown ok\n[-]disk failed\nreadyz check failed\n")
	expect("/readyz?exclude=disk", 200, "ok\n")
	asJSON(503, "unavailable", map[string]string{"store": "ok", "shutdown": "ok", "disk": "failed"})

	broken = errors.Join(&order.UnavailableError{Server: "mongodb", Err: errors.New("secret host")}, &order.UnavailableError{Server: "redis", Err: broken})
	expect("/readyz", 503, "[+]store ok\n[+]shutdown ok\n[-]disk failed: mongodb redis\nreadyz check failed\n")
	asJSON(503, "unavailable", map[string]string{"store": "ok", "shutdown": "ok", "disk": "failed: mongodb redis"})

	broken = nil
	f.api.Drain()
	expect("/readyz", 503, "[+]store ok\n[-]shutdown failed\n[+]disk ok\nreadyz check failed\n")
	expect("/livez", 200, "ok\n")

	if err := f.store.Close(); err != nil {
		t.Fatal(err)
	}
	expect("/readyz?exclude=shutdown", 503, "[-]store failed\n[+]disk ok\nreadyz check failed\n")
	for _, path := range []string{"/health/live", "/pedidos/health/live"} {
		if got := read[wire.Alive](t, f.get(path), http.StatusOK); got.Status != "alive" {
			t.Errorf("GET %s without a store = %+v, want alive", path, got)
		}
	}
}

// TestProbesOnly: a process without an API still says how it is, and nothing else.
func TestProbesOnly(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *api.Options) {
		*o = api.Options{ProbesOnly: true, Store: o.Store, Registry: metrics.New()}
	})
	for path, want := range map[string]int{
		"/livez": 200, "/readyz": 200, "/healthz": 200, "/metrics": 200,
		"/": 404, "/pedidos": 404, "/pedidos/system": 404, "/openapi.json": 404, "/health/ready": 404, "/queue/counts": 404,
	} {
		if res := f.get(path); res.StatusCode != want {
			t.Errorf("GET %s = %s, want %d", path, res.Status, want)
		}
	}
	if res := f.post("/pedidos/generate"); res.StatusCode != http.StatusNotFound {
		t.Errorf("POST /pedidos/generate = %s, want 404", res.Status)
	}
	if _, err := api.New(api.Options{ProbesOnly: true}); err == nil {
		t.Error("New without a store = nil, want an error")
	}
}

// TestChecksDoNotWaitForEachOther: a check that hangs leaves the others their time, so that
// what they find is told.
func TestChecksDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gone := &order.UnavailableError{Server: "mongodb", Err: errors.New("no answer")}
		hangs := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		takesASecond := func(ctx context.Context) error {
			select {
			case <-time.After(time.Second):
				return gone
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		f := newFixture(t, func(o *api.Options) {
			o.Checks = []api.Check{{Name: "first", Check: hangs}, {Name: "second", Check: hangs}, {Name: "servers", Check: takesASecond}}
		})
		want := "[+]store ok\n[+]shutdown ok\n[-]first failed\n[-]second failed\n[-]servers failed: mongodb\nreadyz check failed\n"
		if text := textOf(t, f.get("/readyz")); text != want {
			t.Errorf("GET /readyz = %q, want %q", text, want)
		}
	})
}
