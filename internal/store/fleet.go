package store

import (
	"context"
	"time"
)

// Fleet is what a store adds that the processes of several machines share.
type Fleet interface {
	// Lead waits until this process may coordinate, which one at a time may, and then
	// calls lead. The context that lead gets ends when the term does: when ctx is done, or
	// as soon as it is no longer certain that no other process leads. From then on no
	// write of the term takes effect, however late it arrives. Lead then waits for the
	// next term; it returns once ctx is done and lead has returned.
	Lead(ctx context.Context, lead func(ctx context.Context)) error
	// Leading says whether this process coordinates at present.
	Leading() bool
	// Join registers this process and keeps its entry fresh until ctx is done, when the
	// entry is removed. self is asked each time.
	Join(ctx context.Context, self func() Member) error
	// Members returns the processes that are registered, those that have gone silent
	// among them, in the order of their names.
	Members(ctx context.Context) ([]Member, error)
	// Ping returns nil if everything the store depends on answers, else an error that
	// wraps [order.ErrUnavailable] and names what does not.
	Ping(ctx context.Context) error
}

// Member is one process of a fleet.
type Member struct {
	Node        string // its name, unique in the fleet
	Host        string
	PID         int
	Role        string // "serve", "run" or "worker"
	Version     string
	Addr        string // of its API; empty if it has none
	Workers     int
	InHand      int // claims being worked on
	Started     time.Time
	Seen        time.Time // last sign of life, by the store's clock
	Alive       bool      // it was seen within its lease
	Coordinator bool
}
