package event

import (
	"sync"
	"time"
)

// Options shape a Hub. Zero fields take the defaults.
type Options struct {
	// Now measures the interval between snapshots. Default: [time.Now].
	Now func() time.Time
	// Interval is the least time between two snapshots of one kind towards one
	// subscriber. Default: 100 ms.
	Interval time.Duration
	// PhaseQueue is how many phase changes wait for a subscriber before it is cut off.
	// Default: 64, the phases of eight runs.
	PhaseQueue int
	// LineQueue is how many lines wait for a subscriber before the oldest are dropped.
	// Default: 256.
	LineQueue int
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Interval <= 0 {
		o.Interval = 100 * time.Millisecond
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
	opts Options

	// mu guards what follows. It is taken before the lock of a subscription and held
	// while an event is offered to all, so that all see events in one order.
	mu      sync.Mutex
	closed  bool
	current Status
	lineSeq uint64
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
	return &Hub{opts: opts.withDefaults(), subs: make(map[*Subscription]struct{})}
}

// PublishStatus makes s the current snapshot and offers it to the subscribers. A
// snapshot of a state that was left before the current one (an older generation or
// run, an earlier phase) is ignored, so that a slow sampler cannot turn time back.
// Within a phase the hub cannot tell which of two snapshots is newer: whoever samples
// and publishes does both under one lock, or from one goroutine.
func (h *Hub) PublishStatus(s Status) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.setStatus(s)
}

// PublishPhase announces a phase change together with the snapshot that shows it, in
// one step: whoever subscribes before gets both, whoever subscribes after has it in the
// current snapshot. A snapshot that PublishStatus would ignore is ignored here too; the
// change is announced all the same.
func (h *Hub) PublishPhase(c PhaseChange, s Status) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for sub := range h.subs {
		if lost := sub.offerPhase(c); lost > 0 {
			delete(h.subs, sub)
			h.stats.Cut++
			h.stats.LostPhases += lost
		}
	}
	h.setStatus(s)
}

// PublishProgress offers p to the subscribers.
func (h *Hub) PublishProgress(p Progress) { h.publish(progressSlot, p) }

// PublishMetrics offers m to the subscribers.
func (h *Hub) PublishMetrics(m Metrics) { h.publish(metricsSlot, m) }

// PublishLine numbers l and offers it to the subscribers that want its level.
func (h *Hub) PublishLine(l Line) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lineSeq++
	l.Seq = h.lineSeq
	var e Event = l
	for sub := range h.subs {
		if sub.offerLine(e, l.Level) {
			h.stats.DroppedLines++
		}
	}
}

// Subscribe returns a subscription to the kinds and levels the filter lets through, and
// the snapshot that its events follow. The caller closes it. On a closed hub it has
// ended already.
func (h *Hub) Subscribe(f Filter) (*Subscription, Status) {
	h.mu.Lock()
	defer h.mu.Unlock()
	sub := newSubscription(h, f)
	if h.closed {
		sub.finish()
	} else {
		h.subs[sub] = struct{}{}
	}
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

// setStatus needs mu held.
func (h *Hub) setStatus(s Status) {
	if h.closed || s.olderThan(&h.current) {
		return
	}
	s.Seq = h.current.Seq + 1
	h.current = s
	h.offer(statusSlot, s)
}

func (h *Hub) publish(slot slotID, e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.offer(slot, e)
}

// offer needs mu held.
func (h *Hub) offer(slot slotID, e Event) {
	for sub := range h.subs {
		sub.offerLatest(slot, e)
	}
}

// remove ends the hub's interest in a subscription.
func (h *Hub) remove(sub *Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.subs, sub)
}
