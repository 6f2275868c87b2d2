package pipeline_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/pipeline"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/memstore"
)

// fleet is a bed whose store a second process shares: b.pl is the one that may lead.
type fleet struct {
	*bed
	other *pipeline.Pipeline
}

func inFleet(t *testing.T, wrap func(*memstore.Store) pipeline.Store, f func(b *fleet)) {
	t.Helper()
	inBubble(t, pipeline.Options{Shared: true}, func(b *bed) {
		b.pl.Stop()
		b.pl = pipeline.New(wrap(b.s), b.opts)
		fl := &fleet{b, pipeline.New(b.s, b.opts)}
		defer fl.other.Stop()
		b.stopped = stopBoth(b)
		f(fl)
	})
}

// stopBoth ends the pipeline that is b's by then, and its pool.
func stopBoth(b *bed) func() {
	stopPool := b.stopped
	return func() {
		b.pl.Stop()
		stopPool()
	}
}

func plain(s *memstore.Store) pipeline.Store { return s }

// lead makes a process lead until the function it returns is called, which waits for the
// end of the term.
func lead(p *pipeline.Pipeline) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var term sync.WaitGroup
	term.Go(func() { p.Lead(ctx) })
	return func() {
		cancel()
		term.Wait()
	}
}

func (b *fleet) phase(id order.RunID) order.Phase {
	b.Helper()
	run, err := b.s.Run(b.ctx, id)
	if err != nil {
		b.Fatalf("Run = %v", err)
	}
	return run.Phase
}

// TestOthersBegin: what one process begins the one that leads drives.
func TestOthersBegin(t *testing.T) {
	t.Parallel()
	inFleet(t, plain, func(b *fleet) {
		defer lead(b.pl)()
		for range 2 {
			started, err := b.other.Start(b.ctx, spec(500, simulate()), nil)
			if err != nil || started.Phase != order.Generating {
				b.Fatalf("Start = %v, %v; want a run accepted", started.Phase, err)
			}
			run, c := b.wait(started.ID)
			b.isDone(run, c)
			if len(run.Gaps) > 0 {
				b.Errorf("gaps %v are noted, of a run that was driven all along", run.Gaps)
			}
		}
		if seen := b.seen(); len(seen) > 0 {
			b.Errorf("the pipelines published %v, which is for the watch of each process", seen)
		}
	})
}

// TestNobodyLeads: a run waits for somebody who does, and the time is noted.
func TestNobodyLeads(t *testing.T) {
	t.Parallel()
	inFleet(t, plain, func(b *fleet) {
		started, err := b.pl.Start(b.ctx, spec(500, mark()), nil)
		if err != nil {
			b.Fatal(err)
		}
		if why, err := b.pl.EndStale(b.ctx); why != "" || err != nil {
			b.Errorf("EndStale = %q, %v; want nothing ended, for who knows who will lead", why, err)
		}
		pass(time.Minute)
		if phase := b.phase(started.ID); phase != order.Generating {
			b.Fatalf("without a leader the run is in %v", phase)
		}
		defer lead(b.other)()
		run, c := b.wait(started.ID)
		b.isDone(run, c)
		if len(run.Gaps) != 1 || run.Gaps[0].To.Sub(run.Gaps[0].From) < time.Minute {
			b.Errorf("gaps = %v, want one of the minute without a leader", run.Gaps)
		}
	})
}

// TestLeadersChange ends one term after the other, a little later each time. In between
// nothing moves.
func TestLeadersChange(t *testing.T) {
	t.Parallel()
	inFleet(t, plain, func(b *fleet) {
		started, err := b.other.Start(b.ctx, spec(2000, simulate()), nil)
		if err != nil {
			b.Fatal(err)
		}
		processes := []*pipeline.Pipeline{b.pl, b.other}
		terms := map[order.Phase]bool{}
		for i := 0; !b.phase(started.ID).Ended(); i++ {
			stop := lead(processes[i%2])
			pass(17 * time.Millisecond)
			stop()
			was := b.phase(started.ID)
			terms[was] = true
			pass(3 * time.Second)
			if is := b.phase(started.ID); is != was {
				b.Fatalf("without a leader the run went from %v to %v", was, is)
			}
		}
		if len(terms) < 3 {
			b.Errorf("terms ended in the phases %v alone", terms)
		}
		run, c := b.wait(started.ID)
		b.isDone(run, c)
	})
}

// fenced is a store that takes no write of a term that has ended.
type fenced struct {
	*memstore.Store
	mu   sync.Mutex // guards over
	over bool
}

func (s *fenced) set(over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = over
}

func (s *fenced) check() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return order.ErrStale
	}
	return nil
}

func (s *fenced) Advance(ctx context.Context, fence store.Fence, step store.Step) (order.Run, error) {
	if err := s.check(); err != nil {
		return order.Run{}, err
	}
	return s.Store.Advance(ctx, fence, step)
}

func (s *fenced) Insert(ctx context.Context, fence store.Fence, chunk store.Chunk) (store.Inserted, error) {
	if err := s.check(); err != nil {
		return store.Inserted{}, err
	}
	return s.Store.Insert(ctx, fence, chunk)
}

func (s *fenced) Cancel(ctx context.Context, run order.RunID, opts store.CancelOptions, idem *store.Idempotency) (store.Cancelled, error) {
	if err := s.check(); err != nil && opts.Epoch != 0 {
		return store.Cancelled{}, err
	}
	return s.Store.Cancel(ctx, run, opts, idem)
}

