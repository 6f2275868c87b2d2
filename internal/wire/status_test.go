package wire_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

func TestNewStatus(t *testing.T) {
	t.Parallel()
	generating := runIn(order.Generating)
	generating.Cursor, generating.Generate = order.Cursor{Next: 400}, 300*time.Millisecond
	idle := failIn(order.WaitingNormalDrain, 3800, order.FailureCancelled, "cancelled by request")
	idle.ShowIdle = true
	tests := []struct {
		name   string
		run    *order.Run
		counts order.Counts
		now    int64
	}{
		{"status-none", nil, order.Counts{}, 0},
		{"status-generating", generating, counts(
			order.LaneCounts{Generated: 100, Processed: 60, Waiting: 30, Claimed: 10, First: at(100), Last: at(390)},
			untouched(300)), 400},
		{"status-vip-drain", runIn(order.WaitingVIPDrain), counts(
			order.LaneCounts{Generated: 250, Processed: 240, Delayed: 1, Claimed: 9, First: at(100), Last: at(2100)},
			untouched(750)), 2150},
		{"status-normal-drain", runIn(order.WaitingNormalDrain), counts(vipDone(), normalHalf()), 4300},
		{"status-done", runIn(order.Done), counts(vipDone(), normalDone()), 9000},
		{"status-cancelled", failIn(order.WaitingNormalDrain, 3800, order.FailureCancelled, "cancelled by request"), counts(
			vipDone(), order.LaneCounts{Generated: 750, Processed: 300, Removed: 450, First: at(3100), Last: at(3700)}), 9000},
		{"status-cancelled-idle", idle, counts(
			vipDone(), order.LaneCounts{Generated: 750, Processed: 300, Removed: 450, First: at(3100), Last: at(3700)}), 9000},
		{"status-failed", failIn(order.Generating, 700, "source", "read line 401: unexpected EOF"), counts(untouched(100), untouched(300)), 9000},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			golden(t, test.name, wire.NewStatus(test.run, test.counts, at(test.now)))
		})
	}
}

// The challenge's own example: 8,423 generating, 24,500 of VIP and NORMAL begun but
// not ended make 32,923.
func TestTotalTimeIsGenerationAndBothWindows(t *testing.T) {
	t.Parallel()
	run := runIn(order.WaitingNormalDrain)
	run.Generate = 8423 * time.Millisecond
	vip := order.LaneCounts{Generated: 250, Processed: 250, First: at(1000), Last: at(25_500)}
	normal := order.LaneCounts{Generated: 750, Waiting: 740, Claimed: 10, First: at(25_600)}
	s := wire.NewStatus(run, counts(vip, normal), at(25_700))
	if s.TotalTimeMs != 32_923 {
		t.Errorf("totalTimeMs = %d, want 32923", s.TotalTimeMs)
	}
	got := s.Processing.Normal
	if got.Start != wire.At(at(25_600)) || !got.End.IsZero() || got.TimeMs != 0 || got.Count != 0 {
		t.Errorf("processing.normal = %+v, want start set and nothing else", got)
	}
	if s.WallClockMs != 25_700 || s.WallClockElapsedMs != 25_700 {
		t.Errorf("wallClockMs = %d, %d, want 25700 twice", s.WallClockMs, s.WallClockElapsedMs)
	}
}

func TestLaneEndsOnceDrained(t *testing.T) {
	t.Parallel()
	inert := failIn(order.WaitingVIPDrain, 2500, order.FailureCancelled, "")
	inert.Inert = true
	tests := []struct {
		name string
		run  *order.Run
		vip  order.LaneCounts
		want bool
	}{
		{"all settled while generating", runIn(order.Generating), vipDone(), false},
		{"all settled but not yet noticed", runIn(order.WaitingVIPDrain), vipDone(), false},
		{"past the drain", runIn(order.EnqueueNormal), vipDone(), true},
		{"past the drain, one redriven", runIn(order.Done),
			order.LaneCounts{Generated: 250, Processed: 249, Waiting: 1, First: at(100), Last: at(2200)}, false},
		{"cancelled, the rest removed", failIn(order.WaitingVIPDrain, 2500, order.FailureCancelled, ""),
			order.LaneCounts{Generated: 250, Processed: 200, Removed: 50, First: at(100), Last: at(2200)}, true},
		{"cancelled, the rest kept", inert,
			order.LaneCounts{Generated: 250, Processed: 200, Waiting: 50, First: at(100), Last: at(2200)}, false},
		{"no VIP at all", runIn(order.Done), order.LaneCounts{}, false},
		{"all removed before the first", runIn(order.Done), order.LaneCounts{Generated: 9, Removed: 9}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			lane := wire.NewStatus(test.run, counts(test.vip, untouched(750)), at(9000)).Processing.VIP
			if ended := !lane.End.IsZero(); ended != test.want {
				t.Errorf("end = %v, want it set: %v", lane.End, test.want)
			}
			if want := map[bool]int64{true: 2100, false: 0}[test.want]; lane.TimeMs != want {
				t.Errorf("timeMs = %d, want %d", lane.TimeMs, want)
			}
		})
	}
}

