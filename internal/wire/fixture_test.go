package wire_test

import (
	"time"

	"github.com/filavip/filavip/internal/order"
)

// epoch is when every run of these tests was accepted.
var epoch = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// at is the instant that many milliseconds after epoch.
func at(ms int64) time.Time { return epoch.Add(time.Duration(ms) * time.Millisecond) }

func runID() order.RunID { return order.NewRunID(epoch.UnixMilli(), 7) }

// runIn returns a run of a thousand orders that entered each phase up to the given one
// a second after the one before, generation at epoch.
func runIn(phase order.Phase) *order.Run {
	run := &order.Run{
		ID:    runID(),
		Epoch: 1,
		Spec: order.Spec{
			Kind:      order.Generated,
			Target:    1000,
			Seed:      1<<64 - 1,
			Weights:   order.Weights{25, 25, 25, 25},
			Work:      order.Work{Handler: "simulate", Delay: 2500 * time.Microsecond, Failures: 0.01, Attempts: 3},
			ChunkSize: 100,
			BlockSize: 10,
		},
		Phase:    phase,
		Accepted: epoch,
		Cursor:   order.Cursor{Next: 1000, End: true},
		Enqueued: [order.PriorityCount]uint64{1000, 1000},
		Generate: 900 * time.Millisecond,
		Enqueue:  [order.PriorityCount]time.Duration{30 * time.Millisecond, 40 * time.Millisecond},
	}
	last := min(phase, order.Done)
	for p := order.Generating; p <= last; p++ {
		run.Entered[p] = at(int64(p-order.Generating) * 1000)
	}
	if phase == order.Done {
		run.Ended = run.Entered[order.Done]
	}
	return run
}

// failIn returns a run that ended in the given phase, at that many milliseconds.
func failIn(phase order.Phase, ms int64, kind, message string) *order.Run {
	run := runIn(phase)
	run.Phase = order.Failed
	run.Entered[order.Failed] = at(ms)
	run.Ended = at(ms)
	run.Failure = &order.Failure{Kind: kind, Message: message}
	return run
}

// counts returns both lanes' counts.
func counts(vip, normal order.LaneCounts) order.Counts { return order.Counts{vip, normal} }

// vipDone is a VIP lane of 250 orders that drained at 2.2 s.
func vipDone() order.LaneCounts {
	return order.LaneCounts{Generated: 250, Processed: 249, Dead: 1, First: at(100), Last: at(2200)}
}

// normalDone is a NORMAL lane of 750 orders that drained at 4.7 s.
func normalDone() order.LaneCounts {
	return order.LaneCounts{
		Generated: 750, Processed: 750, First: at(3100), Last: at(4700),
		Settled: order.Digest{Hi: 1, Lo: 2},
	}
}

// normalHalf is a NORMAL lane with 300 of 750 orders settled.
func normalHalf() order.LaneCounts {
	return order.LaneCounts{
		Generated: 750, Processed: 290, Dead: 10, Waiting: 400, Delayed: 25, Claimed: 25,
		First: at(3100), Last: at(3700),
	}
}

// untouched is a lane of n orders of which none was handed out.
func untouched(n int64) order.LaneCounts { return order.LaneCounts{Generated: n, Waiting: n} }
