package api_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

func TestStatusIsLookedAtOncePerInterval(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.started(40)
	for range 50 {
		read[wire.Status](t, f.get("/pedidos"), http.StatusOK)
	}
	if f.pipe.looks != 1 {
		t.Errorf("looks within 100 ms = %d, want 1", f.pipe.looks)
	}
	f.settle(order.Processed)
	f.clock.advance(99 * time.Millisecond)
	if got := read[wire.Status](t, f.get("/pedidos"), http.StatusOK).Counts.Total; got != 0 {
		t.Errorf("processed after 99 ms = %d, want the snapshot's 0", got)
	}
	f.clock.advance(time.Millisecond)
	if got := read[wire.Status](t, f.get("/orders"), http.StatusOK).Counts.Total; got != 5 {
		t.Errorf("processed after 100 ms = %d, want 5", got)
	}
	if f.pipe.looks != 2 {
		t.Errorf("looks = %d, want 2", f.pipe.looks)
	}
}

// A look that takes its time is made less often: at most a tenth of the time goes into it,
// and no status is older than a second.
func TestSlowStatusIsLookedAtLessOften(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ takes, shown time.Duration }{
		{time.Millisecond, 100 * time.Millisecond}, {50 * time.Millisecond, 450 * time.Millisecond}, {time.Minute, time.Second},
	} {
		f := newFixture(t, nil)
		f.started(40)
		f.pipe.looking = func() { f.clock.advance(test.takes) }
		for i, after := range []time.Duration{0, test.shown - 1, 1} {
			f.clock.advance(after)
			read[wire.Status](t, f.get("/pedidos"), http.StatusOK)
			if want := 1 + i/2; f.pipe.looks != want {
				t.Errorf("looks that take %v: %d after %d statuses, want %d", test.takes, f.pipe.looks, i+1, want)
			}
		}
	}
}

func TestConcurrentStatusIsOneLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		f.pipe.block = make(chan struct{})
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { read[wire.Status](t, f.get("/pedidos"), http.StatusOK) })
		}
		synctest.Wait() // until each of them looks, or waits for who does
		close(f.pipe.block)
		all.Wait()
		if f.pipe.looks != 1 {
			t.Errorf("looks of 20 at once = %d, want 1", f.pipe.looks)
		}
	})
}

// Who waits for another's look gives up when its client does.
func TestWaitForALookEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		f.pipe.block = make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() { f.get("/pedidos") })
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		var second *http.Response
		waiting := make(chan struct{})
		go func() {
			defer close(waiting)
			second = f.send(newRequest(http.MethodGet, "/pedidos", "").WithContext(ctx))
		}()
		synctest.Wait()
		cancel()
		<-waiting
		readProblem(t, second, http.StatusServiceUnavailable, "store-unavailable")
		close(f.pipe.block)
		all.Wait()
	})
}

// Who looked before something was done must not hide it from who asks after.
func TestLookUnderWayIsNotKeptOverAnAct(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	block, entered := make(chan struct{}), make(chan struct{})
	f.pipe.set(func(p *fakePipeline) { p.block, p.entered = block, entered })
	early := make(chan *http.Response, 1)
	go func() { early <- f.get("/pedidos") }()
	<-entered
	f.pipe.set(func(p *fakePipeline) { p.block = nil })
	read[wire.Paused](t, f.post("/pedidos/queue/pause"), http.StatusOK)
	close(block)
	read[wire.Status](t, <-early, http.StatusOK)
	f.pipe.looks = 0
	if got := read[wire.Status](t, f.get("/pedidos"), http.StatusOK); !got.Paused || f.pipe.looks != 1 {
		t.Errorf("paused = %v after %d looks, want true after a look of its own", got.Paused, f.pipe.looks)
	}
}

func TestStatusFailureIsNotKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.pipe.set(func(p *fakePipeline) { p.err = errors.New("lost the store") })
	readProblem(t, f.get("/pedidos"), http.StatusInternalServerError, "internal-error")
	f.pipe.set(func(p *fakePipeline) { p.err = nil })
	read[wire.Status](t, f.get("/pedidos"), http.StatusOK)
}

func TestStatusIsRevalidatedByWeakTag(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.started(4)
	read[wire.Cancelled](t, f.post("/pedidos/cancel"), http.StatusOK)
	first := f.get("/pedidos")
	tag := first.Header.Get("ETag")
	if !strings.HasPrefix(tag, `W/"`) || first.Header.Get("Cache-Control") != "no-cache" {
		t.Fatalf("ETag = %q, Cache-Control %q; want a weak one and no-cache", tag, first.Header.Get("Cache-Control"))
	}
	f.clock.advance(time.Hour) // nothing happens
	for _, match := range []string{tag, strings.TrimPrefix(tag, "W/"), `"x", ` + tag, "*"} {
		if res := f.get("/pedidos", "If-None-Match", match); res.StatusCode != http.StatusNotModified || textOf(t, res) != "" {
			t.Errorf("If-None-Match %s = %d, want 304 without a body", match, res.StatusCode)
		}
	}
	if res := f.get("/pedidos", "If-None-Match", `W/"other"`); res.StatusCode != http.StatusOK {
		t.Errorf("another tag = %d, want 200", res.StatusCode)
	}
	read[wire.Paused](t, f.post("/pedidos/queue/pause"), http.StatusOK)
	if res := f.get("/pedidos", "If-None-Match", tag); res.StatusCode != http.StatusOK || res.Header.Get("ETag") == tag {
		t.Errorf("after a pause = %d, %s; want 200 with another tag", res.StatusCode, res.Header.Get("ETag"))
	}
}

func TestLogs(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.started(40)
	f.settle(order.Processed)
	for query, lines := range map[string]int{"": 500, "?lines=1": 1, "?lines=10000": 10_000, "?lines=9999999999": 10_000} {
		for _, path := range []string{"/pedidos/logs", "/orders/logs"} {
			got := read[wire.Logs](t, f.get(path+query), http.StatusOK)
			if f.logs.asked != lines || len(got.Logs.LogMessages) != lines || len(got.Logs.WarnMessages) != lines || len(got.Logs.ErrorMessages) != lines {
				t.Errorf("GET %s%s: asked for %d lines, %d shown; want %d", path, query, f.logs.asked, len(got.Logs.LogMessages), lines)
			}
			want := wire.QuickStats{ProcessedLines: 5, VIPProcessed: 5, TotalProcessed: 5}
			if got.QuickStats != want || got.QueueStatus != f.counts() || got.ProcessLog.TotalProcessedVIP != 5 {
				t.Errorf("GET %s%s: stats %+v, queue %+v; want %+v, %+v", path, query, got.QuickStats, got.QueueStatus, want, f.counts())
			}
		}
	}
	f.logs.lines = 0
	if text := textOf(t, f.get("/pedidos/logs")); !strings.Contains(text, `"logMessages":[]`) {
		t.Errorf("no lines are shown as %s, want empty lists", text)
	}
}
