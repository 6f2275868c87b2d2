package wire

import (
	"time"

	"github.com/filavip/filavip/internal/order"
)

// HighRes holds the run's stages as windows of time.
type HighRes struct {
	Total            Span `json:"total"`
	Generation       Span `json:"generation"`
	EnqueueVIP       Span `json:"enqueue_vip"`
	WaitVIPDrain     Span `json:"wait_vip_drain"`
	EnqueueNormal    Span `json:"enqueue_normal"`
	WaitNormalDrain  Span `json:"wait_normal_drain"`
	VIPProcessing    Span `json:"vip_processing"`
	NormalProcessing Span `json:"normal_processing"`
}

// Span is a window of time. Unlike the TimeMs of a [Lane], its duration counts from
// the start on.
type Span struct {
	Start    Instant `json:"start" doc:"Null if it has not begun."`
	End      Instant `json:"end" doc:"Null if it has not ended."`
	Duration float64 `json:"duration" doc:"Milliseconds, to the microsecond; up to now while it lasts."`
}

func newHighRes(run *order.Run, c *order.Counts, now time.Time) HighRes {
	phase := func(p order.Phase) Span {
		end := run.Entered[p+1]
		if end.IsZero() {
			end = run.Ended
		}
		return newSpan(run.Entered[p], end, now)
	}
	lane := func(p order.Priority) Span {
		end := run.Ended // of a run that was cut short; zero while it is active
		if drained(run, c, p) {
			end = c[p].Last
		}
		return newSpan(c[p].First, end, now)
	}
	return HighRes{
		Total:            newSpan(run.Accepted, run.Ended, now),
		Generation:       phase(order.Generating),
		EnqueueVIP:       phase(order.EnqueueVIP),
		WaitVIPDrain:     phase(order.WaitingVIPDrain),
		EnqueueNormal:    phase(order.EnqueueNormal),
		WaitNormalDrain:  phase(order.WaitingNormalDrain),
		VIPProcessing:    lane(order.VIP),
		NormalProcessing: lane(order.Normal),
	}
}

func newSpan(start, end, now time.Time) Span {
	if start.IsZero() {
		return Span{}
	}
	if !end.IsZero() {
		now = end
	}
	return Span{
		Start:    At(start),
		End:      At(end),
		Duration: float64(max(0, now.Sub(start)).Microseconds()) / 1000,
	}
}
