package main

import (
	"context"
	"runtime"
	"strings"
	"testing"
)

// TestRunOnPausedStore says why nothing happens, once, and what can be done.
func TestRunOnPausedStore(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	s := serveIn(t, cfg)
	s.does("queue", "pause").ends(exitOK)
	s.stop()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	args := []string{"run", "-n", "10", "--data", cfg.Data}
	var out, err buffer
	done := make(chan int)
	go func() { done <- run(ctx, args, strings.NewReader(""), &out, &err) }()
	for !strings.Contains(err.String(), "NORMAL 0  paused\n") {
		if t.Context().Err() != nil {
			t.Fatalf("the progress does not say that the queue is paused:\n%s", err.String())
		}
		runtime.Gosched()
	}
	interrupt()
	o := outcome{t, args, <-done, out.String(), err.String()}.ends(exitInterrupted)
	first, _, _ := strings.Cut(o.err, "\n")
	for _, text := range []string{"paused", cfg.Data, `"filavip serve --data ` + cfg.Data, `"filavip queue resume"`, "waits"} {
		if !strings.Contains(first, text) {
			t.Errorf("the first line is %q, want %q in it", first, text)
		}
	}
	s = serveIn(t, cfg)
	s.does("queue", "resume").ends(exitOK)
	s.stop()
	if resumed := filavip(t, "run", "--data", cfg.Data).ends(exitOK); strings.Contains(resumed.err, "paused") {
		t.Errorf("a run on a queue that is not paused says:\n%s", resumed.err)
	}
}
