package event

import (
	"time"

	"github.com/filavip/filavip/internal/order"
)

// Sample is what happened in one stretch of time.
type Sample struct {
	At    time.Time     // its end
	Over  time.Duration // its length
	Run   order.RunID   // the current or latest batch run at its end; zero before any
	Phase order.Phase   // of that run

	Generated [order.PriorityCount]int64 // orders made durable within it
	Processed [order.PriorityCount]int64 // orders processed within it
	Dead      [order.PriorityCount]int64 // orders that became dead letters within it
	Retried   [order.PriorityCount]int64 // attempts that failed within it, their orders to be tried again
	Depth     [order.PriorityCount]int64 // orders that had yet to reach an outcome at its end

	Settle Latency // of settles, until they were durable
	Work   Latency // of handlers, per order; none are taken of those that take no time
	Busy   int     // workers with work in hand
	Memory uint64  // resident bytes; 0 where the system does not say
}

// Settled returns how many orders reached an outcome within the sample.
func (s *Sample) Settled() int64 {
	var n int64
	for lane := range s.Processed {
		n += s.Processed[lane] + s.Dead[lane]
	}
	return n
}

// Unsettled returns how many orders of both lanes were unsettled at the sample's end.
func (s *Sample) Unsettled() int64 { return s.Depth[order.VIP] + s.Depth[order.Normal] }

// Latency is a distribution of durations.
type Latency struct {
	Count         int64 // of durations; the others are 0 if there were none
	P50, P95, P99 time.Duration
}

// Forecast says what becomes of the orders that are unsettled, if all goes on as it did.
type Forecast struct {
	State  DrainState
	Clears time.Duration // until nothing is unsettled; with Clears alone, and 0 there if unknown yet
	Reason DrainReason   // why there is no Clears; empty if there is one, or nothing to say
}

// DrainState is what a [Forecast] comes down to.
type DrainState string

// The states of the drain.
const (
	Idle    DrainState = "idle"    // nothing is unsettled and nothing to come is known
	Clears  DrainState = "clears"  // the queue empties
	Growing DrainState = "growing" // orders come as fast as they are settled, or faster
	Stalled DrainState = "stalled" // some wait and none is settled
	Paused  DrainState = "paused"  // some wait, and an operator has stopped the hand-out
)

// DrainReason says why a forecast makes no promise. The store's own reasons for a
// standstill, such as disk_full, are reasons too.
type DrainReason string

// The reasons.
const (
	ByOperator DrainReason = "paused"    // paused or closed
	Inflow     DrainReason = "inflow"    // more comes in than goes out
	Retries    DrainReason = "retries"   // all that is left waits for the time of its next attempt
	Quiet      DrainReason = "quiet"     // nothing has been settled for a while
	TooEarly   DrainReason = "too_early" // nothing has been settled yet to go by
	TooFar     DrainReason = "too_far"   // at this rate it takes years
)
