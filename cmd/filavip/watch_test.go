package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

func TestWatchUntilDone(t *testing.T) {
	t.Parallel()
	s := serveApp(t, "simulate-work", "1ms", "workers", "5")
	started := decoded[wire.Started](filavip(t, "generate", "-n", "500", "--url", s.url, "-o", "json").ends(0))

	table := filavip(t, "watch", "--until-done", "--url", s.url).ends(0)
	table.shows("WAITING_NORMAL_DRAIN > DONE", "Run "+started.RunID.String()+"  DONE", "= 500 of 500 orders")

	lines := filavip(t, "watch", "--until-done", "-o", "ndjson", "--url", s.url).ends(0)
	var last wire.Status
	for line := range strings.Lines(lines.out) {
		if err := json.Unmarshal([]byte(line), &last); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
	}
	if last.Phase != order.Done || last.Counts.Total != 500 {
		t.Errorf("the last status is %v with %d orders, want DONE with 500", last.Phase, last.Counts.Total)
	}
}

func TestWatchOfARunThatFails(t *testing.T) {
	t.Parallel()
	s := serveApp(t, "simulate-work", "10ms", "workers", "1")
	filavip(t, "generate", "-n", "5000", "--url", s.url).ends(0)
	filavip(t, "cancel", "--url", s.url).ends(0)
	filavip(t, "watch", "--until-done", "--url", s.url).ends(exitRunFailed).warns("ended in ERROR (cancelled)")
}

func TestWatchEndsWithItsTime(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	filavip(t, "watch", "--timeout", "50ms", "--url", s.url).ends(exitTimeout).says("the 50ms of --timeout are over")
	filavip(t, "logs", "-f", "--timeout", "50ms", "--url", s.url).ends(exitTimeout).says("the 50ms of --timeout are over")
	filavip(t, "watch", "--url", "http://127.0.0.1:1").ends(exitUnreachable)
}

// TestWatchOfTheNextRun takes the speed of each run from its own orders.
func TestWatchOfTheNextRun(t *testing.T) {
	t.Parallel()
	var out buffer
	w := &watcher{c: &console{out: &out, err: &out}, screen: screen{line: liveLine{draws: true}, out: &out}}
	var s wire.Status
	s.State.HasActiveGeneration = true
	for run, totals := range [][]int64{{4_000, 5_000}, {9_000}, {10}} {
		s.LastRunID = order.NewRunID(int64(run+1), 1)
		for _, total := range totals {
			s.Counts.Total = total
			data, err := json.Marshal(&s)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.event(client.Event{Name: wire.EventStatus, Data: data}); err != nil {
				t.Fatal(err)
			}
		}
		if got := len(w.meter.seen); got != len(totals) {
			t.Errorf("the speed of run %d is taken from %d looks, want %d", run+1, got, len(totals))
		}
	}
}

// TestScreenDrawsInPlace checks what a terminal is told: each picture begins where the
// one before did.
func TestScreenDrawsInPlace(t *testing.T) {
	t.Parallel()
	var out buffer
	s := screen{out: &out}
	s.draw([]string{"one", "two"})
	s.draw([]string{"three"})
	s.leave()
	s.draw([]string{"four"})
	want := "\r\x1b[?7lone\x1b[K\ntwo\x1b[K\n\x1b[J\x1b[?7h" +
		"\x1b[2A\r\x1b[?7lthree\x1b[K\n\x1b[J\x1b[?7h" +
		"\r\x1b[?7lfour\x1b[K\n\x1b[J\x1b[?7h"
	if got := out.String(); got != want {
		t.Errorf("drawn %q, want %q", got, want)
	}
}

func TestWatchLines(t *testing.T) {
	t.Parallel()
	var s wire.Status
	if got := watchLines(&s, &glimpse{}); len(got) != 1 || !strings.HasPrefix(got[0], "No run yet") {
		t.Errorf("lines before any run: %q", got)
	}
	s.LastRunID, s.Phase, s.Target, s.Generated = order.NewRunID(1, 1), order.WaitingNormalDrain, 1_000, 1_000
	s.State.HasActiveGeneration = true
	s.Counts = wire.Counts{VIP: 250, Normal: 150, Total: 400, Pending: 600}
	text := strings.Join(watchLines(&s, &glimpse{speed: "12,345", left: "  3s left"}), "\n")
	for _, want := range []string{
		"GENERATING > ENQUEUE > VIP > ENQUEUE > [NORMAL] > DONE", "VIP                  250 of 250", "NORMAL               150 of 750", " 20%",
		"12,345 orders/s now", "3s left",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lines lack %q:\n%s", want, text)
		}
	}
	s.Paused = true
	if text := strings.Join(watchLines(&s, &glimpse{}), "\n"); !strings.Contains(text, "queue resume") {
		t.Errorf("lines of a paused queue:\n%s", text)
	}
	s.Paused, s.Stalled = false, "disk\x1bfull"
	if text := strings.Join(watchLines(&s, &glimpse{}), "\n"); !strings.Contains(text, `stalled: disk\x1bfull`) {
		t.Errorf("lines of a stalled queue:\n%q", text)
	}
}

