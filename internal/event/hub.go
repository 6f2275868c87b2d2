package event

import (
	"sync"
	"sync/atomic"
	"time"
)

// Options shape a Hub. Zero fields take the defaults.
type Options struct {
	// Now measures the interval between snapshots. Default: [time.Now].
	Now func() time.Time
	// Interval is the least time between two snapshots of one kind towards one
	// subscriber. Default: 100 ms.
	Interval time.Duration
	// Budget is how many snapshots of one kind a second go out over all subscribers: with
	// more of them than it allows at that interval, each gets them less often.
	// Default: 2,000, so 200 subscribers get ten a second, and 1,000 two.
	Budget int
	// PhaseQueue is how many phase changes wait for a subscriber before it is cut off,
	// and how many the hub keeps for those who come back. Default: 64, the phases of
	// nine runs.
	PhaseQueue int
	// LineQueue is how many lines wait for a subscriber before the oldest are dropped,
	// and how many the hub keeps for those who come back. Default: 256.
	LineQueue int
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Interval <= 0 {
		o.Interval = 100 * time.Millisecond
	}
	if o.Budget <= 0 {
		o.Budget = 2_000
	}
	if o.PhaseQueue <= 0 {
		o.PhaseQueue = 64
	}
	if o.LineQueue <= 0 {
		o.LineQueue = 256
	}
	return o
}

// Hub hands every published event to every subscriber that wants its kind. It starts
// no goroutine. All methods are safe for concurrent use, and no Publish method waits
// for a subscriber. After Close they do nothing.
type Hub struct {
	opts     Options
	interval atomic.Int64 // nanoseconds, by the number of subscribers

	// mu guards what follows. It is taken before the lock of a subscription and held
	// while an event is offered to all, so that all see events in one order.
	mu      sync.Mutex
	closed  bool
	current Status
	lastID  uint64
	lineSeq uint64
	phases  fifo // the latest, for who comes back
	lines   fifo // the same
	subs    map[*Subscription]struct{}
	stats   Stats
}

// Stats count what a Hub has done since it was made.
type Stats struct {
	Subscribers  int    // at this moment
	Cut          uint64 // subscribers that were too slow for their phase changes
	LostPhases   uint64 // phase changes that were lost with them
	DroppedLines uint64 // lines that made room, over all subscribers
}

// NewHub returns a hub whose current Status is the zero one.
func NewHub(opts Options) *Hub {
	opts = opts.withDefaults()
	h := &Hub{
		opts:   opts,
		phases: fifo{limit: opts.PhaseQueue},
		lines:  fifo{limit: opts.LineQueue},
		subs:   make(map[*Subscription]struct{}),
	}
	h.pace()
	return h
}

// PublishStatus makes s the current snapshot and offers it to the subscribers. A
// snapshot of a state that was left before the current one (an older generation or
// run, an earlier phase) is ignored, so that a slow sampler cannot turn time back.
// Within a phase the hub cannot tell which of two snapshots is newer: whoever samples
// and publishes does both under one lock, or from one goroutine.
func (h *Hub) PublishStatus(s Status) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.take(&s) {
		h.offer(statusSlot, h.number(s))
	}
}

// PublishPhase announces a phase change together with the snapshot that shows it, in
// one step: whoever subscribes before gets both, whoever subscribes after has it in the
// current snapshot. A snapshot that PublishStatus would ignore is ignored here too; the
// change is announced all the same. Progress that was made before the change is not handed
// out behind it.
func (h *Hub) PublishPhase(c PhaseChange, s Status) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	d := h.number(c)
	taken := h.take(&s)
	if taken {
		d.Shown = &s
	}
	h.phases.keep(d)
	for sub := range h.subs {
		sub.overtake(&c)
		if lost := sub.offerPhase(d); lost > 0 {
			h.drop(sub)
			h.stats.Cut++
			h.stats.LostPhases += lost
		}
	}
	if taken {
		h.offer(statusSlot, h.number(s))
	}
}

// PublishProgress offers p to the subscribers.
func (h *Hub) PublishProgress(p Progress) { h.publish(progressSlot, p) }

// PublishMetrics offers m to the subscribers.
func (h *Hub) PublishMetrics(m Metrics) { h.publish(metricsSlot, m) }

// PublishLine numbers l and offers it to the subscribers that want its level.
func (h *Hub) PublishLine(l Line) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.lineSeq++
	l.Seq = h.lineSeq
	d := h.number(l)
	h.lines.keep(d)
	for sub := range h.subs {
		if sub.offerLine(d, l.Level) {
			h.stats.DroppedLines++
		}
	}
}

// Subscribe returns a subscription to the kinds and levels the filter lets through, and
// the snapshot that its events follow. If the filter says what its reader saw last,
// phase changes and lines that were published since come first, as far as the hub still
// has them; such phase changes may be older than the snapshot. The caller closes the
// subscription. On a closed hub it has ended already.
func (h *Hub) Subscribe(f Filter) (*Subscription, Status) {
	h.mu.Lock()
	defer h.mu.Unlock()
	sub := newSubscription(h, f)
	if h.closed {
		sub.finish()
		return sub, h.current
	}
	sub.start = h.lastID
	if f.After > 0 {
		sub.start = min(f.After, h.lastID)
		sub.replay(h.phases.all(), h.lines.all())
	}
	h.subs[sub] = struct{}{}
	h.pace()
	return sub, h.current
}

// Current returns the current snapshot.
func (h *Hub) Current() Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.current
}

// Stats returns what was counted so far.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	stats := h.stats
	stats.Subscribers = len(h.subs)
	return stats
}

// Close ends the hub. Its subscribers still get what waits for them, at once, and then
// the end. It does not wait for them and may be called again.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for sub := range h.subs {
		sub.finish()
	}
	clear(h.subs)
}

// number gives an event its place. mu held.
func (h *Hub) number(e Event) Delivery {
	h.lastID++
	return Delivery{ID: h.lastID, Event: e}
}

// take makes s the current snapshot, and says whether it did. mu held.
func (h *Hub) take(s *Status) bool {
	if h.closed || s.olderThan(&h.current) {
		return false
	}
	s.Seq = h.current.Seq + 1
	h.current = *s
	return true
}

func (h *Hub) publish(slot slotID, e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.offer(slot, h.number(e))
}

// offer needs mu held.
func (h *Hub) offer(slot slotID, d Delivery) {
	for sub := range h.subs {
		sub.offerLatest(slot, d)
	}
}

// remove ends the hub's interest in a subscription.
func (h *Hub) remove(sub *Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(sub)
}

// drop needs mu held.
func (h *Hub) drop(sub *Subscription) {
	delete(h.subs, sub)
	h.pace()
}

// pace sets how often each subscriber gets snapshots. mu held, or the hub is new.
func (h *Hub) pace() {
	share := time.Duration(len(h.subs)) * time.Second / time.Duration(h.opts.Budget)
	h.interval.Store(int64(max(h.opts.Interval, share)))
}
