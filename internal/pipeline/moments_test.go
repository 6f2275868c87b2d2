package pipeline_test

import (
	"bytes"
	"context"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/pipeline"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/memstore"
)

// TestProgressIsLogged: a run that takes its time says so in the log.
func TestProgressIsLogged(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	log := slog.New(slog.NewTextHandler(&lines, nil))
	inBubble(t, pipeline.Options{Logger: log, ProgressEvery: 100 * time.Millisecond}, func(b *bed) {
		b.isDone(b.wait(b.begin(spec(3000, simulate())).ID))
		synctest.Wait()
	})
	if n := strings.Count(lines.String(), "msg=progress"); n < 3 || !strings.Contains(lines.String(), "generated=3000") {
		t.Errorf("%d progress lines, want more:\n%s", n, &lines)
	}
}

// TestAcceptedRunIsNeverStale: from the moment it is durable, a run is worked on. Another
// start looks for a stale run right at that moment.
func TestAcceptedRunIsNeverStale(t *testing.T) {
	t.Parallel()
	inBubble(t, pipeline.Options{}, func(b *bed) {
		m := &meddling{Store: b.s}
		pl := pipeline.New(m, b.opts)
		defer pl.Stop()
		looked := make(chan struct{})
		m.afterBegin = func() {
			go func() {
				defer close(looked)
				if why, err := pl.EndStale(b.ctx); why != "" || err != nil {
					b.Errorf("EndStale of a run just accepted = %q, %v, want none", why, err)
				}
			}()
			for range 1000 { // let it look, if nothing keeps it from that
				runtime.Gosched()
			}
		}
		run, err := pl.Start(b.ctx, spec(300, mark()), nil)
		if err != nil {
			b.Fatal(err)
		}
		<-looked
		b.isDone(b.wait(run.ID))
	})
}

// meddling is a store to which something happens at a moment of the test's choice.
type meddling struct {
	*memstore.Store
	afterBegin   func()
	afterAdvance func(store.Step)
	afterCounts  func(order.RunID, order.Counts)
}

func (m *meddling) Begin(ctx context.Context, spec order.Spec, now time.Time, idem *store.Idempotency) (order.Run, error) {
	run, err := m.Store.Begin(ctx, spec, now, idem)
	if m.afterBegin != nil && err == nil {
		m.afterBegin()
	}
	return run, err
}

func (m *meddling) Advance(ctx context.Context, fence store.Fence, step store.Step) (order.Run, error) {
	run, err := m.Store.Advance(ctx, fence, step)
	if m.afterAdvance != nil && err == nil {
		m.afterAdvance(step)
	}
	return run, err
}

func (m *meddling) Counts(ctx context.Context, id order.RunID) (order.Counts, error) {
	counts, err := m.Store.Counts(ctx, id)
	if m.afterCounts != nil && err == nil {
		m.afterCounts(id, counts)
	}
	return counts, err
}

// TestNothingIsAnnouncedBehindTheEnd: a cancel comes between a step and its announcement.
func TestNothingIsAnnouncedBehindTheEnd(t *testing.T) {
	t.Parallel()
	inBubble(t, pipeline.Options{}, func(b *bed) {
		m := &meddling{Store: b.s}
		pl := pipeline.New(m, b.opts)
		defer pl.Stop()
		m.afterAdvance = func(s store.Step) {
			if s.To == order.EnqueueVIP {
				if _, err := pl.Cancel(b.ctx, store.CancelOptions{}, 0, nil); err != nil {
					b.Errorf("Cancel = %v", err)
				}
			}
		}
		run, err := pl.Start(b.ctx, spec(300, mark()), nil)
		if err != nil {
			b.Fatal(err)
		}
		b.wait(run.ID)
		synctest.Wait()
		if got := b.seen(); !slices.Equal(got, []order.Phase{order.Generating, order.Failed}) {
			b.Errorf("announced %v, want the end last", got)
		}
	})
}

// TestRedriveAtTheEnd: dead letters are put back at the moment in which the run is found
// to be complete. It is.
func TestRedriveAtTheEnd(t *testing.T) {
	t.Parallel()
	inBubble(t, pipeline.Options{}, func(b *bed) {
		m := &meddling{Store: b.s}
		var redriven int64
		m.afterCounts = func(id order.RunID, c order.Counts) {
			run, err := b.s.Run(b.ctx, id)
			if err != nil || run.Phase != order.WaitingNormalDrain || c.Unsettled() != 0 || redriven != 0 {
				return
			}
			if redriven, err = b.s.Redrive(b.ctx, store.RedriveOptions{At: time.Now()}, nil); err != nil {
				b.Errorf("Redrive = %v", err)
			}
		}
		pl := pipeline.New(m, b.opts)
		defer pl.Stop()
		run, err := pl.Start(b.ctx, spec(300, order.Work{Handler: handler.NameSimulate, Failures: 0.5, Attempts: 1}), nil)
		if err != nil {
			b.Fatal(err)
		}
		if run, _ = b.wait(run.ID); run.Phase != order.Done || redriven == 0 {
			b.Errorf("run ended %v, %+v with %d redriven, want DONE with some", run.Phase, run.Failure, redriven)
		}
	})
}