func TestLogsFollow(t *testing.T) {
	t.Parallel()
	s := serveApp(t, "log-level", "info")
	for _, output := range []string{"table", "ndjson"} {
		ctx, cancel := context.WithCancel(t.Context())
		var out, errs buffer
		ended := make(chan int)
		go func() {
			ended <- run(ctx, []string{"logs", "-f", "--url", s.url, "-o", output, "--level", "info"}, strings.NewReader(""), &out, &errs)
		}()
		for deadline := time.Now().Add(time.Minute); !strings.Contains(out.String(), "path=/pedidos/queue/pause"); {
			if time.Now().After(deadline) {
				t.Fatalf("logs -f -o %s shows no line of what was done:\n%s\n%s", output, out.String(), errs.String())
			}
			filavip(t, "queue", "pause", "--url", s.url).ends(0)
		}
		cancel()
		if status := <-ended; status != 0 {
			t.Errorf("logs -f -o %s ended with %d, want 0:\n%s", output, status, errs.String())
		}
		first, _, _ := strings.Cut(out.String(), "\n")
		var line wire.LogLine
		if isJSON := json.Unmarshal([]byte(first), &line) == nil; isJSON != (output == "ndjson") || !isJSON && !strings.Contains(first, "] [INFO] [") {
			t.Errorf("logs -f -o %s begins with %s", output, first)
		}
	}
	filavip(t, "logs", "-f", "--by-level", "--url", s.url).ends(exitUsage).says("--follow", "--by-level")
}

// TestLogsFollowAcrossARestart is of a server that ends after the first connection and
// comes back with a log of its own.
func TestLogsFollowAcrossARestart(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var streams, asked int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/pedidos/logs" {
			asked++
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"logs":{"logMessages":["[2026-11-23T12:00:0%dZ] [INFO] [app] start %d"]}}`, asked, asked)
			return
		}
		streams++
		w.Header().Set("Content-Type", "text/event-stream")
		id := []string{"first-1", "first-2", "second-1"}[min(streams, 3)-1]
		fmt.Fprintf(w, "retry: 1\nid: %s\nevent: connected\ndata: {}\n\n", id)
		if streams == 4 {
			cancel()
		}
	}))
	defer server.Close()
	var out, errs buffer
	if status := run(ctx, []string{"logs", "-f", "--url", server.URL}, strings.NewReader(""), &out, &errs); status != 0 {
		t.Fatalf("it ended with %d: %s", status, errs.String())
	}
	if got := strings.Count(out.String(), "start 1\n") + 10*strings.Count(out.String(), "start 2\n"); got != 11 || asked != 2 {
		t.Errorf("the latest lines were asked for %d times, want once of each server; shown:\n%s", asked, out.String())
	}
}

func TestLogsFollowShowsALevelAndThoseAbove(t *testing.T) {
	t.Parallel()
	lines := wire.LogLines{LogMessages: []string{"[1] info"}, WarnMessages: []string{"[2] warn"}, ErrorMessages: []string{"[3] error"}}
	for level, want := range map[string]string{
		"all": "[1] info, [2] warn, [3] error", "info": "[1] info, [2] warn, [3] error", "warn": "[2] warn, [3] error", "error": "[3] error",
	} {
		f := logsFlags{level: level}
		if got := strings.Join(f.least(&lines), ", "); got != want {
			t.Errorf("the latest lines of level %s are %s, want %s", level, got, want)
		}
	}
}

func TestListsLineByLine(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	for range 2 {
		filavip(t, "generate", "-n", "100", "--wait", "--url", s.url).ends(0)
	}
	lines := strings.Split(strings.TrimSpace(filavip(t, "runs", "-o", "ndjson", "--url", s.url).ends(0).out), "\n")
	if len(lines) != 2 {
		t.Fatalf("runs -o ndjson has %d lines, want one for each run: %q", len(lines), lines)
	}
	for _, line := range lines {
		var run wire.Run
		if err := json.Unmarshal([]byte(line), &run); err != nil || run.Phase != order.Done {
			t.Errorf("line %s: %v, want a run that is DONE", line, err)
		}
	}
	status := filavip(t, "status", "-o", "ndjson", "--url", s.url).ends(0)
	if strings.Count(status.out, "\n") != 1 {
		t.Errorf("status -o ndjson has more than one line: %s", status.out)
	}
}
