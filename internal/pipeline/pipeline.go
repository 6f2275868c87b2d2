package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Store is what the pipeline needs of a store.
type Store interface {
	store.Runs
	store.Source
	Counts(ctx context.Context, run order.RunID) (order.Counts, error)
	Drained(ctx context.Context, run order.RunID, lane order.Priority) (bool, error)
	Changed() <-chan struct{}
	Cancel(ctx context.Context, run order.RunID, opts store.CancelOptions, idem *store.Idempotency) (store.Cancelled, error)
	Reset(ctx context.Context, idem *store.Idempotency) (store.Wiped, error)
}

// Source gives a run's orders, from the run's cursor on. It is used by one goroutine.
type Source interface {
	// Next fills dst from its start with the next orders, keys assigned, and returns how
	// many there are and the cursor behind them. [io.EOF] comes with no order, after the
	// last one; the cursor then has End set.
	Next(ctx context.Context, dst []order.Order) (int, order.Cursor, error)
	// Close gives up what the source holds.
	Close() error
}

// Refuser is a source that wants to hear which of its orders the store does not take,
// because their refs are taken.
type Refuser interface {
	// Refuse is told of orders of one chunk. Those whose refs other orders have come
	// before the chunk is stored without them, and come again, maybe to another process,
	// if that is prevented; those that are stored already, their Err nil, come after. An
	// error ends the run, as all of the former do if it is strict.
	Refuse(orders []order.Order, refused []store.Refusal) error
}

// Publisher hears of phases once they are durable.
type Publisher interface {
	PublishPhase(change event.PhaseChange)
}

// Options say how a pipeline works.
type Options struct {
	// Open returns the source of a run's orders. Required. The source may be read until
	// ctx ends, and must not wait beyond that.
	Open func(ctx context.Context, run order.Run) (Source, error)
	// InHand returns how many of a run's orders are inside handlers; none if nil.
	InHand func(run order.RunID) int
	// Publisher hears of phase changes; nobody if nil, or with Shared.
	Publisher Publisher
	// Shared says that other processes work on the store. A run is then driven within Lead
	// alone, wherever it was begun, and a [PhaseWatch] tells each process of the phases.
	Shared bool
	// Clock tells the time; time.Now if nil. It must not go back within the process.
	Clock func() time.Time
	// Logger is told of phases and troubles; discards if nil.
	Logger *slog.Logger
	// ProgressEvery is the time between two log lines about a run; none if zero.
	ProgressEvery time.Duration
	// Metrics receives the pipeline's metrics; none if nil.
	Metrics *metrics.Registry
}

// Pipeline drives batch runs, one at a time. Its methods are safe for concurrent use.
type Pipeline struct {
	store Store
	opts  Options
	ended *metrics.CounterVec // runs, by result

	base    context.Context // ends with Stop
	stop    context.CancelFunc
	all     sync.WaitGroup
	started chan struct{} // Shared: holds one once this process has begun a run

	starting sync.Mutex // held from a run's acceptance until it is in driven

	mu     sync.Mutex      // guards what follows
	term   context.Context // of all drives: base or, if the store is shared, that of Lead; nil: none may begin
	driven map[order.RunID]*drive

	announcing sync.Mutex  // one announcement at a time; guards over
	over       order.RunID // the newest run whose end was announced
}

// drive is the work on one run.
type drive struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// New returns a pipeline over a store. Stop must be called to end it.
func New(s Store, opts Options) *Pipeline {
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	base, stop := context.WithCancel(context.Background())
	p := &Pipeline{store: s, opts: opts, base: base, stop: stop, started: make(chan struct{}, 1), driven: make(map[order.RunID]*drive)}
	if !opts.Shared {
		p.term = base
	}
	p.registerMetrics()
	return p
}

// Stop ends the work on all runs and waits until it has ended. The runs stay as they
// are, to be resumed.
func (p *Pipeline) Stop() {
	p.stop()
	p.end() // so that none begins while this waits
	p.all.Wait()
}

// Start accepts a run and begins to drive it, or leaves that to the process that leads. It
// returns once the run is durable. If a batch run is active it returns an
// [order.ActiveRunError].
func (p *Pipeline) Start(ctx context.Context, spec order.Spec, idem *store.Idempotency) (order.Run, error) {
	if err := Validate(spec); err != nil {
		return order.Run{}, err
	}
	run, work, err := p.accept(ctx, spec, idem)
	if err != nil {
		return run, fmt.Errorf("start run: %w", err)
	}
	if work != nil {
		p.publish(&run, order.Idle)
		work()
	}
	return run, nil
}

