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

// threeOrders are three; one has a text that a terminal would obey.
func threeOrders(t *testing.T) (orders []wire.Order) {
	t.Helper()
	err := json.Unmarshal([]byte(`[
		{"id":"a-1","cliente":"Ana","valor":1000.00,"tier":"DIAMOND","priority":"VIP","status":"processado","attempts":1,
		 "createdAt":"2026-11-23T08:00:00.000Z","processedAt":"2026-11-23T08:00:01.000Z","runId":"019ab000-0000-7000-8000-00ffffffffff"},
		{"id":"a-2","cliente":"Ação\u001b[2J","valor":2.50,"tier":"GOLD","priority":"NORMAL","status":"pendente",
		 "createdAt":"2026-11-23T08:00:00.000Z","processedAt":null,"observacoes":"two\nlines","runId":"019ab000-0000-7000-8000-00ffffffffff"},
		{"id":"a-3","cliente":"Bia","valor":7.25,"tier":"BRONZE","priority":"NORMAL","status":"falhou","attempts":3,"reason":"no\nstock of 12",
		 "createdAt":"2026-11-23T08:00:00.000Z","processedAt":"2026-11-23T08:00:02.000Z","runId":"019ab000-0000-7000-8000-00ffffffffff"}]`), &orders)
	if err != nil {
		t.Fatal(err)
	}
	return orders
}

func TestOrderViews(t *testing.T) {
	t.Parallel()
	orders := threeOrders(t)
	at := orders[2].ProcessedAt
	letter := wire.DeadLetter{Order: orders[2], Group: "no stock of <n>", Attempts: 3, FirstFailure: at, LastFailure: at, Redriven: 1}
	golden(t, "orders", func(w io.Writer) error { return printOrders(w, orders) })
	golden(t, "story", func(w io.Writer) error {
		return printStory(w, &wire.Story{Order: orders[1], Events: []wire.StoryEvent{
			{At: orders[1].CreatedAt, Kind: wire.StoryAccepted, Text: "accepted as order 1"}, {Kind: wire.StoryWaiting, Text: "waits\x1b[2J"},
		}})
	})
	golden(t, "story-dead", func(w io.Writer) error {
		return printStory(w, &wire.Story{Order: orders[2], DeadLetter: &letter, Events: []wire.StoryEvent{
			{At: at, Kind: wire.StoryDead, Text: "became a dead letter", Attempts: 3},
		}})
	})
	golden(t, "dead-letters", func(w io.Writer) error { return printDeadLetters(w, []wire.DeadLetter{letter}) })
	golden(t, "dead-groups", func(w io.Writer) error {
		return printGroups(w, []wire.DeadLetterGroup{
			{Group: "no stock of <n>", Count: 1234, First: at, Last: at, Example: "no\nstock of 12"}, {Group: "timeout", Count: 2, First: at, Last: at, Example: "timeout"},
		})
	})
}

func TestDiagnosisViews(t *testing.T) {
	t.Parallel()
	run, _, now := someRun(order.WaitingVIPDrain)
	golden(t, "lanes", func(w io.Writer) error {
		return printLanes(w, &lanes{Gate: wire.GateShut, Stalled: "disk_full", Lanes: wire.Lanes{
			VIP:    wire.LaneState{Waiting: 1000, Active: 50, Delayed: 1, Completed: 20, Failed: 3, Removed: 4, Blocks: wire.BlockCounts{Ready: 20, Claimed: 2, Delayed: 1}},
			Normal: wire.LaneState{Waiting: 1_000_000, Blocks: wire.BlockCounts{Ready: 4000}},
		}})
	})
	golden(t, "workers", func(w io.Writer) error {
		return printWorkers(w, []wire.Worker{
			{ID: "worker-1", State: wire.WorkerWorking, Lane: new("VIP"), RunID: &run.ID, OrderID: new("01a2076b-4400-7000-8000-070000000001"), Orders: 1250, Since: wire.At(now)},
			{ID: "worker-2", State: wire.WorkerIdle, Since: wire.At(now)},
		})
	})
}

func TestMembersView(t *testing.T) {
	t.Parallel()
	_, _, now := someRun(order.WaitingVIPDrain)
	golden(t, "members", func(w io.Writer) error {
		return printMembers(w, []wire.Member{
			{Node: "api-1", Role: "serve", Host: "h1", PID: 7, Version: "v1.2.3", Addr: "127.0.0.1:3000", Workers: 25, InHand: 3, SeenAt: wire.At(now), Alive: true, Coordinator: true},
			{Node: "h2-4711", Role: "worker", Host: "h2", PID: 4711, Version: "v1.2.3", Workers: 1000, SeenAt: wire.At(now), Alive: true},
			{Node: "h3\x1b[2J-1", Role: "worker", Host: "h3", PID: 1, Version: "v1.2.2", Workers: 50, InHand: 50, SeenAt: wire.At(now.Add(-time.Minute))},
		})
	})
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
