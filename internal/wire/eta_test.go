package wire_test

import (
	"testing"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

func TestEstimate(t *testing.T) {
	t.Parallel()
	const unknown = -1
	half := runIn(order.Generating)
	half.Cursor.End, half.Generate = false, at(500).Sub(epoch)
	unsized := runIn(order.Generating)
	unsized.Spec.Target, unsized.Cursor.End = 0, false
	resumed := runIn(order.WaitingNormalDrain)
	resumed.Gaps = []order.Gap{{From: at(3700), To: at(13_700)}}
	// NORMAL has not begun, so VIP's rate counts: 250 in 2.1 s, of which 0.3 s were a gap.
	later := runIn(order.EnqueueNormal)
	later.Gaps = []order.Gap{{From: at(-500), To: at(50)}, {From: at(1900), To: at(2500)}, {From: at(2600), To: at(60_000)}}
	tests := []struct {
		name   string
		run    *order.Run
		counts order.Counts
		now    int64
		want   int64
	}{
		{"gaps outside of a lane's window", later, counts(vipDone(), untouched(750)), 60_100, 5400},
		{"nothing generated", half, order.Counts{}, 10, unknown},
		{"size of the source unknown", unsized, counts(
			order.LaneCounts{Generated: 125, Processed: 60, Waiting: 65, First: at(0), Last: at(499)}, untouched(375)), 500, unknown},
		{"VIP keeps up with generation, so nobody knows how fast NORMAL will go", half, counts(
			order.LaneCounts{Generated: 125, Processed: 125, First: at(0), Last: at(499)}, untouched(375)), 500, unknown},
		// Half are VIP, and 125 were done in 0.5 s. 125 wait and 250 are to come, beside
		// which generation's 0.5 s do not show: 1.5 s. 500 NORMAL at that rate: 2 s.
		{"VIP lags behind generation", half, counts(
			order.LaneCounts{Generated: 250, Processed: 125, Waiting: 125, First: at(0), Last: at(499)}, untouched(250)), 500, 3500},
		// VIP ran from 0.1 to 1 s beside generation and to 2.2 s after it: its rate counts.
		// 250 in 2.1 s, so 750 in 6.3 s.
		{"VIP mostly after generation", runIn(order.EnqueueNormal), counts(vipDone(), untouched(750)), 2300, 6300},
		{"VIP mostly beside generation", runIn(order.EnqueueNormal), counts(
			order.LaneCounts{Generated: 250, Processed: 250, First: at(100), Last: at(1300)}, untouched(750)), 2300, unknown},
		// 300 in 1.2 s, so the other 450 in 1.8 s.
		{"NORMAL by its own rate", runIn(order.WaitingNormalDrain), counts(vipDone(), normalHalf()), 4300, 1800},
		{"a restart's gap is not working time", resumed, counts(vipDone(), normalHalf()), 14_300, 1800},
		{"quiet for a minute", runIn(order.WaitingNormalDrain), counts(vipDone(), normalHalf()), 64_000, unknown},
		{"quiet for less", runIn(order.WaitingNormalDrain), counts(vipDone(), normalHalf()), 63_999, 91_348},
		{"done", runIn(order.Done), counts(vipDone(), normalDone()), 99_000, 0},
		{"failed", failIn(order.EnqueueNormal, 3000, "check", ""), counts(vipDone(), untouched(750)), 99_000, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := wire.NewStatus(test.run, test.counts, at(test.now)).ETA.EstimatedMs
			switch {
			case test.want == unknown && got != nil:
				t.Errorf("estimatedMs = %d, want null", *got)
			case test.want != unknown && got == nil:
				t.Errorf("estimatedMs = null, want %d", test.want)
			case test.want != unknown && *got != test.want:
				t.Errorf("estimatedMs = %d, want %d", *got, test.want)
			}
		})
	}
}

func TestNoEstimateWhileNothingIsHandedOut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		paused  bool
		stalled string
		want    bool
	}{{false, "", true}, {true, "", false}, {false, "disk_full", false}} {
		s := wire.NewStatus(runIn(order.WaitingNormalDrain), counts(vipDone(), normalHalf()), at(4300))
		s.InQueue(test.paused, test.stalled)
		if got := s.ETA.EstimatedMs != nil; got != test.want {
			t.Errorf("paused %v, stalled %q: estimate given = %v, want %v", test.paused, test.stalled, got, test.want)
		}
	}
	ended := wire.NewStatus(runIn(order.Done), counts(vipDone(), normalDone()), at(9000))
	ended.InQueue(true, "")
	if ended.ETA.EstimatedMs == nil || *ended.ETA.EstimatedMs != 0 {
		t.Errorf("estimatedMs of an ended run = %v, want 0", ended.ETA.EstimatedMs)
	}
}

// Every whole percentage is shown as it is.
func TestWholePercent(t *testing.T) {
	t.Parallel()
	run := runIn(order.WaitingVIPDrain)
	run.Spec.Target = 100
	for n := range int64(100) {
		c := counts(order.LaneCounts{Generated: 100, Processed: n, Waiting: 100 - n}, order.LaneCounts{})
		if got := wire.NewStatus(run, c, at(9000)).ETA.ProgressPercent; got != float64(n) {
			t.Errorf("progressPercent of %d in 100 = %v, want %d", n, got, n)
		}
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	almost := counts(vipDone(), order.LaneCounts{Generated: 750, Processed: 749, Claimed: 1, First: at(3100), Last: at(3700)})
	big := runIn(order.WaitingNormalDrain)
	big.Spec.Target = 1_000_000
	unsized := runIn(order.Done)
	unsized.Spec.Target = 0
	hundred, huge := runIn(order.WaitingVIPDrain), runIn(order.WaitingVIPDrain)
	hundred.Spec.Target, huge.Spec.Target = 100, order.MaxIndex+1
	tests := []struct {
		name   string
		run    *order.Run
		counts order.Counts
		want   float64
	}{
		{"57 of 100", hundred, counts(order.LaneCounts{Generated: 57, Processed: 57}, untouched(43)), 57},
		{"more than a double counts exactly", huge, counts(order.LaneCounts{Generated: order.MaxIndex, Processed: order.MaxIndex}, order.LaneCounts{}), 99.99},
		{"one left of a thousand", runIn(order.WaitingNormalDrain), almost, 99.9},
		{"never rounded up to all", big, counts(order.LaneCounts{Generated: 999_999, Processed: 999_999}, untouched(1)), 99.99},
		{"cleaned orders are not left", runIn(order.WaitingNormalDrain),
			counts(vipDone(), order.LaneCounts{Generated: 750, Processed: 700, Removed: 50}), 100},
		{"cancelled orders were not done", failIn(order.WaitingNormalDrain, 3800, order.FailureCancelled, ""),
			counts(vipDone(), order.LaneCounts{Generated: 750, Processed: 250, Removed: 500}), 50},
		{"all there was in the file", unsized, counts(vipDone(), normalDone()), 100},
		{"an empty file", unsized, order.Counts{}, 100},
	}
	for _, test := range tests {
		if got := wire.NewStatus(test.run, test.counts, at(9000)).ETA.ProgressPercent; got != test.want {
			t.Errorf("%s: progressPercent = %v, want %v", test.name, got, test.want)
		}
	}
}
