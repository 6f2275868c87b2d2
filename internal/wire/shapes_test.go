package wire_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

func anOrder(status order.Status) *order.Order {
	o := &order.Order{
		Key:       runID().Key(41),
		Customer:  "Cliente 41",
		Amount:    1234_50,
		Tier:      order.Diamond,
		Note:      "Compra em lote",
		CreatedAt: at(12),
	}
	switch status {
	case order.Processed:
		o.Attempts = 1
		o.Process(at(900))
	case order.Dead:
		o.Ref, o.Tier, o.Attempts = "ORD-7", order.Gold, 3
		o.Kill(at(900), "handler: boom")
	}
	return o
}

func TestNewOrder(t *testing.T) {
	t.Parallel()
	golden(t, "order-pendente", wire.NewOrder(anOrder(order.Pending)))
	golden(t, "order-processado", wire.NewOrder(anOrder(order.Processed)))
	golden(t, "order-falhou", wire.NewOrder(anOrder(order.Dead)))
}

func TestNewJob(t *testing.T) {
	t.Parallel()
	waiting := wire.NewJob(anOrder(order.Pending), "waiting", 0)
	data := wire.NewOrder(anOrder(order.Pending))
	waiting.Data = &data
	active := wire.NewJob(anOrder(order.Pending), "active", 1)
	active.ProcessedOn = wire.Millis(at(800))
	delayed := wire.NewJob(anOrder(order.Pending), "delayed", 2)
	delayed.DelayedUntil = wire.Millis(at(2800))
	golden(t, "jobs", wire.JobList{
		Total: 5,
		Types: []string{"waiting", "active", "delayed", "completed", "failed"},
		Range: wire.Range{Start: 0, End: 50},
		Jobs: []wire.Job{
			waiting, active, delayed,
			wire.NewJob(anOrder(order.Processed), "completed", 1),
			wire.NewJob(anOrder(order.Dead), "failed", 3),
		},
	})
}

func TestNewQueueCounts(t *testing.T) {
	t.Parallel()
	c := counts(
		order.LaneCounts{Waiting: 1, Claimed: 20, Processed: 300, Dead: 4000, Delayed: 50_000, Removed: 9},
		order.LaneCounts{Waiting: 2, Claimed: 10, Processed: 500, Dead: 6000, Delayed: 40_000, Removed: 9})
	golden(t, "queue-counts", wire.NewQueueCounts(&c, 100, true))
	if got := wire.NewQueueCounts(&c, 801, false).Completed; got != 0 {
		t.Errorf("completed with more hidden than processed = %d, want 0", got)
	}
}

func TestNewRun(t *testing.T) {
	t.Parallel()
	done := runIn(order.Done)
	done.Gaps = []order.Gap{{From: at(3200), To: at(3500)}}
	golden(t, "run-done", wire.NewRun(done, counts(vipDone(), normalDone()), at(9000)))
	failed := failIn(order.Generating, 700, "input_lost", "the pipe ended")
	failed.Spec.Kind, failed.Spec.Source, failed.Spec.Target = order.Imported, "orders.csv", 0
	failed.Cursor = order.Cursor{Next: 400, Line: 437, Reject: 37}
	golden(t, "run-failed", wire.NewRun(failed, counts(untouched(100), untouched(300)), at(9000)))
}

// A run that ended without being done is void, whatever the reason; it was cancelled
// only if that is the reason.
func TestRunStatus(t *testing.T) {
	t.Parallel()
	for run, want := range map[*order.Run]string{
		runIn(order.Generating): wire.RunRunning,
		runIn(order.Done):       wire.RunCompleted,
	} {
		if got := wire.NewRun(run, order.Counts{}, at(9000)); got.Status != want || got.Aborted || got.Error != nil {
			t.Errorf("a run in %v = %q, aborted %v, error %v, want %q", run.Phase, got.Status, got.Aborted, got.Error, want)
		}
	}
	for kind, want := range map[string]string{
		order.FailureCancelled: wire.RunCancelled,
		"source":               wire.RunFailed,
		"input_lost":           wire.RunFailed,
		"refused":              wire.RunFailed,
		"check":                wire.RunFailed,
	} {
		for _, kept := range []bool{false, true} {
			run := failIn(order.Generating, 700, kind, "why")
			run.Void, run.Inert = true, kept
			got := wire.NewRun(run, counts(untouched(100), untouched(300)), at(9000))
			if cancelled := want == wire.RunCancelled; got.Status != want || got.Aborted != cancelled || got.Error.Kind != kind {
				t.Errorf("a run that failed of %s = %q, aborted %v, error %+v, want %q", kind, got.Status, got.Aborted, got.Error, want)
			}
		}
	}
}

// A shape without a run decodes like one with a run.
func TestNoRunComesBack(t *testing.T) {
	t.Parallel()
	for _, shape := range []any{&wire.Started{}, &wire.Run{}, &wire.Order{Tier: "GOLD"}, &wire.Cancelled{}, &wire.Status{}, &wire.Problem{}} {
		encoded := encode(t, shape)
		back := reflect.New(reflect.TypeOf(shape).Elem()).Interface()
		if err := json.Unmarshal(encoded, back); err != nil {
			t.Errorf("decode %T without a run: %v", shape, err)
			continue
		}
		if diff := cmp.Diff(shape, back); diff != "" {
			t.Errorf("%T without a run, decoded (-want +got):\n%s", shape, diff)
		}
	}
}

