package api_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/api"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

func (f *fixture) counts() wire.QueueCounts {
	f.t.Helper()
	return read[wire.QueueCounts](f.t, f.get("/pedidos/queue/status"), http.StatusOK)
}

func TestQueueStatusCountsOrders(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.started(80)
	f.settle(order.Processed)
	f.settle(order.Dead)
	f.settle(order.Pending) // to be tried again in a minute
	if _, _, err := f.store.Claim(t.Context(), "test", f.clock.Now(), 1); err != nil {
		t.Fatal(err)
	}
	want := wire.QueueCounts{Waiting: 60, Active: 5, Completed: 5, Failed: 5, Delayed: 5}
	for _, path := range []string{"/pedidos/queue/status", "/queue/counts"} {
		if diff := cmp.Diff(want, read[wire.QueueCounts](t, f.get(path), http.StatusOK)); diff != "" {
			t.Errorf("GET %s (-want +got):\n%s", path, diff)
		}
	}
}

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	for range 2 { // both may be repeated
		if got := read[wire.Paused](t, f.post("/pedidos/queue/pause?global=true"), http.StatusOK); !got.Paused || !got.Global {
			t.Errorf("pause = %+v, want paused and global", got)
		}
		if !f.counts().Paused || !read[wire.Status](t, f.get("/pedidos"), http.StatusOK).Paused {
			t.Error("not shown as paused")
		}
	}
	for range 2 {
		if got := read[wire.Resumed](t, f.post("/pedidos/queue/resume"), http.StatusOK); !got.Resumed {
			t.Errorf("resume = %+v, want resumed", got)
		}
		if f.counts().Paused || read[wire.Status](t, f.get("/pedidos"), http.StatusOK).Paused {
			t.Error("still shown as paused")
		}
	}
}

func TestCloseCanBeUndone(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	if got := read[wire.Closed](t, f.post("/pedidos/queue/close"), http.StatusOK); !got.Closed || !f.counts().Paused {
		t.Errorf("close = %+v, paused %v; want closed and paused", got, f.counts().Paused)
	}
	read[wire.Resumed](t, f.post("/pedidos/queue/resume"), http.StatusOK)
	if f.counts().Paused {
		t.Error("still paused after resume")
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	tests := []struct {
		query   string
		removed int64
		state   string
		left    wire.QueueCounts
	}{
		{"", 60, "wait", wire.QueueCounts{Active: 5, Completed: 5, Failed: 5, Delayed: 5}},
		{"?state=wait&limit=7", 7, "wait", wire.QueueCounts{Waiting: 53, Active: 5, Completed: 5, Failed: 5, Delayed: 5}},
		{"?state=waiting&limit=0", 60, "waiting", wire.QueueCounts{Active: 5, Completed: 5, Failed: 5, Delayed: 5}},
		{"?state=active", 5, "active", wire.QueueCounts{Waiting: 60, Completed: 5, Failed: 5, Delayed: 5}},
		{"?state=delayed", 5, "delayed", wire.QueueCounts{Waiting: 60, Active: 5, Completed: 5, Failed: 5}},
		{"?state=failed", 5, "failed", wire.QueueCounts{Waiting: 60, Active: 5, Completed: 5, Delayed: 5}},
		{"?state=completed", 5, "completed", wire.QueueCounts{Waiting: 60, Active: 5, Failed: 5, Delayed: 5}},
		{"?state=failed&grace=3600000", 0, "failed", wire.QueueCounts{Waiting: 60, Active: 5, Completed: 5, Failed: 5, Delayed: 5}},
	}
	for _, test := range tests {
		t.Run(test.query, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, nil)
			f.mixed()
			before := f.counts()
			dry := read[wire.Cleaned](t, f.post("/pedidos/queue/clean"+test.query+join(test.query)+"dryRun=true"), http.StatusOK)
			if want := (wire.Cleaned{Removed: test.removed, State: test.state, DryRun: true}); dry != want || f.counts() != before {
				t.Errorf("dry run of clean = %+v, counts %+v; want %+v and nothing done", dry, f.counts(), want)
			}
			got := read[wire.Cleaned](t, f.post("/pedidos/queue/clean"+test.query), http.StatusOK)
			if want := (wire.Cleaned{Removed: test.removed, State: test.state}); got != want {
				t.Errorf("clean = %+v, want %+v", got, want)
			}
			if diff := cmp.Diff(test.left, f.counts()); diff != "" {
				t.Errorf("what is left (-want +got):\n%s", diff)
			}
		})
	}
}

