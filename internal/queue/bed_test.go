package queue_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/queue"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/memstore"
)

// call is a handler made of a function. Its zero extra fields make it a slow one that
// takes one order at a time.
type call struct {
	do    func(context.Context, *order.Order) error
	fast  bool
	batch int
}

func (c call) Handle(ctx context.Context, o *order.Order) error { return c.do(ctx, o) }
func (c call) Batch() int                                       { return max(1, c.batch) }
func (c call) Fast() bool                                       { return c.fast }
func (c call) Foretell(o *order.Order)                          { o.Process(time.Time{}) }

var _ handler.Handler = call{}

// event is one entry of a trace.
type event struct {
	what queue.TraceEvent
	key  order.Key
}

// bed is a pool over a store in memory, in a bubble of synctest.
type bed struct {
	*testing.T
	ctx   context.Context
	s     *memstore.Store
	pool  *queue.Pool
	stop  func() // ends the pool and waits for it
	mu    sync.Mutex
	trace []event
}

// inBubble runs f with a pool that calls h.
func inBubble(t *testing.T, opts queue.Options, h handler.Handler, f func(b *bed)) {
	t.Helper()
	inBubbleOver(t, func(s queue.Store) queue.Store { return s }, opts, h, f)
}

// inBubbleOver is inBubble with a pool that sees the store through what wrap returns.
func inBubbleOver(t *testing.T, wrap func(queue.Store) queue.Store, opts queue.Options, h handler.Handler, f func(b *bed)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bed{T: t, ctx: t.Context(), s: memstore.New()}
		if opts.Handlers == nil {
			opts.Handlers = func(order.Run) (handler.Handler, error) { return h, nil }
		}
		opts.Trace = func(what queue.TraceEvent, k order.Key) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.trace = append(b.trace, event{what, k})
		}
		b.pool = queue.New(wrap(b.s), opts)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			if err := b.pool.Run(ctx); err != nil {
				t.Errorf("Run = %v, want no error", err)
			}
		}()
		b.stop = func() { cancel(); <-done }
		defer b.stop()
		f(b)
	})
}

// begin accepts a run of the tiers' orders, D for DIAMOND, anything else BRONZE, in
// blocks of the given size, with both lanes ready.
func (b *bed) begin(kind order.Kind, block int, tiers string) order.Run {
	b.Helper()
	run, err := b.s.Begin(b.ctx, order.Spec{
		Kind: kind, Target: int64(len(tiers)), Weights: order.Weights{1}, ChunkSize: 100, BlockSize: block,
		Work: order.Work{Handler: handler.NameMark, Attempts: 3},
	}, time.Now(), nil)
	if err != nil {
		b.Fatalf("Begin = %v, want no error", err)
	}
	b.insert(&run, tiers)
	return run
}

// insert adds orders to a run.
func (b *bed) insert(run *order.Run, tiers string) {
	b.Helper()
	orders := make([]order.Order, len(tiers))
	first := run.Cursor.Next
	for i := range orders {
		orders[i] = order.Order{Key: run.ID.Key(first + uint64(i)), Customer: "Cliente", Amount: 1, CreatedAt: run.ID.Started()}
		if tiers[i] == 'D' {
			orders[i].Tier = order.Diamond
		}
	}
	run.Cursor.Next += uint64(len(tiers))
	_, err := b.s.Insert(b.ctx, store.Fence{Run: run.ID, Epoch: run.Epoch}, store.Chunk{
		First: first, Orders: orders, Next: run.Cursor, Ready: []order.Priority{order.VIP, order.Normal},
	})
	if err != nil {
		b.Fatalf("Insert = %v, want no error", err)
	}
}

// drained waits until the run has no unsettled order and returns its counts.
func (b *bed) drained(run order.Run) order.Counts {
	b.Helper()
	for {
		changed := b.s.Changed()
		c := b.counts(run)
		if c.Unsettled() == 0 {
			return c
		}
		select {
		case <-changed:
		case <-time.After(24 * time.Hour):
			b.Fatalf("the run does not drain: %+v", c)
		}
	}
}

func (b *bed) counts(run order.Run) order.Counts {
	b.Helper()
	c, err := b.s.Counts(b.ctx, run.ID)
	if err != nil {
		b.Fatalf("Counts = %v, want no error", err)
	}
	return c
}

func (b *bed) order(run order.Run, index uint64) order.Order {
	b.Helper()
	o, err := b.s.Order(b.ctx, run.ID.Key(index))
	if err != nil {
		b.Fatalf("Order(%d) = %v, want no error", index, err)
	}
	return o
}

// events returns the trace so far.
func (b *bed) events() []event {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]event(nil), b.trace...)
}

// handedOut returns how many orders were handed out so far.
func (b *bed) handedOut() int {
	n := 0
	for _, e := range b.events() {
		if e.what == queue.HandOut {
			n++
		}
	}
	return n
}

// pass lets that much of a synctest bubble's fake time go by, in which everything else in
// it gets as far as it can. It takes no time.
func pass(d time.Duration) { time.Sleep(d) } // fake: only bubbles call it