// accept makes a run durable and takes it on in one step, so that it is at no moment a
// run that nobody works on. work begins to drive it; nil if idem names a run that was
// begun before.
func (p *Pipeline) accept(ctx context.Context, spec order.Spec, idem *store.Idempotency) (run order.Run, work func(), err error) {
	p.starting.Lock()
	defer p.starting.Unlock()
	now := p.opts.Clock()
	run, err = p.store.Begin(ctx, spec, now, idem)
	if err != nil || !run.Accepted.Equal(now) {
		return run, nil, err
	}
	if p.opts.Shared {
		return run, p.tellLead, nil
	}
	return run, p.takeOn(run), nil
}

// Resume drives on every batch run that a process before this one left active, and
// returns them. The time in which nobody worked is noted in the run. A shared store is for
// Lead.
func (p *Pipeline) Resume(ctx context.Context) ([]order.Run, error) {
	runs, err := p.undriven(ctx)
	if err != nil {
		return nil, fmt.Errorf("resume: %w", err)
	}
	var resumed []order.Run
	for _, run := range runs {
		run, err := p.noteGap(ctx, run, 0)
		if err != nil {
			return resumed, fmt.Errorf("resume run %s: %w", run.ID, err)
		}
		p.opts.Logger.Info("run resumed", "run", run.ID, "phase", run.Phase, "generated", run.Cursor.Next)
		p.takeOn(run)()
		resumed = append(resumed, run)
	}
	return resumed, nil
}

// noteGap records the time from the run's last sign of life to now, unless it is shorter
// than least.
func (p *Pipeline) noteGap(ctx context.Context, run order.Run, least time.Duration) (order.Run, error) {
	counts, err := p.store.Counts(ctx, run.ID)
	if err != nil {
		return run, err
	}
	last := run.Entered[run.Phase]
	for lane := range counts {
		if counts[lane].Last.After(last) {
			last = counts[lane].Last
		}
	}
	now := p.opts.Clock()
	if now.Before(last) {
		now = last
	}
	if now.Sub(last) < least {
		return run, nil
	}
	return p.store.Advance(ctx, fenceOf(&run), store.Step{
		From: run.Phase, To: run.Phase, At: now, Gap: &order.Gap{From: last, To: now},
	})
}

// standstill is why a run is active although nobody works on it.
const standstill = "an earlier process left it unfinished, and this one was told not to resume it"

// EndStale ends the active batch run if nobody works on it, and says why it came to a
// standstill; empty if there is no such run. Of a run in a shared store that is never
// known: whoever leads, or will, goes on with it.
func (p *Pipeline) EndStale(ctx context.Context) (why string, err error) {
	if p.opts.Shared {
		return "", nil
	}
	p.starting.Lock()
	defer p.starting.Unlock()
	run, _, err := p.Current(ctx)
	if err != nil || run == nil || !run.Active() || p.drives(run.ID) {
		return "", err
	}
	opts := store.CancelOptions{At: p.opts.Clock(), Reason: "ended by a start: " + standstill}
	done, err := p.store.Cancel(ctx, run.ID, opts, nil)
	if err != nil || !done.Was {
		return "", err
	}
	p.publish(&done.Run, run.Phase)
	return standstill, nil
}

func (p *Pipeline) drives(id order.RunID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.driven[id] != nil
}

// takeOn makes a run one that is worked on, unless it is already. The work begins when
// the function is called that it returns, once.
func (p *Pipeline) takeOn(run order.Run) (work func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.driven[run.ID] != nil || p.term == nil || p.term.Err() != nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(p.term)
	d := &drive{cancel: cancel, done: make(chan struct{})}
	p.driven[run.ID] = d
	begin := make(chan struct{})
	p.all.Go(func() {
		defer close(d.done)
		defer cancel()
		<-begin
		p.all.Go(func() { p.logProgress(ctx, run.ID) })
		p.toEnd(ctx, run)
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.driven, run.ID)
	})
	return func() { close(begin) }
}

// Wait returns the run once it has ended, or as it is when ctx is done.
func (p *Pipeline) Wait(ctx context.Context, id order.RunID) (order.Run, error) {
	for {
		changed := p.store.Changed()
		run, err := p.store.Run(ctx, id)
		if err != nil || run.Phase.Ended() {
			return run, err
		}
		if !p.await(ctx, changed) {
			return run, ctx.Err()
		}
	}
}