// mixed has five orders in each state but waiting, which has sixty.
func (f *fixture) mixed() {
	f.t.Helper()
	f.started(80)
	f.settle(order.Processed)
	f.settle(order.Dead)
	f.settle(order.Pending)
	if claims, _, err := f.store.Claim(f.t.Context(), "test", f.clock.Now(), 1); err != nil || len(claims) != 1 {
		f.t.Fatalf("Claim = %v, %v, want one", claims, err)
	}
}

func TestPurge(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]wire.Purged{
		"":                  {Purged: true, Removed: 70},
		"?obliterate=false": {Purged: true, Removed: 70},
		"?obliterate=true":  {Purged: true, Removed: 75, Obliterate: true},
	} {
		f := newFixture(t, nil)
		f.mixed()
		before := f.counts()
		dry := read[wire.Purged](t, f.post("/pedidos/queue/purge"+query+join(query)+"dryRun=true"), http.StatusOK)
		if want := (wire.Purged{Removed: want.Removed, Obliterate: want.Obliterate, DryRun: true}); dry != want || f.counts() != before {
			t.Errorf("dry run of purge%s = %+v, counts %+v; want %+v and nothing done", query, dry, f.counts(), want)
		}
		if got := read[wire.Purged](t, f.post("/pedidos/queue/purge"+query), http.StatusOK); got != want {
			t.Errorf("purge%s = %+v, want %+v", query, got, want)
		}
		left := wire.QueueCounts{Completed: 5, Failed: 5}
		if want.Obliterate {
			left.Failed = 0
		}
		if got := f.counts(); got != left {
			t.Errorf("left after purge%s = %+v, want %+v", query, got, left)
		}
	}
}

func TestRetryFailed(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.mixed()
	if got := read[wire.Retried](t, f.post("/pedidos/queue/retry-failed?limit=2"), http.StatusOK).Retried; got != 2 {
		t.Errorf("retried = %d, want 2", got)
	}
	if got := read[wire.Retried](t, f.post("/pedidos/queue/retry-failed"), http.StatusOK).Retried; got != 3 {
		t.Errorf("retried = %d, want the other 3", got)
	}
	if got := f.counts(); got.Failed != 0 || got.Waiting+got.Delayed != 70 {
		t.Errorf("counts = %+v, want no failed and 70 that wait", got)
	}
}

func TestRecoverStuck(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	for query, limit := range map[string]int{"": 100, "?maxJobs=3": 3} {
		got := read[wire.Recovered](t, f.post("/pedidos/queue/recover-stuck"+query), http.StatusOK)
		if got.Recovered != 7 || got.Message == "" || f.queue.limit != limit {
			t.Errorf("recover-stuck%s = %+v with limit %d, want 7 with limit %d", query, got, f.queue.limit, limit)
		}
	}
}

