package wire

import (
	"math"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// Lane is the processing of one lane: from the first order that was handed out to
// the last that was settled.
type Lane struct {
	Start  Instant `json:"start" doc:"Null until the lane's first order is handed out."`
	End    Instant `json:"end" doc:"Null until the lane has drained."`
	TimeMs int64   `json:"timeMs" doc:"end - start; 0 until the lane has drained."`
	Count  int64   `json:"count" doc:"Orders that are no longer pendente, without those removed."`
}

func newLane(run *order.Run, counts *order.Counts, p order.Priority) Lane {
	c := &counts[p]
	lane := Lane{Start: At(c.First), Count: done(c)}
	if drained(run, counts, p) {
		lane.End = At(c.Last)
		lane.TimeMs = max(0, Millis(c.Last)-Millis(c.First))
	}
	return lane
}

// done counts the orders that processing is done with, for better or worse.
func done(c *order.LaneCounts) int64 { return c.Processed + c.Dead }

// drained says whether the lane's window has closed: nothing of it is unsettled and
// the run is past waiting for it.
func drained(run *order.Run, counts *order.Counts, p order.Priority) bool {
	past := order.WaitingVIPDrain
	if p == order.Normal {
		past = order.WaitingNormalDrain
	}
	c := &counts[p]
	return run.Phase > past && c.Unsettled() == 0 && !c.First.IsZero() && !c.Last.IsZero()
}

// window is how long the lane has been worked on.
func window(run *order.Run, counts *order.Counts, p order.Priority, now time.Time) time.Duration {
	from, to := windowOf(run, counts, p, now)
	return max(0, to.Sub(from))
}

// windowOf is the time in which the lane has been worked on: up to its last settle once
// that was the last, up to now before. It is empty before the first hand-out.
func windowOf(run *order.Run, counts *order.Counts, p order.Priority, now time.Time) (from, to time.Time) {
	c := &counts[p]
	if c.First.IsZero() {
		return now, now
	}
	if run.Phase.Ended() || drained(run, counts, p) {
		now = c.Last
	}
	return c.First, now
}

// spentBy is the time a stage took, in milliseconds; 0 until the run has entered the
// phase after it or has ended.
func spentBy(run *order.Run, after order.Phase, spent time.Duration) int64 {
	if run.Entered[after].IsZero() && run.Ended.IsZero() {
		return 0
	}
	return spent.Milliseconds()
}

// rate is n per second to two decimals; 0 over no time at all.
func rate(n int64, over time.Duration) float64 {
	if n == 0 || over <= 0 {
		return 0
	}
	return math.Round(float64(n)/over.Seconds()*100) / 100
}
