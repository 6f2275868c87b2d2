package order

import "time"

// LaneCounts counts the orders of one lane. At every committed instant
//
//	Generated = Processed + Dead + Removed + Waiting + Delayed + Claimed
type LaneCounts struct {
	Generated int64 // accepted and durable
	Processed int64
	Dead      int64 // in the dead-letter queue
	Removed   int64 // cancelled or cleaned away
	Waiting   int64 // for a worker, whether enqueued yet or not
	Delayed   int64 // for the due time of a retry
	Claimed   int64 // by a worker

	First time.Time // first hand-out to a handler; zero before it
	Last  time.Time // last settle before the run's end; zero before any

	Accepted Digest // sum over the orders as they will be once settled, foretold at their acceptance
	Settled  Digest // sum over the orders as they were settled
}

// Unsettled returns how many orders of the lane still have to reach an outcome.
func (c *LaneCounts) Unsettled() int64 {
	return c.Generated - c.Processed - c.Dead - c.Removed
}

// Conserved says whether every order is accounted for exactly once.
func (c *LaneCounts) Conserved() bool {
	return c.Unsettled() == c.Waiting+c.Delayed+c.Claimed &&
		min(c.Processed, c.Dead, c.Removed, c.Waiting, c.Delayed, c.Claimed) >= 0
}

// Counts holds one LaneCounts per [Priority].
type Counts [PriorityCount]LaneCounts

// Generated returns the orders accepted over both lanes.
func (c *Counts) Generated() int64 { return c[VIP].Generated + c[Normal].Generated }

// Processed returns the orders processed over both lanes.
func (c *Counts) Processed() int64 { return c[VIP].Processed + c[Normal].Processed }

// Dead returns the dead letters of both lanes.
func (c *Counts) Dead() int64 { return c[VIP].Dead + c[Normal].Dead }

// Removed returns the removed orders of both lanes.
func (c *Counts) Removed() int64 { return c[VIP].Removed + c[Normal].Removed }

// Unsettled returns the orders of both lanes that still have to reach an outcome.
func (c *Counts) Unsettled() int64 { return c[VIP].Unsettled() + c[Normal].Unsettled() }

// Digest returns the sum over all settled orders of both lanes.
func (c *Counts) Digest() Digest { return c[VIP].Settled.Add(c[Normal].Settled) }

// Conserved says whether every order of both lanes is accounted for exactly once.
func (c *Counts) Conserved() bool { return c[VIP].Conserved() && c[Normal].Conserved() }
