package wire

import (
	"math"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// quietAfter is how long a run may settle nothing before its past rate says nothing
// about its future any more.
const quietAfter = time.Minute

// ETA is when the run will be done, as far as that can be known.
type ETA struct {
	EstimatedMs     *int64  `json:"estimatedMs" doc:"Time left; 0 once ended, null where there is no basis for a number."`
	ProgressPercent float64 `json:"progressPercent" doc:"0 to 100; 100 only when nothing is left."`
}

func newETA(run *order.Run, c *order.Counts, now time.Time) ETA {
	eta := ETA{ProgressPercent: percent(run, c)}
	var left time.Duration
	if run.Active() {
		var known bool
		if left, known = forecast(run, c, now); !known {
			return eta
		}
	}
	ms := left.Milliseconds()
	eta.EstimatedMs = &ms
	return eta
}

// percent is the share of the target that processing is done with. Orders cleaned
// away count as done; those that a cancel removed do not.
func percent(run *order.Run, c *order.Counts) float64 {
	total, settled := target(run, c), c.Processed()+c.Dead()
	if run.Phase != order.Failed {
		settled += c.Removed()
	}
	switch {
	case total == 0:
		if run.Phase == order.Done {
			return 100
		}
		return 0
	case settled >= total:
		return 100
	}
	// In whole hundredths of a percent, cut: a quotient of doubles makes 56.99 of 57 in 100.
	return float64(settled*10_000/total) / 100
}

// forecast is the time an active run still needs: generation beside what is left of
// VIP, then NORMAL, each at the rate it was seen to go at. It is unknown as long as
// one of those rates is.
func forecast(run *order.Run, c *order.Counts, now time.Time) (left time.Duration, known bool) {
	total := target(run, c)
	if total == 0 || now.Sub(LastSign(run, c)) >= quietAfter {
		return 0, false
	}
	generated := c.Generated()
	ungenerated := max(0, total-generated)
	vip, normal := c[order.VIP].Unsettled(), c[order.Normal].Unsettled()
	var generation time.Duration
	if ungenerated > 0 {
		if generated == 0 {
			return 0, false
		}
		generation = stretch(run.Generate, ungenerated, generated)
		share := float64(c[order.VIP].Generated) / float64(generated)
		coming := int64(share * float64(ungenerated))
		vip += coming
		normal += ungenerated - coming
	}
	vipTime, known := laneTime(run, c, order.VIP, vip, now)
	if !known {
		return 0, false
	}
	normalTime, known := laneTime(run, c, order.Normal, normal, now)
	return max(generation, vipTime) + normalTime, known
}

// laneTime is the time that n more orders of a lane take. NORMAL borrows the rate of
// VIP as long as it has none of its own, if VIP's shows what the workers can do.
func laneTime(run *order.Run, c *order.Counts, p order.Priority, n int64, now time.Time) (time.Duration, bool) {
	if n == 0 {
		return 0, true
	}
	if p == order.Normal && done(&c[p]) == 0 {
		if !showsCapacity(run, &c[order.VIP], now) {
			return 0, false
		}
		p = order.VIP
	}
	from, to := windowOf(run, c, p, now)
	settled, worked := done(&c[p]), to.Sub(from)-gapsWithin(run, from, to)
	if settled == 0 || worked <= 0 {
		return 0, false
	}
	return stretch(worked, n, settled), true
}

// showsCapacity says whether VIP has gone as fast as the workers can. A lane that
// keeps up with the orders as they are generated goes as fast as they come, which
// says little: it must have a backlog, or have run mostly after generation.
func showsCapacity(run *order.Run, vip *order.LaneCounts, now time.Time) bool {
	if vip.Waiting > 0 {
		return true
	}
	generated := run.Entered[order.EnqueueVIP]
	if generated.IsZero() {
		return false
	}
	end := now
	if vip.Unsettled() == 0 {
		end = vip.Last
	}
	return end.Sub(generated) > generated.Sub(vip.First)
}

// stretch is the time n take if so many took that time.
func stretch(took time.Duration, n, those int64) time.Duration {
	ns := float64(took) * (float64(n) / float64(those))
	return time.Duration(min(ns, math.MaxInt64/4))
}

// gapsWithin is the time between two instants in which no process worked on the run.
func gapsWithin(run *order.Run, from, to time.Time) time.Duration {
	var sum time.Duration
	for _, gap := range run.Gaps {
		begin, end := gap.From, gap.To
		if begin.Before(from) {
			begin = from
		}
		if end.After(to) {
			end = to
		}
		sum += max(0, end.Sub(begin))
	}
	return sum
}

// LastSign is when the run last gave a sign of life: it was accepted, entered a
// phase, went on after a gap, or had an order settled.
func LastSign(run *order.Run, counts *order.Counts) time.Time {
	last := run.Accepted
	later := func(t time.Time) {
		if t.After(last) {
			last = t
		}
	}
	for _, t := range run.Entered {
		later(t)
	}
	for i := range counts {
		later(counts[i].Last)
	}
	for _, gap := range run.Gaps {
		later(gap.To)
	}
	return last
}
