package pipeline_test

import (
	"context"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/ordergen"
	"github.com/filavip/filavip/internal/pipeline"
	"github.com/filavip/filavip/internal/queue"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/memstore"
)

// bed is a pipeline and a pool over a store in memory, in a bubble of synctest.
type bed struct {
	*testing.T
	ctx  context.Context
	s    *memstore.Store
	opts pipeline.Options
	pl   *pipeline.Pipeline
	pool *queue.Pool

	mu      sync.Mutex
	phases  []order.Phase
	stopped func()
}

func inBubble(t *testing.T, opts pipeline.Options, f func(b *bed)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bed{T: t, ctx: t.Context(), s: memstore.New(), opts: opts}
		if b.opts.Open == nil {
			b.opts.Open = generated
		}
		b.opts.Publisher = b
		b.start()
		defer func() { b.stopped() }()
		f(b)
	})
}

func generated(_ context.Context, run order.Run) (pipeline.Source, error) {
	return ordergen.NewSource(run), nil
}

// PublishPhase implements [pipeline.Publisher].
func (b *bed) PublishPhase(c event.PhaseChange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.phases = append(b.phases, c.To)
}

// seen returns the phases published so far.
func (b *bed) seen() []order.Phase {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.phases)
}

// pass lets that much of the bubble's fake time go by, in which everything else in it
// gets as far as it can. It takes no time.
func pass(d time.Duration) { time.Sleep(d) } // fake: only bubbles call it

// start begins a process over the store.
func (b *bed) start() {
	b.pl = pipeline.New(b.s, b.opts)
	b.pool = queue.New(b.s, queue.Options{Workers: 5})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = b.pool.Run(ctx) }()
	b.stopped = func() {
		b.pl.Stop()
		cancel()
		<-done
	}
}

// restart ends the process and starts another over the same data.
func (b *bed) restart() {
	b.stopped()
	b.s = b.s.Reopen()
	b.start()
}

// spec is a run of n generated orders.
func spec(n int64, work order.Work) order.Spec {
	return order.Spec{
		Kind: order.Generated, Target: n, Seed: 42, Weights: order.Weights{25, 25, 25, 25},
		Work: work, ChunkSize: 100, BlockSize: 10,
	}
}

func mark() order.Work { return order.Work{Handler: handler.NameMark, Attempts: 3} }

// simulate is work of a millisecond that fails once in four times.
func simulate() order.Work {
	return order.Work{Handler: handler.NameSimulate, Delay: time.Millisecond, Failures: 0.25, Attempts: 3}
}

func (b *bed) begin(s order.Spec) order.Run {
	b.Helper()
	run, err := b.pl.Start(b.ctx, s, nil)
	if err != nil {
		b.Fatalf("Start = %v, want no error", err)
	}
	return run
}

// wait returns the run and its counts once it has ended.
func (b *bed) wait(id order.RunID) (order.Run, order.Counts) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 24*time.Hour)
	defer cancel()
	run, err := b.pl.Wait(ctx, id)
	if err != nil {
		b.Fatalf("Wait = %v in phase %v, want an end", err, run.Phase)
	}
	counts, err := b.s.Counts(b.ctx, id)
	if err != nil {
		b.Fatalf("Counts = %v", err)
	}
	return run, counts
}

// isDone checks that a run ended well, with the digest that its seed foretells.
func (b *bed) isDone(run order.Run, c order.Counts) {
	b.Helper()
	if run.Phase != order.Done || run.Failure != nil {
		b.Fatalf("run ended in %v, %+v; want DONE", run.Phase, run.Failure)
	}
	h, err := handler.New(run.Spec.Work, run.Spec.Seed)
	if err != nil {
		b.Fatal(err)
	}
	want := ordergen.New(run.Spec.Seed, run.Spec.Weights).Digest(uint64(run.Spec.Target), h.Foretell)
	if got := c.Digest(); got != want {
		b.Errorf("digest = %v, want %v as the seed foretells", got, want)
	}
	if c.Generated() != run.Spec.Target || c.Processed()+c.Dead() != run.Spec.Target || !c.Conserved() {
		b.Errorf("counts = %+v, want %d orders settled", c, run.Spec.Target)
	}
	if c[order.Normal].First.Before(c[order.VIP].Last) {
		b.Errorf("the first NORMAL began at %v, before the last VIP was settled at %v", c[order.Normal].First, c[order.VIP].Last)
	}
}

// listed is a source of given orders that ends with err.
type listed struct {
	run    order.Run
	left   []order.Order
	cursor order.Cursor
	err    error
	refuse func(*order.Order, error) error
}

func (l *listed) Next(_ context.Context, dst []order.Order) (int, order.Cursor, error) {
	n := copy(dst, l.left)
	l.left = l.left[n:]
	for i := range dst[:n] {
		dst[i].Key = l.run.ID.Key(l.cursor.Next + uint64(i))
		dst[i].CreatedAt = l.run.ID.Started()
	}
	l.cursor.Next += uint64(n)
	if n > 0 {
		return n, l.cursor, nil
	}
	if l.err == io.EOF {
		l.cursor.End = true
	}
	return 0, l.cursor, l.err
}

func (l *listed) Refuse(orders []order.Order, refused []store.Refusal) error {
	for _, r := range refused {
		if err := l.refuse(&orders[r.At], r.Err); err != nil {
			return err
		}
	}
	return nil
}

func (l *listed) Close() error { return nil }
