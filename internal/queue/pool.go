package queue

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Store is what the pool needs of a store.
type Store interface {
	store.Lanes
	store.Gate
	Run(ctx context.Context, id order.RunID) (order.Run, error)
	Totals(ctx context.Context) (store.Totals, error)
	Pause(ctx context.Context, idem *store.Idempotency) error
	Resume(ctx context.Context, idem *store.Idempotency) error
}

// Options say how a pool works. Zero values mean what their comments say.
type Options struct {
	Workers     int                                      // 25; none if negative
	Node        string                                   // goes before the workers' names towards the store, which knows those of other processes too
	Handlers    func(order.Run) (handler.Handler, error) // the handler of a run; [handler.New] of its work
	Backoff     Backoff                                  // see there
	SettleEvery time.Duration                            // 250 ms: how long outcomes of slow handlers wait
	Grace       time.Duration                            // 10 s: how long a stopping pool lets handlers finish
	Silent      time.Duration                            // 30 s: after it a handler counts as stuck
	Clock       func() time.Time                         // time.Now
	Logger      *slog.Logger                             // discards
	Metrics     *metrics.Registry                        // none
	Trace       func(event TraceEvent, k order.Key)      // nothing; called at hand-out and at settle
}

// TraceEvent is a moment in an order's way that a test may watch.
type TraceEvent uint8

// The trace events.
const (
	HandOut TraceEvent = iota // the handler is about to be called
	Settled                   // the outcome, which is not a retry, is durable
)

func (o Options) withDefaults() Options {
	if o.Workers == 0 {
		o.Workers = 25
	}
	if o.Handlers == nil {
		o.Handlers = func(r order.Run) (handler.Handler, error) { return handler.New(r.Spec.Work, r.Spec.Seed) }
	}
	if o.SettleEvery == 0 {
		o.SettleEvery = 250 * time.Millisecond
	}
	if o.Grace == 0 {
		o.Grace = 10 * time.Second
	}
	if o.Silent == 0 {
		o.Silent = 30 * time.Second
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Backoff = o.Backoff.withDefaults()
	return o
}

// Pool is a set of workers over a store. It belongs to the process, not to a run.
type Pool struct {
	store   Store
	opts    Options
	metrics *poolMetrics
	workers []*worker
	turn    chan struct{} // holds one: the worker that claims next
	inHand  atomic.Int64  // claims being worked on

	mu   sync.Mutex // guards runs
	runs map[order.RunID]*runWork
}

// runWork is what the pool keeps of a run.
type runWork struct {
	handler  handler.Handler
	attempts int
}

// maxRuns bounds how many runs the pool remembers the handler of.
const maxRuns = 64

// New returns a pool that does nothing until Run.
func New(s Store, opts Options) *Pool {
	opts = opts.withDefaults()
	prefix := ""
	if opts.Node != "" {
		prefix = opts.Node + "/"
	}
	p := &Pool{store: s, opts: opts, metrics: newPoolMetrics(opts.Metrics), turn: make(chan struct{}, 1), runs: make(map[order.RunID]*runWork)}
	for i := range max(0, opts.Workers) {
		name := fmt.Sprintf("worker-%d", i+1)
		p.workers = append(p.workers, &worker{pool: p, name: name, known: prefix + name})
	}
	return p
}

// Run works until ctx is done, then stops claiming, lets orders inside handlers finish
// for the grace period, cancels those that did not, gives everything else back, and
// returns once no worker is left. It must be called once.
func (p *Pool) Run(ctx context.Context) error {
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var all, watch sync.WaitGroup
	for _, w := range p.workers {
		all.Go(func() { w.run(ctx, hard) })
	}
	watch.Go(func() { p.stopLost(hard) })
	defer watch.Wait()
	defer cancel()
	idle := make(chan struct{})
	go func() {
		all.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
	}
	timer := time.AfterFunc(p.opts.Grace, cancel)
	defer timer.Stop()
	<-idle
	return nil
}

// Workers returns how many workers the pool has.
func (p *Pool) Workers() int { return len(p.workers) }

// work returns what to call for a run's orders.
func (p *Pool) work(ctx context.Context, id order.RunID) (*runWork, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w := p.runs[id]; w != nil {
		return w, nil
	}
	run, err := p.store.Run(ctx, id)
	if err != nil {
		return nil, err
	}
	h, err := p.opts.Handlers(run)
	if err != nil {
		return nil, fmt.Errorf("handler of run %s: %w", id, err)
	}
	if len(p.runs) >= maxRuns {
		clear(p.runs)
	}
	w := &runWork{handler: h, attempts: run.Spec.Work.Attempts}
	p.runs[id] = w
	return w, nil
}
