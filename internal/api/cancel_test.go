package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

func TestCancelWithNothingActive(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	want := wire.Cancelled{Message: "no run is active"}
	for _, when := range []string{"before any run", "after the run's end"} {
		got := read[wire.Cancelled](t, f.post("/pedidos/cancel?resetLogs=true"), http.StatusOK)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
		f.started(4)
		read[wire.Cancelled](t, f.post("/cancel"), http.StatusOK)
	}
	if f.logs.resets != 0 {
		t.Errorf("logs were reset %d times, want never", f.logs.resets)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	zero := int64(0)
	tests := []struct {
		query      string
		want       wire.Cancelled
		phase      order.Phase
		pending    int64
		wait       time.Duration
		logsResets int
	}{
		{"", wire.Cancelled{Aborted: true, RemovedPending: 35, Purged: true, WaitedForStopMs: &zero}, order.Failed, 0, 10 * time.Second, 0},
		{"?removePending=false", wire.Cancelled{Aborted: true, Purged: true, WaitedForStopMs: &zero}, order.Failed, 35, 10 * time.Second, 0},
		{"?purge=false", wire.Cancelled{Aborted: true, RemovedPending: 35, WaitedForStopMs: &zero}, order.Failed, 0, 10 * time.Second, 0},
		{"?resetLogs=true", wire.Cancelled{Aborted: true, RemovedPending: 35, Purged: true, LogsReset: true, WaitedForStopMs: &zero}, order.Failed, 0, 10 * time.Second, 1},
		{"?resetPhaseToIdle=true", wire.Cancelled{Aborted: true, RemovedPending: 35, Purged: true, WaitedForStopMs: &zero}, order.Idle, 0, 10 * time.Second, 0},
		{"?waitTimeoutMs=0&pollIntervalMs=1", wire.Cancelled{Aborted: true, RemovedPending: 35, Purged: true, WaitedForStopMs: &zero}, order.Failed, 0, 0, 0},
		{"?waitTimeoutMs=60000", wire.Cancelled{Aborted: true, RemovedPending: 35, Purged: true, WaitedForStopMs: &zero}, order.Failed, 0, time.Minute, 0},
	}
	for _, test := range tests {
		t.Run(test.query, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, nil)
			test.want.RunID = f.started(40).ID
			f.settle(order.Processed)
			got := read[wire.Cancelled](t, f.post("/pedidos/cancel"+test.query), http.StatusOK)
			if got.Message == "" {
				t.Error("no message")
			}
			got.Message = ""
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			s := read[wire.Status](t, f.get("/pedidos"), http.StatusOK)
			if s.Phase != test.phase || !s.Aborted || s.Paused || s.Error == nil || s.Error.Kind != "cancelled" {
				t.Errorf("status = %v, aborted %v, paused %v, error %+v; want %v, true, false, cancelled",
					s.Phase, s.Aborted, s.Paused, s.Error, test.phase)
			}
			if s.Counts.Total != 5 || s.Counts.Pending != test.pending {
				t.Errorf("processed %d, pending %d; want 5, %d", s.Counts.Total, s.Counts.Pending, test.pending)
			}
			if f.pipe.waited != test.wait || f.logs.resets != test.logsResets {
				t.Errorf("waited %v, %d resets of the logs; want %v, %d", f.pipe.waited, f.logs.resets, test.wait, test.logsResets)
			}
			row := read[wire.Run](t, f.get("/pedidos/runs/"+test.want.RunID.String()), http.StatusOK)
			if row.Phase != order.Failed || row.Status != wire.RunCancelled {
				t.Errorf("the run's row = %v, %q; want ERROR, cancelled", row.Phase, row.Status)
			}
		})
	}
}

// How long a call waited is no part of an answer that may be given again.
func TestWaitIsLeftOutOfRepeatableAnswers(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.started(4)
	got := read[wire.Cancelled](t, f.post("/pedidos/cancel", key, "k"), http.StatusOK)
	if !got.Aborted || got.WaitedForStopMs != nil {
		t.Errorf("answer = %+v, want aborted and no waitedForStopMs", got)
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/pedidos/reset", "/reset"} {
		f := newFixture(t, nil)
		f.started(40)
		f.settle(order.Processed)
		read[wire.Paused](t, f.post("/pedidos/queue/pause"), http.StatusOK)
		got := read[wire.WasReset](t, f.post(path), http.StatusOK)
		want := wire.WasReset{
			Message:       "everything was reset; deleted orders: 40, deleted runs: 1",
			DeletedOrders: 40, DeletedRuns: 1, QueueCleared: 35,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("POST %s (-want +got):\n%s", path, diff)
		}
		s := read[wire.Status](t, f.get("/pedidos"), http.StatusOK)
		if s.Phase != order.Idle || s.Generated != 0 || !s.LastRunID.IsZero() || s.Paused {
			t.Errorf("status after POST %s = %+v, want that of an empty store", path, s)
		}
		if page := read[wire.RunPage](t, f.get("/pedidos/runs"), http.StatusOK); page.Count != 0 {
			t.Errorf("runs after POST %s = %d, want 0", path, page.Count)
		}
		if f.logs.resets != 1 {
			t.Errorf("POST %s reset the logs %d times, want once", path, f.logs.resets)
		}
	}
}

func TestProcessDoesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.started(4)
	got := read[wire.Message](t, f.post("/pedidos/process"), http.StatusOK)
	if got.Message == "" {
		t.Error("no message")
	}
	if f.pipe.calls != 0 || f.queue.calls != 0 {
		t.Errorf("%d calls of the pipeline, %d of the queue; want none", f.pipe.calls, f.queue.calls)
	}
}
