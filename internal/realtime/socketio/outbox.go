package socketio

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// errNothingTaken is what put returns when the one who takes has stopped.
var errNothingTaken = errors.New("nothing was taken")

// outbox holds what waits for a client. Any number of goroutines put, one takes.
type outbox struct {
	limit int
	ready chan struct{} // of one: whoever takes should look

	mu    sync.Mutex
	queue []Message // the first is at head
	head  int
	room  chan struct{} // not nil: somebody waits; closed when something is taken
}

func newOutbox(limit int) *outbox {
	return &outbox{limit: limit, ready: make(chan struct{}, 1)}
}

// put queues m, when there is room. It gives up with the cause of ctx or gone, or when
// nothing was taken for the time stall.
func (o *outbox) put(ctx, gone context.Context, stall time.Duration, m Message) error {
	for {
		if gone.Err() != nil {
			return context.Cause(gone)
		}
		room := o.offer(m)
		if room == nil {
			return nil
		}
		timer := time.NewTimer(stall)
		select {
		case <-room:
			timer.Stop()
		case <-timer.C:
			return errNothingTaken
		case <-gone.Done():
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}

// offer queues m and returns nil, or returns what is closed once there is room.
func (o *outbox) offer(m Message) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue)-o.head >= o.limit {
		if o.room == nil {
			o.room = make(chan struct{})
		}
		return o.room
	}
	o.push(m)
	return nil
}

// force queues m beyond the limit: for what the protocol itself has to say.
func (o *outbox) force(m Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.push(m)
}

// push needs mu held.
func (o *outbox) push(m Message) {
	if o.head > 0 && len(o.queue) == cap(o.queue) {
		o.queue = slices.Delete(o.queue, 0, o.head)
		o.head = 0
	}
	o.queue = append(o.queue, m)
	o.wake()
}

// wake makes whoever takes look, though there may be nothing.
func (o *outbox) wake() {
	select {
	case o.ready <- struct{}{}:
	default:
	}
}

// take returns the first message, if there is one.
func (o *outbox) take() (Message, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.head == len(o.queue) {
		return Message{}, false
	}
	m := o.queue[o.head]
	o.queue[o.head] = Message{}
	if o.head++; o.head == len(o.queue) {
		o.queue, o.head = o.queue[:0], 0
	}
	o.tookSome()
	return m, true
}

// takeAll returns all messages.
func (o *outbox) takeAll() []Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.queue[o.head:]
	o.queue, o.head = nil, 0
	if len(all) > 0 {
		o.tookSome()
	}
	return all
}

// tookSome needs mu held.
func (o *outbox) tookSome() {
	if o.room != nil {
		close(o.room)
		o.room = nil
	}
}
