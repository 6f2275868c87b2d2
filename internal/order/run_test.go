package order_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
)

func TestWeightsValidate(t *testing.T) {
	t.Parallel()
	const tooLarge = "invalid: tier weight 1000001; allowed: 0 to 1000000"
	tests := []struct {
		weights order.Weights
		want    string // empty: valid
	}{
		{order.Weights{25, 25, 25, 25}, ""},
		{order.Weights{0, 0, 0, 1}, ""},
		{order.Weights{1, 0, 0, 0}, ""},
		{order.Weights{1_000_000, 1_000_000, 1_000_000, 1_000_000}, ""},
		{order.Weights{}, "invalid: all tier weights are 0; at least one must not be"},
		{order.Weights{1_000_001, 0, 0, 0}, tooLarge},
		{order.Weights{1, 1, 1, 1_000_001}, tooLarge},
		{order.Weights{math.MaxUint32, 1, 0, 0}, "invalid: tier weight 4294967295; allowed: 0 to 1000000"},
	}
	for _, test := range tests {
		err := test.weights.Validate()
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%v.Validate() = %v, want nil", test.weights, err)
		case test.want != "" && (!errors.Is(err, order.ErrInvalid) || err.Error() != test.want):
			t.Errorf("%v.Validate() = %v, want %s", test.weights, err, test.want)
		}
	}
}

// fullRun is a run with no field left at its zero value.
func fullRun() order.Run {
	run := order.Run{
		ID:    order.NewRunID(rfcMillis, rfcTag),
		Epoch: 3,
		Spec: order.Spec{
			Kind: order.Imported, Target: 1000, Seed: math.MaxUint64, Weights: order.Weights{1, 2, 3, 4}, Source: "orders.csv",
			Work:      order.Work{Handler: "simulate", Delay: 2 * time.Millisecond, Failures: 0.01, Attempts: 3},
			ChunkSize: 100, BlockSize: 10, Strict: true, Forced: true,
		},
		Phase:    order.Failed,
		Accepted: accepted,
		Ended:    accepted.Add(time.Minute),
		Failure:  &order.Failure{Kind: order.FailureCancelled, Message: "by request"},
		ShowIdle: true,
		Cursor:   order.Cursor{Next: 500, Offset: 12_345, Line: 537, Hash: "c0ffee", Reject: 37, End: true},
		Enqueued: [order.PriorityCount]uint64{500, 250},
		Generate: 900 * time.Millisecond,
		Enqueue:  [order.PriorityCount]time.Duration{30 * time.Millisecond, 40 * time.Millisecond},
		Gaps:     []order.Gap{{From: accepted.Add(time.Second), To: accepted.Add(2 * time.Second)}},
		Void:     true,
		Inert:    true,
	}
	for p := range run.Entered {
		run.Entered[p] = accepted.Add(time.Duration(p) * time.Second)
	}
	return run
}

// Stores keep runs as JSON: nothing may get lost on the way, and nothing be renamed.
func TestRunSurvivesJSON(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]order.Run{
		"full": fullRun(),
		"new":  {ID: order.NewRunID(rfcMillis, 0), Spec: order.Spec{Kind: order.Generated, Target: 1}, Phase: order.Generating, Accepted: accepted},
	} {
		encoded, err := json.Marshal(want)
		if err != nil {
			t.Fatalf("Marshal(%s run) = %v", name, err)
		}
		var got order.Run
		if err := json.Unmarshal(encoded, &got); err != nil {
			t.Fatalf("Unmarshal(%s) = %v", encoded, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s run after JSON (-want +got):\n%s", name, diff)
		}
	}
}

func TestRunFieldNames(t *testing.T) {
	t.Parallel()
	const want = `{"id":"017f22e2-79b0-7cc3-98c4-dcffffffffff","epoch":3,` +
		`"spec":{"kind":"imported","target":1000,"seed":18446744073709551615,"weights":[1,2,3,4],"source":"orders.csv",` +
		`"work":{"handler":"simulate","delay":2000000,"failures":0.01,"attempts":3},"chunkSize":100,"blockSize":10,"strict":true,"forced":true},` +
		`"phase":"ERROR","accepted":"2026-11-23T08:00:00Z",` +
		`"entered":["2026-11-23T08:00:00Z","2026-11-23T08:00:01Z","2026-11-23T08:00:02Z","2026-11-23T08:00:03Z",` +
		`"2026-11-23T08:00:04Z","2026-11-23T08:00:05Z","2026-11-23T08:00:06Z","2026-11-23T08:00:07Z"],` +
		`"ended":"2026-11-23T08:01:00Z","failure":{"kind":"cancelled","message":"by request"},"showIdle":true,` +
		`"cursor":{"next":500,"offset":12345,"line":537,"hash":"c0ffee","reject":37,"end":true},"enqueued":[500,250],` +
		`"generate":900000000,"enqueue":[30000000,40000000],` +
		`"gaps":[{"from":"2026-11-23T08:00:01Z","to":"2026-11-23T08:00:02Z"}],"void":true,"inert":true}`
	got, err := json.Marshal(fullRun())
	if err != nil || string(got) != want {
		t.Errorf("Marshal(run), %v (-want +got):\n%s", err, cmp.Diff(want, string(got)))
	}
}

func TestRunActive(t *testing.T) {
	t.Parallel()
	for p := range order.Phase(order.PhaseCount) {
		run := order.Run{Phase: p}
		if got := run.Active(); got != p.Active() {
			t.Errorf("Active() of a run in %v = %v, want %v", p, got, p.Active())
		}
	}
}

func TestRunCancelled(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]bool{"cancelled": true, "source": false, "": false, "Cancelled": false} {
		run := order.Run{Phase: order.Failed, Failure: &order.Failure{Kind: kind}}
		if got := run.Cancelled(); got != want {
			t.Errorf("Cancelled() of a run that failed of %q = %v, want %v", kind, got, want)
		}
	}
	if run := (order.Run{Phase: order.Done}); run.Cancelled() {
		t.Error("Cancelled() of a run without a failure = true, want false")
	}
}

func TestWallClock(t *testing.T) {
	t.Parallel()
	now := accepted.Add(time.Hour)
	tests := []struct {
		name  string
		ended time.Time
		now   time.Time
		want  time.Duration
	}{
		{"under way", time.Time{}, now, time.Hour},
		{"ended", accepted.Add(time.Minute), now, time.Minute},
		{"ended at once", accepted, now, 0},
		{"the clock was set back", time.Time{}, accepted.Add(-time.Second), 0},
		{"ended before it began, by another clock", accepted.Add(-time.Second), now, 0},
	}
	for _, test := range tests {
		run := order.Run{Accepted: accepted, Ended: test.ended}
		if got := run.WallClock(test.now); got != test.want {
			t.Errorf("%s: WallClock() = %v, want %v", test.name, got, test.want)
		}
	}
}
