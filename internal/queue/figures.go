package queue

import (
	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/order"
)

// Figures are what a pool has measured since it was made. They never fall.
type Figures struct {
	Settle  metrics.Distribution       // times that settles took until they were durable
	Work    metrics.Distribution       // times of handlers, per order; none are taken of fast ones
	Retried [order.PriorityCount]int64 // attempts that failed and whose order waits for another, durably
}

// Figures returns what the pool has measured so far. It costs some atomic reads.
func (p *Pool) Figures() Figures {
	f := Figures{Settle: p.metrics.settling.Snapshot()}
	for _, lane := range order.Priorities() {
		f.Work = f.Work.Add(p.metrics.handling[lane][0].Snapshot())
		f.Retried[lane] = p.metrics.settled.With(lane.String(), "retry").Value()
	}
	return f
}

// Busy returns how many workers have work in hand.
func (p *Pool) Busy() int { return int(p.inHand.Load()) }
