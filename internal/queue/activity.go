package queue

import (
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Activity is what a worker does at one instant.
type Activity struct {
	Worker string
	// Run is what it works for; zero while it is idle, and then so are Lane, Order and Left.
	Run  order.RunID
	Lane order.Priority
	// Order is in its handler; zero between two orders, and for fast handlers.
	Order order.Key
	// Left is how many orders of what it claimed it has not been through with. A fast
	// handler's are counted block by block.
	Left int
	// Since is when the handler was called. Outside of one, it is when the worker took up
	// its present block or, if it is idle, became so; zero before Run.
	Since time.Time
}

// Idle says whether the worker has no order in hand.
func (a *Activity) Idle() bool { return a.Run.IsZero() }

// Activity returns what each worker does, in the order of their names' numbers. Each is
// of one instant, but not all of the same.
func (p *Pool) Activity() []Activity {
	all := make([]Activity, len(p.workers))
	for i, w := range p.workers {
		all[i] = w.activity()
	}
	return all
}

// hand is what a worker has in hand: nothing if the run is zero.
type hand struct {
	run   order.RunID
	lane  order.Priority
	left  int
	since time.Time
}

func (w *worker) activity() Activity {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := Activity{Worker: w.name, Run: w.hand.run, Lane: w.hand.lane, Left: w.hand.left, Since: w.hand.since}
	if w.claim != nil {
		a.Order, a.Since = w.key, w.since
	}
	return a
}

// takeUp notes that the worker begins the first of these claims.
func (w *worker) takeUp(claims []*store.Claim) {
	now := hand{run: claims[0].Run, lane: claims[0].Priority, since: w.pool.opts.Clock()}
	for _, c := range claims {
		now.left += len(c.Indexes)
	}
	w.setHand(now)
}

// layDown notes that the worker has nothing in hand.
func (w *worker) layDown() { w.setHand(hand{since: w.pool.opts.Clock()}) }

func (w *worker) setHand(now hand) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hand = now
}
