package app_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/filavip/filavip/internal/app"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

// TestSession is the session of the README: every act of an operator, on one server.
// Work takes long enough that a cancel finds its run running.
func TestSession(t *testing.T) {
	t.Parallel()
	dir := data(t)
	p := begin(t, dir, map[string]string{"simulate-work": "2ms"})

	var started wire.Started
	header := p.call(http.MethodPost, "/pedidos/generate?quantity=2000", http.StatusAccepted, &started)
	if got := header.Get("Location"); got != "/pedidos/runs/"+started.RunID.String() {
		t.Errorf("Location = %q, want that of run %v", got, started.RunID)
	}
	var conflict wire.Problem
	p.call(http.MethodPost, "/pedidos/generate?quantity=10", http.StatusConflict, &conflict)
	if conflict.RunID != started.RunID {
		t.Errorf("conflict names run %v, want %v", conflict.RunID, started.RunID)
	}
	p.done(2000)
	var logs wire.Logs
	p.call(http.MethodGet, "/pedidos/logs?lines=20", http.StatusOK, &logs)
	if len(logs.Logs.LogMessages) == 0 || logs.QuickStats.TotalProcessed != 2000 {
		t.Errorf("logs hold %d lines and count %+v", len(logs.Logs.LogMessages), logs.QuickStats)
	}
	var jobs wire.JobList
	p.call(http.MethodGet, "/pedidos/queue/jobs?types=completed&end=2", http.StatusOK, &jobs)
	if len(jobs.Jobs) != 3 {
		t.Errorf("jobs = %d, want 3", len(jobs.Jobs))
	}

	p.call(http.MethodPost, "/pedidos/queue/pause", http.StatusOK, nil)
	p.call(http.MethodPost, "/pedidos/generate?quantity=5000", http.StatusAccepted, &started)
	p.until(func(s *wire.Status) bool { return s.Generated == 5000 && s.Paused && s.Counts.Total == 0 })
	var queue wire.QueueCounts
	p.call(http.MethodGet, "/pedidos/queue/status", http.StatusOK, &queue)
	if !queue.Paused || queue.Waiting != 5000 || queue.Active != 0 {
		t.Errorf("paused queue = %+v, want 5000 waiting, none active", queue)
	}
	p.call(http.MethodPost, "/pedidos/queue/resume", http.StatusOK, nil)
	p.until(func(s *wire.Status) bool { return s.Counts.Total > 0 })
	var cancelled wire.Cancelled
	p.call(http.MethodPost, "/pedidos/cancel", http.StatusOK, &cancelled)
	if s := p.until(func(s *wire.Status) bool { return s.Phase == order.Failed }); !cancelled.Aborted || !s.Aborted ||
		s.Counts.Total+cancelled.RemovedPending != 5000 || s.Paused {
		t.Errorf("cancelled = %+v, then %+v", cancelled, s)
	}

	p.call(http.MethodPost, "/pedidos/generate?quantity=1000", http.StatusAccepted, &started)
	p.done(1000)
	var reset wire.WasReset
	p.call(http.MethodPost, "/pedidos/reset", http.StatusOK, &reset)
	if reset.DeletedRuns != 3 || reset.DeletedOrders != 8000 {
		t.Errorf("reset = %+v, want 3 runs, 8000 orders", reset)
	}
	if s := p.until(func(*wire.Status) bool { return true }); s.Phase != order.Idle || s.Generated != 0 {
		t.Errorf("status after reset = %+v", s)
	}
	p.stop()
	if checked := verified(t, dir); checked.Orders != 0 {
		t.Errorf("%d orders are left after reset", checked.Orders)
	}
}

// TestRestart stops a server in the middle of a run again and again; the run goes on by
// itself and ends with the digest that its seed foretells.
func TestRestart(t *testing.T) {
	t.Parallel()
	dir := data(t)
	flags := map[string]string{"simulate-work": "1ms", "simulate-failures": "0.01", "workers": "10"}
	p := begin(t, dir, flags)
	var started, again wire.Started
	p.call(http.MethodPost, "/pedidos/generate?quantity=3000", http.StatusAccepted, &started, "Idempotency-Key", "k")
	for _, processed := range []int64{50, 400, 700, 900, 1500} {
		p.until(func(s *wire.Status) bool { return s.Counts.Total >= processed })
		p.stop()
		p = begin(t, dir, flags)
		p.call(http.MethodPost, "/pedidos/generate?quantity=3000", http.StatusAccepted, &again, "Idempotency-Key", "k")
		if again != started {
			t.Fatalf("the same key answers %+v after a restart, want %+v", again, started)
		}
	}
	p.done(3000)
	p.stop()
	checked := verified(t, dir)
	if known, ok := checked.Known[started.RunID]; !ok || known != checked.Runs[0].Digest {
		t.Errorf("digest = %v, want %v as the seed foretells", checked.Runs[0].Digest, known)
	}
	if gaps := len(checked.Runs[0].Run.Gaps); gaps != 5 {
		t.Errorf("%d gaps are noted, want 5", gaps)
	}
}

// TestTwoProcesses: the second on a directory is refused, whatever it wants to do.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	dir := data(t)
	p := begin(t, dir, nil)
	if _, err := app.New(settings(t, dir, nil), app.Options{}); !errors.Is(err, order.ErrLocked) {
		t.Errorf("New on a directory in use = %v, want locked", err)
	}
	p.stop()
	a, err := app.New(settings(t, dir, nil), app.Options{})
	if err != nil {
		t.Fatalf("New after Stop = %v", err)
	}
	if err := a.Stop(t.Context()); err != nil {
		t.Errorf("Stop before Start = %v", err)
	}
}

// TestPortTaken: a port in use stops the process before it works on anything.
func TestPortTaken(t *testing.T) {
	t.Parallel()
	p := begin(t, data(t), nil)
	defer p.stop()
	port := p.Addr()[len("127.0.0.1:"):]
	a, err := app.New(settings(t, data(t), map[string]string{"port": port}), app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Stop(t.Context())
	if err := a.Listen(t.Context()); err == nil {
		t.Error("Listen on a port in use = nil, want an error")
	}
}
