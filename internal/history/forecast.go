package history

import (
	"time"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
)

// Standing is how things stand at the moment a forecast is made for.
type Standing struct {
	Unsettled int64 // orders that have yet to reach an outcome
	Delayed   int64 // of them, those that wait for the time of their next attempt
	Paused    bool
	Stalled   string // why nothing is handed out; empty if nothing is in the way
	// ToCome is how many orders the active run will still take in; 0 if there is none or
	// it has all, and negative where that is not known, as with a pipe.
	ToCome int64
}

const (
	recently = 10 * time.Second // what a forecast goes by
	lately   = time.Minute      // what it goes by if nothing was settled recently
	// leastNet is the share of what goes out by which more must go out than comes in: below
	// it the difference is noise, and dividing by it makes numbers up.
	leastNet = 0.02
	farthest = 365 * 24 * time.Hour // more is not worth a number
)

// Forecast says what becomes of the unsettled orders if all goes on as in the recent
// samples, which are given oldest first. The orders that a run still has to take in are
// many, but a known number: they count as left to do, and not as a flow that goes on.
func Forecast(recent []event.Sample, now Standing) event.Forecast {
	switch {
	case now.Unsettled <= 0 && now.ToCome <= 0:
		return event.Forecast{State: event.Idle}
	case now.Paused:
		return event.Forecast{State: event.Paused, Reason: event.ByOperator}
	case now.Stalled != "":
		return event.Forecast{State: event.Stalled, Reason: event.DrainReason(now.Stalled)}
	case now.Unsettled > 0 && now.Unsettled == now.Delayed:
		return event.Forecast{State: event.Stalled, Reason: event.Retries}
	}
	p := paceOf(recent, recently, now.ToCome < 0)
	if p.settled == 0 {
		p = paceOf(recent, lately, now.ToCome < 0)
	}
	if p.settled == 0 || p.over == 0 {
		return standstill(recent)
	}
	return p.forecast(now)
}

// standstill is the forecast where nothing was settled lately: only after some time is
// that a sign of anything.
func standstill(recent []event.Sample) event.Forecast {
	var waiting time.Duration
	for i := len(recent) - 1; i >= 0 && recent[i].Settled() == 0 && recent[i].Unsettled() > 0; i-- {
		waiting += recent[i].Over
	}
	if waiting < recently {
		return event.Forecast{State: event.Clears, Reason: event.TooEarly}
	}
	return event.Forecast{State: event.Stalled, Reason: event.Quiet}
}

// pace is what went on in a stretch of time.
type pace struct {
	over    time.Duration
	settled int64
	came    int64 // orders that came in from where more will come
}

// paceOf sums up the samples of the latest stretch of that length. What a run takes in
// counts as a flow that goes on only if its source has no known end.
func paceOf(recent []event.Sample, stretch time.Duration, endless bool) pace {
	var p pace
	for i := len(recent) - 1; i >= 0 && p.over < stretch; i-- {
		s := &recent[i]
		p.over += s.Over
		p.settled += s.Settled()
		if endless || !takesIn(recent, i) {
			p.came += s.Generated[order.VIP] + s.Generated[order.Normal]
		}
	}
	return p
}

// takesIn says whether a run was taking in its orders in a part of that sample. Phases
// are those at the end of samples; before the first of all anything may have been.
func takesIn(recent []event.Sample, i int) bool {
	return recent[i].Phase == order.Generating ||
		i == 0 || recent[i-1].Phase == order.Generating || recent[i-1].Run != recent[i].Run
}

func (p pace) forecast(now Standing) event.Forecast {
	out, in := float64(p.settled)/p.over.Seconds(), float64(p.came)/p.over.Seconds()
	net := out - in
	if net <= leastNet*out {
		return event.Forecast{State: event.Growing, Reason: event.Inflow}
	}
	left := float64(now.Unsettled + max(0, now.ToCome))
	if left/net > farthest.Seconds() {
		return event.Forecast{State: event.Clears, Reason: event.TooFar}
	}
	return event.Forecast{State: event.Clears, Clears: max(1, time.Duration(left/net*float64(time.Second)))}
}
