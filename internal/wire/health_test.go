package wire_test

import (
	"testing"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

func TestNewQueueHealth(t *testing.T) {
	t.Parallel()
	c := counts(vipDone(), normalHalf())
	golden(t, "health", wire.NewQueueHealth(runIn(order.WaitingNormalDrain), c, wire.NewQueueCounts(&c, 0, false), at(4300)))
	golden(t, "health-none", wire.NewQueueHealth(nil, order.Counts{}, wire.QueueCounts{}, at(0)))
	golden(t, "health-unhealthy", wire.NewUnhealthy("the store does not answer", at(0)))
}

func TestHealthStatus(t *testing.T) {
	t.Parallel()
	cancelled := failIn(order.EnqueueVIP, 5, order.FailureCancelled, "")
	shown := failIn(order.EnqueueVIP, 5, order.FailureCancelled, "")
	shown.ShowIdle = true
	tests := []struct {
		name  string
		run   *order.Run
		queue wire.QueueCounts
		want  string
	}{
		{"nothing ever ran", nil, wire.QueueCounts{}, wire.Healthy},
		{"a hundred dead letters", runIn(order.Done), wire.QueueCounts{Failed: 100}, wire.Healthy},
		{"one more", runIn(order.Done), wire.QueueCounts{Failed: 101}, wire.Degraded},
		{"paused overrules degraded", runIn(order.Done), wire.QueueCounts{Failed: 101, Paused: true}, wire.OnHold},
		{"aborted overrules paused", cancelled, wire.QueueCounts{Paused: true}, wire.Aborted},
		{"error overrules paused", failIn(order.EnqueueVIP, 5, "source", ""), wire.QueueCounts{Paused: true}, wire.InError},
		{"an abort that shows IDLE is over", shown, wire.QueueCounts{}, wire.Healthy},
	}
	for _, test := range tests {
		if got := wire.NewQueueHealth(test.run, order.Counts{}, test.queue, at(9000)).Status; got != test.want {
			t.Errorf("%s: status = %q, want %q", test.name, got, test.want)
		}
	}
}

func TestIsStuck(t *testing.T) {
	t.Parallel()
	resumed := runIn(order.WaitingNormalDrain)
	resumed.Gaps = []order.Gap{{From: at(3700), To: at(60_000)}}
	onlyRetries := order.LaneCounts{Generated: 750, Processed: 725, Delayed: 25, First: at(3100), Last: at(3700)}
	oneInHand := order.LaneCounts{Generated: 750, Processed: 725, Delayed: 24, Claimed: 1, First: at(3100), Last: at(3700)}
	tests := []struct {
		name   string
		run    *order.Run
		counts order.Counts
		paused bool
		now    int64
		want   bool
	}{
		{"only retries remain, and they are not due", runIn(order.WaitingNormalDrain), counts(vipDone(), onlyRetries), false, 99_000, false},
		{"NORMAL waits for VIP retries", runIn(order.WaitingVIPDrain), counts(onlyRetries, untouched(9)), false, 99_000, false},
		{"a handler has not come back", runIn(order.WaitingNormalDrain), counts(vipDone(), oneInHand), false, 99_000, true},
		{"no run", nil, order.Counts{}, false, 99_000, false},
		{"settled a minute ago", runIn(order.WaitingNormalDrain), counts(vipDone(), normalHalf()), false, 64_000, true},
		{"settled a moment less ago", runIn(order.WaitingNormalDrain), counts(vipDone(), normalHalf()), false, 63_999, false},
		{"paused on purpose", runIn(order.WaitingNormalDrain), counts(vipDone(), normalHalf()), true, 99_000, false},
		{"resumed after a restart", resumed, counts(vipDone(), normalHalf()), false, 64_000, false},
		{"generating, and no order is VIP", runIn(order.Generating), counts(order.LaneCounts{}, untouched(900)), false, 99_000, false},
		{"generating, and VIP orders wait", runIn(order.Generating), counts(untouched(9), untouched(900)), false, 99_000, true},
		{"done", runIn(order.Done), counts(vipDone(), normalDone()), false, 99_000, false},
	}
	for _, test := range tests {
		queue := wire.QueueCounts{Paused: test.paused}
		if got := wire.NewQueueHealth(test.run, test.counts, queue, at(test.now)).Checks.IsStuck; got != test.want {
			t.Errorf("%s: isStuck = %v, want %v", test.name, got, test.want)
		}
	}
}

// A store that holds everything back has a reason, and says it elsewhere.
func TestStalledIsNotStuck(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]bool{"": true, "disk_full": false} {
		h := wire.NewQueueHealth(runIn(order.WaitingNormalDrain), counts(vipDone(), normalHalf()), wire.QueueCounts{}, at(99_000))
		h.InQueue(reason)
		if got := h.Checks.IsStuck; got != want {
			t.Errorf("isStuck of a queue stalled by %q = %v, want %v", reason, got, want)
		}
	}
	unhealthy := wire.NewUnhealthy("the store does not answer", at(0))
	unhealthy.InQueue("disk_full")
	if unhealthy.Checks != nil {
		t.Errorf("checks of a store that does not answer = %+v, want none", unhealthy.Checks)
	}
}

func TestDiagnostics(t *testing.T) {
	t.Parallel()
	c := counts(vipDone(), normalHalf())
	golden(t, "diagnostics", wire.Diagnostics{
		MemoryPhase: order.WaitingNormalDrain, HasActiveGeneration: true,
		Persisted: wire.NewPersisted(runIn(order.WaitingNormalDrain), c),
		Counts:    wire.NewQueueCounts(&c, 0, false), SampleJobs: []wire.Job{}, Workers: 25, Generation: 3,
		WorkerList: []wire.Worker{
			{ID: "worker-1", State: wire.WorkerIdle, Since: wire.At(at(4700))},
			{ID: "worker-2", State: wire.WorkerWorking, Lane: new("NORMAL"), RunID: new(runID()), OrderID: new(runID().Key(9).String()), Orders: 41, Since: wire.At(at(4800))},
		},
		Gate: wire.GateOpen,
		Lanes: wire.Lanes{
			VIP:    wire.NewLaneState(&c[order.VIP], wire.BlockCounts{}),
			Normal: wire.NewLaneState(&c[order.Normal], wire.BlockCounts{Ready: 8, Claimed: 2, Delayed: 1}),
		},
	})
	if got := wire.NewPersisted(nil, c); got != nil {
		t.Errorf("NewPersisted(nil) = %+v, want nil", got)
	}
	if got := wire.NewPersisted(runIn(order.Done), c).ActiveGenerateJobID; got != "" {
		t.Errorf("activeGenerateJobId of a run that is done = %q, want none", got)
	}
}