// Current returns the batch run that is active or else the latest one, with its counts;
// nil if there was none yet.
func (p *Pipeline) Current(ctx context.Context) (*order.Run, order.Counts, error) {
	runs, err := p.store.Runs(ctx, order.RunID{}, recent)
	if err != nil {
		return nil, order.Counts{}, fmt.Errorf("current run: %w", err)
	}
	for i := range runs {
		if runs[i].Spec.Kind != order.Standing {
			counts, err := p.store.Counts(ctx, runs[i].ID)
			return &runs[i], counts, err
		}
	}
	return nil, order.Counts{}, nil
}

// Cancel ends the active batch run and waits up to wait for its work in this process to
// have stopped, handlers that have its orders in hand included.
// The fence is durable when it returns: no order of the run changes any more, whether
// the work has noticed or not. Without an active run it returns the zero Cancelled.
func (p *Pipeline) Cancel(ctx context.Context, opts store.CancelOptions, wait time.Duration, idem *store.Idempotency) (store.Cancelled, error) {
	run, _, err := p.Current(ctx)
	if err != nil {
		return store.Cancelled{}, err
	}
	if run == nil {
		run = &order.Run{} // which names none; idem may know of one that a reset has wiped
	}
	opts.At = p.opts.Clock()
	done, err := p.store.Cancel(ctx, run.ID, opts, idem)
	if errors.Is(err, order.ErrNotFound) {
		return store.Cancelled{}, nil
	}
	if err == nil && done.Was && done.Run.Ended.Equal(opts.At) { // else it was done before, for this idem
		p.publish(&done.Run, run.Phase)
		p.halt(ctx, done.Run.ID, wait)
	}
	return done, err
}

// halt stops the work on a run and waits up to wait for it.
func (p *Pipeline) halt(ctx context.Context, id order.RunID, wait time.Duration) {
	p.mu.Lock()
	d := p.driven[id]
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if d != nil {
		d.cancel()
		select {
		case <-d.done:
		case <-ctx.Done():
			return
		}
	}
	for p.opts.InHand != nil && p.opts.InHand(id) > 0 {
		if !sleep(ctx, 5*time.Millisecond) {
			return
		}
	}
}

// Reset stops every run and empties the store.
func (p *Pipeline) Reset(ctx context.Context, idem *store.Idempotency) (store.Wiped, error) {
	wiped, err := p.store.Reset(ctx, idem)
	if err != nil {
		return wiped, err
	}
	for _, id := range p.working() {
		if _, err := p.store.Run(ctx, id); errors.Is(err, order.ErrNotFound) {
			p.halt(ctx, id, time.Second)
		}
	}
	return wiped, nil
}

// working returns the runs that are worked on.
func (p *Pipeline) working() []order.RunID {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Keys(p.driven))
}

// publish announces a phase once it is durable, each once. Whoever ends a run may be
// faster than the one who moved it to the phase before: nothing is announced of a run
// behind its end.
func (p *Pipeline) publish(run *order.Run, from order.Phase) {
	p.announcing.Lock()
	defer p.announcing.Unlock()
	if bytes.Compare(run.ID[:], p.over[:]) <= 0 { // IDs ascend
		return
	}
	if run.Phase.Ended() {
		p.over = run.ID
	}
	p.countEnd(run)
	p.opts.Logger.Info("phase", "run", run.ID, "from", from, "to", run.Phase)
	if p.opts.Publisher != nil && !p.opts.Shared {
		p.opts.Publisher.PublishPhase(event.PhaseChange{Run: run.ID, From: from, To: run.Phase, At: run.Entered[run.Phase]})
	}
}

func fenceOf(run *order.Run) store.Fence { return store.Fence{Run: run.ID, Epoch: run.Epoch} }

// Validate reports a spec that no run can have.
func Validate(spec order.Spec) error {
	var errs []error
	if spec.Kind == order.Generated && (spec.Target < 1 || spec.Target > order.MaxIndex) {
		errs = append(errs, fmt.Errorf("%w: quantity %d; allowed: 1 to %d", order.ErrInvalid, spec.Target, int64(order.MaxIndex)))
	}
	if spec.Kind == order.Generated {
		errs = append(errs, spec.Weights.Validate())
	}
	if spec.ChunkSize < 1 || spec.BlockSize < 1 {
		errs = append(errs, fmt.Errorf("%w: chunks of %d and blocks of %d orders; allowed: 1 or more", order.ErrInvalid, spec.ChunkSize, spec.BlockSize))
	}
	if _, err := handler.New(spec.Work, spec.Seed); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