func TestNewLogs(t *testing.T) {
	t.Parallel()
	s := wire.NewStatus(runIn(order.WaitingNormalDrain), counts(vipDone(), normalHalf()), at(4300))
	c := counts(vipDone(), normalHalf())
	golden(t, "logs", wire.NewLogs(&s, wire.NewQueueCounts(&c, 0, false), []string{"a", "b"}, nil, []string{"c"}))
}

func aDeadLetter() wire.DeadLetter {
	return wire.DeadLetter{
		Order: wire.NewOrder(anOrder(order.Dead)), Group: "handler: boom", Attempts: 3,
		FirstFailure: wire.At(at(300)), LastFailure: wire.At(at(900)), Redriven: 1,
	}
}

func TestListings(t *testing.T) {
	t.Parallel()
	golden(t, "orders", wire.OrderPage{
		Limit: 2, Count: 2, NextCursor: runID().Key(41).String(), Examined: 9,
		Orders: []wire.Order{wire.NewOrder(anOrder(order.Pending)), wire.NewOrder(anOrder(order.Processed))},
	})
	golden(t, "orders-none", wire.OrderPage{Limit: 50, Orders: []wire.Order{}})
	golden(t, "dead-letters", wire.DeadLetterPage{
		Limit: 1, Count: 1, DeadLetters: []wire.DeadLetter{aDeadLetter()}, NextCursor: runID().Key(41).String(), Total: 7,
	})
	golden(t, "dead-letter-groups", wire.DeadLetterGroups{
		Count: 1, Total: 12_000, Examined: 10_000,
		Groups: []wire.DeadLetterGroup{{
			Group: "timeout after <n>", Count: 10_000, First: wire.At(at(300)), Last: wire.At(at(900)), Example: "timeout after 3s",
		}},
	})
}

func TestStory(t *testing.T) {
	t.Parallel()
	letter := aDeadLetter()
	golden(t, "story", wire.Story{
		Order: letter.Order,
		Events: []wire.StoryEvent{
			{At: wire.At(epoch), Kind: wire.StoryAccepted, Text: "a"},
			{Kind: wire.StoryRedriven, Text: "r"},
			{At: wire.At(at(900)), Kind: wire.StoryDead, Text: "d", Attempts: 3},
		},
		DeadLetter: &letter,
	})
}

func TestReplies(t *testing.T) {
	t.Parallel()
	waited := int64(12)
	golden(t, "started", wire.Started{Message: "m", Phase: order.Generating, RunID: runID(), Forced: true, StaleRecovered: true, StaleReason: "r"})
	golden(t, "cancelled", wire.Cancelled{Aborted: true, RemovedPending: 450, Purged: true, Message: "m", RunID: runID(), WaitedForStopMs: &waited})
	golden(t, "cancelled-none", wire.Cancelled{Message: "m"})
	golden(t, "reset", wire.WasReset{Message: "m", DeletedOrders: 3, DeletedRuns: 2, QueueCleared: 1})
	golden(t, "cleaned", wire.Cleaned{Removed: 4, State: "wait", DryRun: true})
	golden(t, "purged", wire.Purged{Removed: 4, Obliterate: true, DryRun: true})
	golden(t, "dead-letters-retried", wire.DeadLettersRetried{Retried: 4, Message: "m"})
	golden(t, "dead-letters-discarded", wire.DeadLettersDiscarded{Discarded: 4, DryRun: true, Message: "m"})
	problem := wire.NewProblem("/problems/run-active", 409, "A run is active", "run x is active")
	problem.RunID = runID()
	problem.Errors = []wire.Fault{{Parameter: "quantity", Value: "１", Allowed: "a whole number from 1 to 10"}}
	golden(t, "problem", problem)
}

func TestProblemIsAnError(t *testing.T) {
	t.Parallel()
	p := wire.NewProblem("/problems/x", 404, "Not found", "no such order")
	var err error = &p
	if err.Error() != "no such order" {
		t.Errorf("Error() = %q, want the detail", err)
	}
	p.Detail = ""
	if err.Error() != "Not found" {
		t.Errorf("Error() = %q, want the title where there is no detail", err)
	}
}

func TestStatusNames(t *testing.T) {
	t.Parallel()
	for _, s := range []order.Status{order.Pending, order.Processed, order.Dead, order.Removed} {
		got, err := wire.ParseStatus(wire.StatusName(s))
		if err != nil || got != s {
			t.Errorf("ParseStatus(%q) = %v, %v, want %v", wire.StatusName(s), got, err, s)
		}
	}
	for _, bad := range []string{"", "PENDENTE", "pending", "processado "} {
		if _, err := wire.ParseStatus(bad); !errors.Is(err, order.ErrInvalid) {
			t.Errorf("ParseStatus(%q) = %v, want ErrInvalid", bad, err)
		}
	}
}