// TestRefusedFailure: a process that sees a run fail, but no longer leads, does not end it.
func TestRefusedFailure(t *testing.T) {
	t.Parallel()
	gate := &fenced{}
	inFleet(t, func(s *memstore.Store) pipeline.Store { gate.Store = s; return gate }, func(b *fleet) {
		b.pl.Stop()
		b.opts.Open = fromList(&pipeline.SourceError{Kind: "input_lost", Err: errors.New("pipe closed")}, nil).Open
		b.pl = pipeline.New(gate, b.opts)
		gate.set(true)
		defer lead(b.pl)()
		started, err := b.other.Start(b.ctx, imported(), nil)
		if err != nil {
			b.Fatal(err)
		}
		pass(time.Minute)
		if run, err := b.s.Run(b.ctx, started.ID); err != nil || !run.Active() || run.Failure != nil {
			b.Fatalf("run is %v, %+v, %v; want it left as it was", run.Phase, run.Failure, err)
		}
		gate.set(false)
		if run, _ := b.wait(started.ID); run.Phase != order.Failed || run.Failure.Kind != "input_lost" {
			b.Errorf("run ended in %v, %+v; want ERROR input_lost", run.Phase, run.Failure)
		}
	})
}

// TestRefusedTerm: work whose writes are refused, because somebody else leads, stops and
// leaves the run alone. Should this process still lead it begins again.
func TestRefusedTerm(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{0, 20 * time.Millisecond, 400 * time.Millisecond} {
		gate := &fenced{}
		inFleet(t, func(s *memstore.Store) pipeline.Store { gate.Store = s; return gate }, func(b *fleet) {
			defer lead(b.pl)()
			started, err := b.other.Start(b.ctx, spec(2000, simulate()), nil)
			if err != nil {
				b.Fatal(err)
			}
			pass(after)
			gate.set(true)
			pass(time.Minute)
			if run, err := b.s.Run(b.ctx, started.ID); err != nil || !run.Active() || run.Failure != nil {
				b.Fatalf("run is %v, %+v, %v; want it left as it was", run.Phase, run.Failure, err)
			}
			gate.set(false)
			run, c := b.wait(started.ID)
			b.isDone(run, c)
		})
	}
}

// deaf is a store that reports no change.
type deaf struct{ *memstore.Store }

func (deaf) Changed() <-chan struct{} { return nil }

// TestUnreported: a run is found although no change is reported, at once by the process
// that begins it.
func TestUnreported(t *testing.T) {
	t.Parallel()
	inFleet(t, func(s *memstore.Store) pipeline.Store { return deaf{s} }, func(b *fleet) {
		defer lead(b.pl)()
		synctest.Wait()
		for start, most := range map[*pipeline.Pipeline]time.Duration{b.pl: 0, b.other: time.Second} {
			began := time.Now()
			started, err := start.Start(b.ctx, spec(100, mark()), nil)
			if err != nil {
				b.Fatal(err)
			}
			for b.phase(started.ID) == order.Generating {
				if since := time.Since(began); since > most {
					b.Fatalf("nobody drives the run after %v, want it driven within %v", since, most)
				}
				synctest.Wait()
				if b.phase(started.ID) == order.Generating {
					pass(10 * time.Millisecond)
				}
			}
			run, c := b.wait(started.ID)
			b.isDone(run, c)
		}
	})
}

// TestOthersEnd: cancel and reset work from a process that does not lead.
func TestOthersEnd(t *testing.T) {
	t.Parallel()
	inFleet(t, plain, func(b *fleet) {
		defer lead(b.pl)()
		for _, end := range []func() error{
			func() error {
				_, err := b.other.Cancel(b.ctx, store.CancelOptions{}, time.Second, nil)
				return err
			},
			func() error {
				_, err := b.other.Reset(b.ctx, nil)
				return err
			},
		} {
			started, err := b.other.Start(b.ctx, spec(3000, simulate()), nil)
			if err != nil {
				b.Fatal(err)
			}
			pass(30 * time.Millisecond)
			if err := end(); err != nil {
				b.Fatal(err)
			}
			pass(time.Minute)
			run, err := b.s.Run(b.ctx, started.ID)
			if err == nil && !run.Cancelled() {
				b.Errorf("the run is in %v, %+v; want it cancelled or gone", run.Phase, run.Failure)
			}
		}
		started, err := b.other.Start(b.ctx, spec(100, mark()), nil)
		if err != nil {
			b.Fatal(err)
		}
		run, c := b.wait(started.ID)
		b.isDone(run, c)
	})
}

// TestStopEndsTheTerm: a process that stops leads no more, whoever asks it to.
func TestStopEndsTheTerm(t *testing.T) {
	t.Parallel()
	inFleet(t, plain, func(b *fleet) {
		stop := lead(b.pl)
		started, err := b.pl.Start(b.ctx, spec(2000, simulate()), nil)
		if err != nil {
			b.Fatal(err)
		}
		pass(20 * time.Millisecond)
		b.pl.Stop()
		stop()
		b.pl.Lead(b.ctx) // returns at once
		was := b.phase(started.ID)
		pass(time.Minute)
		if is := b.phase(started.ID); is != was || is.Ended() {
			b.Errorf("the run went from %v to %v behind Stop", was, is)
		}
	})
}
