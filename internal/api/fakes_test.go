package api_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/filavip/filavip/internal/api"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/memstore"
)

// fakePipeline starts and stops runs in a store, and drives none.
type fakePipeline struct {
	store *memstore.Store
	now   func() time.Time

	mu         sync.Mutex // guards the fields below
	standstill string     // why the active run is stale; empty if it is not
	waited     time.Duration
	calls      int // of what changes something
	looks      int
	err        error         // returned by every call if set
	block      chan struct{} // if set, Start and Current wait for it to be closed
	entered    chan struct{} // if set, is sent to before that wait
	panics     bool
	looking    func() // if set, is called by Current
}

func (p *fakePipeline) begin(ctx context.Context, changes bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if changes {
		p.calls++
	} else {
		p.looks++
	}
	if p.panics {
		panic("secret panic")
	}
	return errors.Join(p.err, ctx.Err())
}

func (p *fakePipeline) wait(ctx context.Context) error {
	p.mu.Lock()
	block, entered := p.block, p.entered
	p.mu.Unlock()
	if block == nil {
		return nil
	}
	if entered != nil {
		entered <- struct{}{}
	}
	select {
	case <-block:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *fakePipeline) Start(ctx context.Context, spec order.Spec, idem *store.Idempotency) (order.Run, error) {
	if err := errors.Join(p.begin(ctx, true), p.wait(ctx)); err != nil {
		return order.Run{}, err
	}
	run, err := p.store.Begin(ctx, spec, p.now(), idem)
	var known *order.ActiveRunError
	if errors.Is(err, order.ErrRunActive) && !errors.As(err, &known) {
		runs, _ := p.store.Runs(ctx, order.RunID{}, 1)
		err = &order.ActiveRunError{Run: runs[0].ID}
	}
	return run, err
}

func (p *fakePipeline) Current(ctx context.Context) (*order.Run, order.Counts, error) {
	if err := errors.Join(p.begin(ctx, false), p.wait(ctx)); err != nil {
		return nil, order.Counts{}, err
	}
	if p.looking != nil {
		p.looking()
	}
	runs, err := p.store.Runs(ctx, order.RunID{}, 1)
	if err != nil || len(runs) == 0 {
		return nil, order.Counts{}, err
	}
	counts, err := p.store.Counts(ctx, runs[0].ID)
	return &runs[0], counts, err
}

func (p *fakePipeline) Cancel(ctx context.Context, opts store.CancelOptions, wait time.Duration, idem *store.Idempotency) (store.Cancelled, error) {
	if err := p.begin(ctx, true); err != nil {
		return store.Cancelled{}, err
	}
	p.mu.Lock()
	p.waited = wait
	p.mu.Unlock()
	runs, err := p.store.Runs(ctx, order.RunID{}, 1)
	if err != nil || len(runs) == 0 {
		return store.Cancelled{}, err
	}
	return p.store.Cancel(ctx, runs[0].ID, opts, idem)
}

func (p *fakePipeline) Reset(ctx context.Context, idem *store.Idempotency) (store.Wiped, error) {
	if err := p.begin(ctx, true); err != nil {
		return store.Wiped{}, err
	}
	return p.store.Reset(ctx, idem)
}

func (p *fakePipeline) EndStale(ctx context.Context) (string, error) {
	p.mu.Lock()
	why := p.standstill
	p.mu.Unlock()
	if why == "" {
		return "", nil
	}
	_, err := p.Cancel(ctx, store.CancelOptions{At: time.Now(), Reason: "ended by a start: " + why}, 0, nil)
	return why, err
}

// set changes the fake under its lock.
func (p *fakePipeline) set(change func(*fakePipeline)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

// fakeQueue pauses and resumes a store.
type fakeQueue struct {
	store *memstore.Store
	calls int
	limit int   // that RecoverStuck was called with
	err   error // returned by Close and RecoverStuck

	activity []api.Activity
}

func (q *fakeQueue) Pause(ctx context.Context, idem *store.Idempotency) error {
	q.calls++
	return q.store.Pause(ctx, idem)
}

func (q *fakeQueue) Resume(ctx context.Context, idem *store.Idempotency) error {
	q.calls++
	return q.store.Resume(ctx, idem)
}

func (q *fakeQueue) Close(ctx context.Context) error {
	q.calls++
	return errors.Join(q.err, q.store.Pause(ctx, nil))
}

func (q *fakeQueue) RecoverStuck(_ context.Context, limit int) (int, error) {
	q.calls++
	q.limit = limit
	return 7, q.err
}

func (q *fakeQueue) Workers() int { return 25 }

func (q *fakeQueue) Activity() []api.Activity { return q.activity }

// fakeLogs holds n lines of each level.
type fakeLogs struct {
	lines  int
	asked  int
	resets int
}

func (l *fakeLogs) Tail(n int) (info, warn, errors []string) {
	l.asked = n
	for range min(n, l.lines) {
		info, warn, errors = append(info, "i"), append(warn, "w"), append(errors, "e")
	}
	return info, warn, errors
}

func (l *fakeLogs) Reset() { l.resets++ }
