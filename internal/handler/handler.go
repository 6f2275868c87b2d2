// Package handler is what processing calls for each order: [Mark], which only marks
// it, and [Simulate], which takes time and fails as told. A handler may be called more
// than once for the same order, after a crash or a failure; its effect on the store is
// applied once.
package handler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// The names by which a run's [order.Work] chooses its handler.
const (
	NameMark     = "mark"
	NameSimulate = "simulate"
)

// ErrSimulated is the failure that [Simulate] makes up.
var ErrSimulated = errors.New("simulated failure")

// Handler does the work an order stands for. Its methods are safe for concurrent use.
type Handler interface {
	// Handle works on one order. The order's Attempts says how many calls counted before
	// this one. A nil error means done; any other is a failed attempt. Handle may keep
	// nothing of the order after it returns.
	Handle(ctx context.Context, o *order.Order) error
	// Batch returns how many orders a worker should take at once: many if a call takes
	// microseconds, few if it takes longer.
	Batch() int
	// Fast says that a call takes no time worth measuring.
	Fast() bool
	// Foretell makes of a pending order what processing, retries included, will make of
	// it in the end.
	Foretell(o *order.Order)
}

// New returns the handler that a run's work asks for, or [order.ErrInvalid].
func New(work order.Work, seed uint64) (Handler, error) {
	if work.Attempts < 1 {
		return nil, fmt.Errorf("%w: attempts %d; allowed: 1 or more", order.ErrInvalid, work.Attempts)
	}
	switch work.Handler {
	case NameMark:
		return Mark{}, nil
	case NameSimulate:
		if work.Delay < 0 {
			return nil, fmt.Errorf("%w: simulated work %v; allowed: 0s or more", order.ErrInvalid, work.Delay)
		}
		if !(work.Failures >= 0 && work.Failures <= 1) {
			return nil, fmt.Errorf("%w: simulated failures %v; allowed: 0 to 1", order.ErrInvalid, work.Failures)
		}
		return &Simulate{work: work, seed: seed, below: uint64(work.Failures * (1 << 32))}, nil
	}
	return nil, fmt.Errorf("%w: handler %q; allowed: %s, %s", order.ErrInvalid, work.Handler, NameMark, NameSimulate)
}

// WorkFor returns the work of simulating that delay and share of failures, or of only
// marking if both are zero.
func WorkFor(delay time.Duration, failures float64, attempts int) order.Work {
	if delay == 0 && failures == 0 {
		return order.Work{Handler: NameMark, Attempts: attempts}
	}
	return order.Work{Handler: NameSimulate, Delay: delay, Failures: failures, Attempts: attempts}
}

// Mark does nothing: that the order is processed is all there is to it.
type Mark struct{}

// Handle implements [Handler].
func (Mark) Handle(context.Context, *order.Order) error { return nil }

// Batch implements [Handler].
func (Mark) Batch() int { return 1000 }

// Fast implements [Handler].
func (Mark) Fast() bool { return true }

// Foretell implements [Handler].
func (Mark) Foretell(o *order.Order) { o.Process(time.Time{}) }

// Simulate waits and fails. Whether attempt a of order i fails is a function of the
// run's seed, i and a.
type Simulate struct {
	work  order.Work
	seed  uint64
	below uint64 // an attempt fails if its 32 random bits are below this
}

// Handle implements [Handler].
func (s *Simulate) Handle(ctx context.Context, o *order.Order) error {
	if err := s.wait(ctx); err != nil {
		return err
	}
	if s.fails(o.Key.Index(), o.Attempts) {
		return ErrSimulated
	}
	return nil
}

func (s *Simulate) wait(ctx context.Context) error {
	if s.work.Delay == 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(s.work.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Batch implements [Handler].
func (s *Simulate) Batch() int {
	if s.Fast() {
		return 1000
	}
	return 50
}

// Fast implements [Handler].
func (s *Simulate) Fast() bool { return s.work.Delay == 0 }

// Foretell implements [Handler].
func (s *Simulate) Foretell(o *order.Order) {
	for attempt := range s.work.Attempts {
		if !s.fails(o.Key.Index(), attempt) {
			o.Process(time.Time{})
			return
		}
	}
	o.Kill(time.Time{}, ErrSimulated.Error())
}

func (s *Simulate) fails(index uint64, attempt int) bool {
	z := s.seed ^ (index+1)*0x9e3779b97f4a7c15 ^ uint64(attempt+1)*0xc2b2ae3d27d4eb4f
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return (z^z>>31)>>32 < s.below
}
