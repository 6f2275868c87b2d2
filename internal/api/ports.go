package api

import (
	"context"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Pipeline starts and stops batch runs.
type Pipeline interface {
	// Start accepts a run, durably, and returns without waiting for it. While a batch
	// run is active it returns an [order.ActiveRunError], unless idem names a run that
	// was started before: it then returns that one, whatever is active now.
	Start(ctx context.Context, spec order.Spec, idem *store.Idempotency) (order.Run, error)
	// Current returns the batch run that is active, or else the latest, with its counts;
	// nil before any.
	Current(ctx context.Context) (*order.Run, order.Counts, error)
	// Cancel ends the active batch run and waits up to wait for orders in hand. Without
	// one it returns the zero Cancelled or [order.ErrNotFound]; with a known idem, what
	// it returned for it before.
	Cancel(ctx context.Context, opts store.CancelOptions, wait time.Duration, idem *store.Idempotency) (store.Cancelled, error)
	// Reset stops every run and empties the store.
	Reset(ctx context.Context, idem *store.Idempotency) (store.Wiped, error)
	// EndStale ends the active run if it has come to a standstill that it will not leave
	// by itself, and says why; empty if there is none. A run that Start has just accepted
	// is none.
	EndStale(ctx context.Context) (why string, err error)
}

// Queue controls the workers.
type Queue interface {
	// Pause stops all hand-out until Resume.
	Pause(ctx context.Context, idem *store.Idempotency) error
	// Resume undoes Pause and Close.
	Resume(ctx context.Context, idem *store.Idempotency) error
	// Close pauses, and waits until no worker has an order in hand.
	Close(ctx context.Context) error
	// RecoverStuck stops up to limit handlers that have been silent for too long, gives
	// their orders back with no attempt consumed, and returns how many.
	RecoverStuck(ctx context.Context, limit int) (int, error)
	// Workers returns how many workers there are.
	Workers() int
	// Activity returns what each worker does.
	Activity() []Activity
}

// Activity is what a worker does at one instant.
type Activity struct {
	Worker string         // its name
	Run    order.RunID    // that it works for; zero while it is idle
	Lane   order.Priority // unless idle
	Order  order.Key      // in its handler; zero if none is, or the handler takes no time
	Left   int            // orders it took and has not been through with
	Since  time.Time      // when the handler was called, or else it came into this state
}

// Store is what the API reads, and the acts on orders that belong to no run.
type Store interface {
	store.Reader
	History
	Jobs
	Listings
	Cleaner
}

// Listings page through orders and dead letters; see [store.Lister].
type Listings interface {
	Orders(ctx context.Context, q store.OrderQuery) (store.OrderPage, error)
	DeadLetters(ctx context.Context, q store.DeadQuery) (store.DeadPage, error)
	Groups(ctx context.Context) ([]store.Group, error)
}

// History reads run documents; see [store.Runs].
type History interface {
	Run(ctx context.Context, id order.RunID) (order.Run, error)
	Runs(ctx context.Context, before order.RunID, limit int) ([]order.Run, error)
}

// Jobs lists jobs; see [store.Lister].
type Jobs interface {
	Jobs(ctx context.Context, q store.JobQuery) ([]store.Job, error)
}

// Cleaner removes orders and puts dead letters back; see [store.Verbs].
type Cleaner interface {
	Clean(ctx context.Context, opts store.CleanOptions, idem *store.Idempotency) (int64, error)
	Redrive(ctx context.Context, opts store.RedriveOptions, idem *store.Idempotency) (int64, error)
}

// Logs keeps the latest log lines.
type Logs interface {
	// Tail returns up to n of the latest lines of each level, oldest first.
	Tail(n int) (info, warn, errors []string)
	// Reset forgets them.
	Reset()
}

// Check is one thing the server needs to do its work.
type Check struct {
	Name  string
	Check func(context.Context) error
}