func TestJobs(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.mixed()
	tests := []struct {
		query  string
		types  []string
		within wire.Range
		states []string // of the jobs, each once, in order
		total  int
	}{
		{"", []string{"waiting"}, wire.Range{Start: 0, End: 50}, []string{"waiting"}, 51},
		{"?types=wait", []string{"wait"}, wire.Range{Start: 0, End: 50}, []string{"waiting"}, 51},
		{"?types=active,failed&start=0&end=100", []string{"active", "failed"}, wire.Range{Start: 0, End: 100}, []string{"active", "failed"}, 10},
		{"?types=active&types=failed,active", []string{"active", "failed"}, wire.Range{Start: 0, End: 50}, []string{"active", "failed"}, 10},
		{"?types=waiting&start=58&end=59", []string{"waiting"}, wire.Range{Start: 58, End: 59}, []string{"waiting"}, 2},
		{"?types=waiting&start=60", []string{"waiting"}, wire.Range{Start: 60, End: 110}, nil, 0},
		{"?types=completed,delayed&end=5000", []string{"completed", "delayed"}, wire.Range{Start: 0, End: 1000}, []string{"completed", "delayed"}, 10},
	}
	for _, test := range tests {
		got := read[wire.JobList](t, f.get("/pedidos/queue/jobs"+test.query), http.StatusOK)
		var states []string
		for _, job := range got.Jobs {
			if len(states) == 0 || states[len(states)-1] != job.State {
				states = append(states, job.State)
			}
			if job.Name != "processOrder" || job.Data == nil || job.Data.ID != job.ID || job.Timestamp == 0 {
				t.Errorf("%s: job = %+v, want processOrder with its order", test.query, job)
			}
			if job.State == "active" && job.ProcessedOn == 0 || job.State == "delayed" && job.DelayedUntil == 0 ||
				job.State == "completed" && job.FinishedOn == 0 || job.State == "failed" && job.FailedReason != "boom" {
				t.Errorf("%s: job = %+v lacks what its state has", test.query, job)
			}
		}
		if got.Total != test.total || got.Total != len(got.Jobs) || got.Range != test.within {
			t.Errorf("%s: %d jobs, total %d, range %+v; want %d of %+v", test.query, len(got.Jobs), got.Total, got.Range, test.total, test.within)
		}
		if diff := cmp.Diff([][]string{test.types, test.states}, [][]string{got.Types, states}); diff != "" {
			t.Errorf("%s: types and states (-want +got):\n%s", test.query, diff)
		}
	}
	bare := read[wire.JobList](t, f.get("/pedidos/queue/jobs?includeData=false"), http.StatusOK)
	if len(bare.Jobs) == 0 || bare.Jobs[0].Data != nil {
		t.Errorf("includeData=false: %d jobs, data %v; want some without", len(bare.Jobs), bare.Jobs[0].Data)
	}
}

func TestDiagnostics(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	empty := read[wire.Diagnostics](t, f.get("/diagnostics/queue"), http.StatusOK)
	if empty.Persisted != nil || empty.HasActiveGeneration || empty.Workers != 25 {
		t.Errorf("before any run = %+v, want nothing persisted and 25 workers", empty)
	}
	if empty.Gate != wire.GateOpen || len(empty.WorkerList) != 0 {
		t.Errorf("before any run: gate %q, workers %v; want it open and none", empty.Gate, empty.WorkerList)
	}
	f.mixed()
	busy := api.Activity{Worker: "worker-2", Run: order.NewRunID(1, 1), Lane: order.Normal, Left: 3, Since: f.clock.Now()}
	f.queue.activity = []api.Activity{{Worker: "worker-1"}, busy, busy}
	f.queue.activity[2].Order = busy.Run.Key(7)
	got := read[wire.Diagnostics](t, f.get("/diagnostics/queue"), http.StatusOK)
	if got.Persisted == nil || !got.HasActiveGeneration || got.MemoryPhase != order.Generating || len(got.SampleJobs) != 70 {
		t.Errorf("during a run = %+v with %d jobs, want GENERATING with 70", got.Persisted, len(got.SampleJobs))
	}
	if got.Counts != f.counts() {
		t.Errorf("counts = %+v, want those of the queue %+v", got.Counts, f.counts())
	}
	wantLanes := wire.Lanes{
		VIP:    wire.LaneState{Active: 5, Completed: 5, Failed: 5, Delayed: 5, Blocks: wire.BlockCounts{Claimed: 1, Delayed: 1}},
		Normal: wire.LaneState{Waiting: 60},
	}
	if diff := cmp.Diff(wantLanes, got.Lanes); diff != "" || got.Gate != wire.GateShut {
		t.Errorf("gate %q, want it shut; lanes (-want +got):\n%s", got.Gate, diff)
	}
	worker := wire.Worker{
		ID: "worker-2", State: "working", Lane: new("NORMAL"), RunID: &busy.Run, Orders: 3, Since: wire.At(busy.Since),
	}
	handling := worker
	handling.OrderID = new(busy.Run.Key(7).String())
	if diff := cmp.Diff([]wire.Worker{{ID: "worker-1", State: "idle"}, worker, handling}, got.WorkerList); diff != "" {
		t.Errorf("workers (-want +got):\n%s", diff)
	}
}