// A lane that was cut short stops with its run, whenever one looks.
func TestSpansEndWithTheRun(t *testing.T) {
	t.Parallel()
	kept := failIn(order.WaitingVIPDrain, 2500, order.FailureCancelled, "")
	kept.Void, kept.Inert = true, true
	cutShort := order.LaneCounts{Generated: 250, Processed: 200, Waiting: 50, First: at(100), Last: at(2200)}
	for _, now := range []int64{2500, 90_000} {
		got := wire.NewStatus(kept, counts(cutShort, untouched(750)), at(now)).HighRes
		if want := (wire.Span{Start: wire.At(at(100)), End: wire.At(at(2500)), Duration: 2400}); got.VIPProcessing != want {
			t.Errorf("vip_processing at %d ms = %+v, want %+v", now, got.VIPProcessing, want)
		}
		if got.NormalProcessing != (wire.Span{}) {
			t.Errorf("normal_processing at %d ms = %+v, want none", now, got.NormalProcessing)
		}
	}
	drained := wire.NewStatus(runIn(order.Done), counts(vipDone(), normalDone()), at(90_000)).HighRes
	if got := drained.VIPProcessing.End; got != wire.At(at(2200)) {
		t.Errorf("vip_processing.end of a drained lane = %v, want its last settle", got)
	}
	under := wire.NewStatus(runIn(order.WaitingVIPDrain), counts(cutShort, untouched(750)), at(2600)).HighRes
	if got := under.VIPProcessing; !got.End.IsZero() || got.Duration != 2500 {
		t.Errorf("vip_processing under way = %+v, want no end and 2500 ms", got)
	}
}

func TestStageTimesAreZeroUntilTheStageEnded(t *testing.T) {
	t.Parallel()
	type times struct{ generation, vip, normal int64 }
	wants := map[order.Phase]times{
		order.Generating:         {0, 0, 0},
		order.EnqueueVIP:         {900, 0, 0},
		order.WaitingVIPDrain:    {900, 30, 0},
		order.EnqueueNormal:      {900, 30, 0},
		order.WaitingNormalDrain: {900, 30, 40},
		order.Done:               {900, 30, 40},
	}
	for phase, want := range wants {
		s := wire.NewStatus(runIn(phase), counts(vipDone(), untouched(750)), at(5000))
		if got := (times{s.GenerationTimeMs, s.EnqueueVIPTimeMs, s.EnqueueNormalTimeMs}); got != want {
			t.Errorf("in %v: times = %v, want %v", phase, got, want)
		}
	}
}

func TestCancelMayShowIdle(t *testing.T) {
	t.Parallel()
	run := failIn(order.EnqueueNormal, 3100, order.FailureCancelled, "stop")
	run.ShowIdle = true
	s := wire.NewStatus(run, counts(vipDone(), order.LaneCounts{Generated: 750, Removed: 750}), at(4000))
	if s.Phase != order.Idle || s.State.MemoryPhase != order.Failed || !s.Aborted {
		t.Errorf("phase %v, memoryPhase %v, aborted %v; want IDLE, ERROR, true", s.Phase, s.State.MemoryPhase, s.Aborted)
	}
	if row := wire.NewRun(run, order.Counts{}, at(4000)); row.Phase != order.Failed || row.Status != wire.RunCancelled {
		t.Errorf("NewRun = %v, %q; want ERROR, cancelled", row.Phase, row.Status)
	}
}

// Whatever the counts, the figures stay within what they mean.
func TestStatusStaysInRange(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	lane := func() order.LaneCounts {
		c := order.LaneCounts{
			Processed: rnd.Int64N(50), Dead: rnd.Int64N(3), Removed: rnd.Int64N(3),
			Waiting: rnd.Int64N(50), Delayed: rnd.Int64N(3), Claimed: rnd.Int64N(9),
		}
		c.Generated = c.Processed + c.Dead + c.Removed + c.Waiting + c.Delayed + c.Claimed
		c.First, c.Last = at(rnd.Int64N(3000)), at(rnd.Int64N(6000))
		return c
	}
	for range 20_000 {
		run := runIn(order.Generating + order.Phase(rnd.IntN(int(order.Done))))
		run.Spec.Target = rnd.Int64N(200)
		c := counts(lane(), lane())
		s := wire.NewStatus(run, c, at(rnd.Int64N(90_000)))
		if p := s.ETA.ProgressPercent; p < 0 || p > 100 {
			t.Fatalf("progressPercent = %v for %+v", p, c)
		}
		if s.ETA.ProgressPercent == 100 && run.Active() && s.Target > s.Counts.Total+s.Counts.Removed {
			t.Fatalf("progressPercent = 100 with %d of %d", s.Counts.Total, s.Target)
		}
		if ms := s.ETA.EstimatedMs; ms != nil && *ms < 0 {
			t.Fatalf("estimatedMs = %d for %+v", *ms, c)
		}
		for _, v := range []int64{s.Processing.VIP.TimeMs, s.Processing.Normal.TimeMs, s.WallClockMs, s.TotalTimeMs} {
			if v < 0 {
				t.Fatalf("a duration is %d for %+v", v, c)
			}
		}
	}
}
