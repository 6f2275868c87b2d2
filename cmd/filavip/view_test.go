package main

import (
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares what draw writes with testdata/<name>.txt.
func golden(t *testing.T, name string, draw func(io.Writer) error) {
	t.Helper()
	var out strings.Builder
	if err := draw(&out); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("%s differs (-want +got); run with -update if that is meant:\n%s", file, diff)
	}
}

// someRun is a run of a thousand orders in a phase, with its counts and the time of day.
func someRun(phase order.Phase) (*order.Run, order.Counts, time.Time) {
	epoch := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	at := func(ms int) time.Time { return epoch.Add(time.Duration(ms) * time.Millisecond) }
	run := &order.Run{
		ID: order.NewRunID(epoch.UnixMilli(), 7), Phase: phase, Accepted: epoch, Generate: 900 * time.Millisecond,
		Spec: order.Spec{Kind: order.Generated, Target: 1000, Seed: 42, Weights: order.Weights{25, 25, 25, 25}, Work: order.Work{Handler: "mark", Attempts: 3}},
	}
	for p := order.Generating; p <= min(phase, order.Done); p++ {
		run.Entered[p] = at(int(p-order.Generating) * 1000)
	}
	counts := order.Counts{
		order.VIP:    {Generated: 250, Processed: 249, Dead: 1, First: at(100), Last: at(2200)},
		order.Normal: {Generated: 750, Processed: 300, Waiting: 450, First: at(4100), Last: at(4600)},
	}
	if phase == order.Done {
		run.Ended = run.Entered[order.Done]
		counts[order.Normal].Processed, counts[order.Normal].Waiting = 750, 0
	}
	return run, counts, at(5000)
}

func TestViews(t *testing.T) {
	t.Parallel()
	status := func(phase order.Phase) wire.Status { return wire.NewStatus(someRun(phase)) }
	active, done, paused, failed := status(order.WaitingNormalDrain), status(order.Done), status(order.WaitingNormalDrain), status(order.Done)
	paused.InQueue(true, "disk_full")
	failed.Phase, failed.Error = order.Failed, &wire.Failure{Kind: "store", Message: "write: \x1b[2J"}
	failed.Counts.Removed, failed.Counts.Pending = 3, 4
	for name, s := range map[string]*wire.Status{"status-active": &active, "status-done": &done, "status-paused": &paused, "status-failed": &failed} {
		golden(t, name, func(w io.Writer) error { return printStatus(w, s) })
	}
	row := wire.NewRun(someRun(order.Done))
	golden(t, "run-done", func(w io.Writer) error { return printRun(w, &row) })
	row = wire.NewRun(someRun(order.WaitingNormalDrain))
	row.Kind, row.Source, row.Rejected = "imported", "orders.csv", 1234
	row.Gaps = []wire.Gap{{From: row.CreatedAt, To: wire.At(row.CreatedAt.Add(time.Minute))}}
	golden(t, "run-imported", func(w io.Writer) error { return printRun(w, &row) })
	golden(t, "runs", func(w io.Writer) error { return printRuns(w, []wire.Run{row, wire.NewRun(someRun(order.Done))}) })
	golden(t, "queue", func(w io.Writer) error {
		return printQueue(w, &wire.QueueCounts{Waiting: 1_000_000, Active: 25, Completed: 3, Failed: 1, Paused: true})
	})
}

func TestJobsView(t *testing.T) {
	t.Parallel()
	var list wire.JobList
	err := json.Unmarshal([]byte(`{"jobs":[
		{"id":"a-1","state":"waiting","timestamp":1795420800000,"data":{"valor":1000.00,"priority":"VIP","runId":"019ab000-0000-7000-8000-00ffffffffff"}},
		{"id":"a-2","state":"active","timestamp":1795420800000,"processedOn":1795420801000,"data":{"valor":2.50,"priority":"NORMAL","runId":"019ab000-0000-7000-8000-00ffffffffff"}},
		{"id":"a-3","state":"delayed","timestamp":1795420800000,"delayedUntil":1795420860000,"attemptsMade":1},
		{"id":"a-4","state":"failed","timestamp":1795420800000,"finishedOn":1795420802000,"attemptsMade":3,"failedReason":"no\nstock"}]}`), &list)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "jobs", func(w io.Writer) error { return printJobs(w, &list) })
}

func TestInterleave(t *testing.T) {
	t.Parallel()
	got := interleave(
		[]string{"[1] a", "[3] b", "no time", "[5] c"},
		[]string{"[2] d", "[3] e"},
		nil,
		[]string{"[0] f"},
	)
	want := []string{"[0] f", "[1] a", "[2] d", "[3] b", "no time", "[3] e", "[5] c"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("interleave (-want +got):\n%s", diff)
	}
	if got := interleave(nil, nil); got != nil {
		t.Errorf("interleave of nothing = %q", got)
	}
}
