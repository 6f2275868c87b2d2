package realtime

import (
	"context"
	"errors"
	"time"

	"github.com/filavip/filavip/internal/event"
)

// follower sends one client what its subscription gives.
type follower struct {
	encoder *encoder
	send    func(packet) error
	wants   func(name string) bool // nil: all

	every     time.Duration // zero: never
	keepAlive func() error  // called when nothing was sent for so long

	shown uint64 // number of the last snapshot that was sent
}

// follow sends the current snapshot, as of now, and all that follows, until something
// ends: the context, the subscription, or the client's patience.
func (f *follower) follow(ctx context.Context, sub *event.Subscription, current event.Status, now time.Time) error {
	first, err := statusPacket(&current, now)
	if err != nil {
		return err
	}
	if err := f.pass(f.encoder.resumingAt([]packet{first}, sub.Resume())[0]); err != nil {
		return err
	}
	for {
		d, err := f.next(ctx, sub)
		if err != nil {
			return err
		}
		packets, err := f.encoder.encode(d)
		if err != nil {
			return err
		}
		for _, p := range packets {
			if err := f.pass(p); err != nil {
				return err
			}
		}
	}
}

// next returns the next event, and keeps the connection alive while there is none.
func (f *follower) next(ctx context.Context, sub *event.Subscription) (event.Delivery, error) {
	if f.every == 0 {
		return sub.Next(ctx)
	}
	for {
		idle, cancel := context.WithTimeout(ctx, f.every)
		d, err := sub.Next(idle)
		cancel()
		if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return d, err
		}
		if err := f.keepAlive(); err != nil {
			return d, err
		}
	}
}

// pass sends a packet that the client wants, unless it is a snapshot no newer than the
// last: that of a phase change comes twice, and one that is replayed is old.
func (f *follower) pass(p packet) error {
	if f.wants != nil && !f.wants(p.name) {
		return nil
	}
	if p.snapshot != 0 && p.snapshot <= f.shown {
		return nil
	}
	f.shown = max(f.shown, p.snapshot)
	return f.send(p)
}
