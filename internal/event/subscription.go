package event

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Filter chooses what a subscription gets. The zero value is everything but lines
// below Info.
type Filter struct {
	Kinds Kind       // zero: all
	Level slog.Level // lines at this level or above
	// After is the highest ID that the reader saw before it lost an earlier
	// subscription; zero if it had none.
	After uint64
}

func (f Filter) wants(k Kind) bool { return f.Kinds == 0 || f.Kinds&k != 0 }

// CutError says that a subscription was ended because its reader was too slow for its
// phase changes.
type CutError struct {
	Lost uint64 // phase changes the reader never got
}

// Error implements error.
func (e *CutError) Error() string {
	return fmt.Sprintf("subscriber cut off: %d phase changes lost", e.Lost)
}

// slotID names a kind of which only the latest event counts, in the order in which
// they are handed out.
type slotID int

const (
	statusSlot slotID = iota
	progressSlot
	metricsSlot
	slotCount
)

func (id slotID) kind() Kind { return [slotCount]Kind{KindStatus, KindProgress, KindMetrics}[id] }

// slot keeps the latest event of one kind.
type slot struct {
	latest Delivery  // zero: none since the last hand-out
	next   time.Time // no hand-out before
}

// Subscription is one reader's view of a [Hub]: a bounded outbox.
type Subscription struct {
	hub    *Hub
	filter Filter
	wake   chan struct{} // holds a token when there may be something new
	start  uint64        // see Resume

	// mu guards what follows.
	mu      sync.Mutex
	phases  fifo
	lines   fifo
	missed  uint64 // lines dropped since the last one that was handed out
	highest uint64 // ID of what was handed out
	slots   [slotCount]slot
	ending  bool  // nothing is added; what waits is handed out without delay
	end     error // set: Next returns this at once
}

func newSubscription(h *Hub, f Filter) *Subscription {
	return &Subscription{
		hub:    h,
		filter: f,
		wake:   make(chan struct{}, 1),
		phases: fifo{limit: h.opts.PhaseQueue},
		lines:  fifo{limit: h.opts.LineQueue},
	}
}

// Next returns the next event, waiting for one if need be. Its error is ctx's own when
// that ends, [io.EOF] once the subscription or the hub is closed, or a [*CutError]; the
// last two are final. Only one goroutine may be in Next at a time.
func (s *Subscription) Next(ctx context.Context) (Delivery, error) {
	for {
		if err := ctx.Err(); err != nil {
			return Delivery{}, err
		}
		d, wait, err := s.take()
		if d.ID != 0 || err != nil {
			return d, err
		}
		s.await(ctx, wait)
	}
}

// Resume returns what a reader who got nothing yet gives as [Filter.After] when it comes
// back; see [Delivery].
func (s *Subscription) Resume() uint64 { return s.start }

// Close ends the subscription; what waits is forgotten. It may be called from any
// goroutine, and again.
func (s *Subscription) Close() {
	s.hub.remove(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop(io.EOF)
}

// take returns the event that is due, or how long to wait for one: 0 means until there
// is something new.
func (s *Subscription) take() (Delivery, time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end != nil {
		return Delivery{}, 0, s.end
	}
	if d, ok := s.phases.pop(); ok {
		return s.handOut(d), 0, nil
	}
	d, wait := s.takeLatest()
	if d.ID != 0 {
		return s.handOut(d), 0, nil
	}
	if d, ok := s.lines.pop(); ok {
		return s.handOut(s.markMissed(d)), 0, nil
	}
	if s.ending {
		return Delivery{}, 0, io.EOF
	}
	return Delivery{}, wait, nil
}

// takeLatest returns the first slot's event that is due, or the shortest wait for one.
// mu held.
func (s *Subscription) takeLatest() (Delivery, time.Duration) {
	now, interval := s.hub.opts.Now(), time.Duration(s.hub.interval.Load())
	var shortest time.Duration
	for i := range s.slots {
		sl := &s.slots[i]
		if sl.latest.ID == 0 {
			continue
		}
		wait := sl.next.Sub(now)
		if wait > interval { // the clock was set back, or readers have left
			wait = 0
		}
		if wait <= 0 || s.ending {
			d := sl.latest
			sl.latest, sl.next = Delivery{}, now.Add(interval)
			return d, 0
		}
		if shortest == 0 || wait < shortest {
			shortest = wait
		}
	}
	return Delivery{}, shortest
}

// handOut notes how far the reader has come. What is published is offered in the order
// of its IDs, so nothing waits that is older than the oldest of each queue. mu held.
func (s *Subscription) handOut(d Delivery) Delivery {
	s.highest = max(s.highest, d.ID)
	d.Resume = s.highest
	for _, q := range []*fifo{&s.phases, &s.lines} {
		if oldest, ok := q.peek(); ok {
			d.Resume = min(d.Resume, oldest.ID-1)
		}
	}
	return d
}

// markMissed writes into a line how many were lost before it. mu held.
func (s *Subscription) markMissed(d Delivery) Delivery {
	if s.missed == 0 {
		return d
	}
	l := d.Event.(Line)
	l.Missed, s.missed = s.missed, 0
	d.Event = l
	return d
}

// replay queues what a reader who comes back has not seen, as far as the hub has it. What
// it missed takes no room from what follows, or the next change would cut it off again.
func (s *Subscription) replay(phases, lines []Delivery) {
	for _, d := range phases {
		if d.ID > s.filter.After {
			s.phases.limit++
			s.offerPhase(d)
		}
	}
	for _, d := range lines {
		if l := d.Event.(Line); d.ID > s.filter.After {
			s.offerLine(d, l.Level)
		}
	}
}

// await returns when there may be something to take.
func (s *Subscription) await(ctx context.Context, wait time.Duration) {
	var due <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-ctx.Done():
	case <-s.wake:
	case <-due:
	}
}

// offerLatest replaces the slot's event. The reader is woken only when the slot was
// empty: otherwise it knows, and waits for the interval to pass.
func (s *Subscription) offerLatest(id slotID, d Delivery) {
	if !s.filter.wants(id.kind()) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.slots[id].latest.ID == 0 {
		s.signal()
	}
	s.slots[id].latest = d
}

// offerLine queues a line and says whether the oldest had to go for it.
func (s *Subscription) offerLine(d Delivery, level slog.Level) (dropped bool) {
	if !s.filter.wants(KindLine) || level < s.filter.Level {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.signal()
	if s.lines.push(d) {
		return false
	}
	s.lines.pop()
	s.lines.push(d)
	s.missed++
	return true
}

// offerPhase queues a phase change. If there is no room the subscription is cut off,
// and the phase changes that its reader will not get are counted.
func (s *Subscription) offerPhase(d Delivery) (lost uint64) {
	if !s.filter.wants(KindPhase) {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phases.push(d) {
		s.signal()
		return 0
	}
	lost = uint64(s.phases.size) + 1
	s.stop(&CutError{Lost: lost})
	return lost
}

// overtake forgets progress within a phase that the run has left.
func (s *Subscription) overtake(c *PhaseChange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, waits := s.slots[progressSlot].latest.Event.(Progress)
	if waits && (p.Run == c.Run && p.Phase < c.To || string(p.Run[:]) < string(c.Run[:])) {
		s.slots[progressSlot].latest = Delivery{}
	}
}

// finish lets the reader have what waits, and then the end.
func (s *Subscription) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ending = true
	s.signal()
}

// stop ends the subscription now. The first reason stays. mu held.
func (s *Subscription) stop(reason error) {
	if s.end == nil {
		s.end = reason
	}
	s.phases.clear()
	s.lines.clear()
	s.slots = [slotCount]slot{}
	s.signal()
}

func (s *Subscription) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
