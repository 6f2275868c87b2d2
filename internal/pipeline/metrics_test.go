package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/metrics/metricstest"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/pipeline"
	"github.com/filavip/filavip/internal/store"
)

// onlyPhase returns the lines of filavip_run_phase while a run is in that phase.
func onlyPhase(in order.Phase) []string {
	var lines []string
	for p := order.Idle; p <= order.Failed; p++ {
		value := 0
		if p == in {
			value = 1
		}
		lines = append(lines, fmt.Sprintf("filavip_run_phase{phase=%q} %d", p, value))
	}
	return lines
}

func wantEnded(t *testing.T, r *metrics.Registry, done, failed, cancelled int) {
	t.Helper()
	metricstest.Want(t, r,
		fmt.Sprintf(`filavip_runs_total{result="done"} %d`, done),
		fmt.Sprintf(`filavip_runs_total{result="error"} %d`, failed),
		fmt.Sprintf(`filavip_runs_total{result="cancelled"} %d`, cancelled))
}

func TestEndsAreCountedByResult(t *testing.T) {
	t.Parallel()
	r := metrics.New()
	opts := fromList(errors.New("unreadable"), nil, order.Order{Customer: "a", Tier: order.Diamond})
	failing := opts.Open
	opts.Open, opts.Metrics = generated, r
	inBubble(t, opts, func(b *bed) {
		wantEnded(b.T, r, 0, 0, 0)
		metricstest.Want(b.T, r, onlyPhase(order.Idle)...)
		for range 2 {
			b.wait(b.begin(spec(100, mark())).ID)
		}
		synctest.Wait()
		wantEnded(b.T, r, 2, 0, 0)
		metricstest.Want(b.T, r, onlyPhase(order.Done)...)

		b.begin(spec(3000, simulate()))
		pass(20 * time.Millisecond)
		for _, idle := range []bool{true, false} { // the second finds nothing to end
			if _, err := b.pl.Cancel(b.ctx, store.CancelOptions{ShowIdle: idle}, time.Second, nil); err != nil {
				b.Fatalf("Cancel = %v", err)
			}
		}
		synctest.Wait()
		wantEnded(b.T, r, 2, 0, 1)
		metricstest.Want(b.T, r, onlyPhase(order.Idle)...)
	})
	again := metrics.New()
	opts.Open, opts.Metrics = failing, again
	inBubble(t, opts, func(b *bed) {
		b.wait(b.begin(imported()).ID)
		synctest.Wait()
		wantEnded(b.T, again, 0, 1, 0)
		metricstest.Want(b.T, again, onlyPhase(order.Failed)...)
	})
}

// late is a source that takes its time to say that it has ended.
type late struct{ listed }

func (l *late) Next(ctx context.Context, dst []order.Order) (int, order.Cursor, error) {
	if len(l.left) == 0 {
		pass(30 * time.Second)
	}
	return l.listed.Next(ctx, dst)
}

// TestPhaseDurations holds a run up in two of its phases: one that is over stands still,
// the current one grows, one to come is zero.
func TestPhaseDurations(t *testing.T) {
	t.Parallel()
	r := metrics.New()
	opts := pipeline.Options{Metrics: r, Open: func(_ context.Context, run order.Run) (pipeline.Source, error) {
		return &late{listed{run: run, left: []order.Order{{Customer: "a", Tier: order.Diamond}}, err: io.EOF}}, nil
	}}
	inBubble(t, opts, func(b *bed) {
		want := func(generating, vip, normal int) {
			b.Helper()
			metricstest.Want(b.T, r,
				fmt.Sprintf(`filavip_run_phase_duration_seconds{phase="GENERATING"} %d`, generating),
				`filavip_run_phase_duration_seconds{phase="ENQUEUE_VIP"} 0`,
				fmt.Sprintf(`filavip_run_phase_duration_seconds{phase="WAITING_VIP_DRAIN"} %d`, vip),
				fmt.Sprintf(`filavip_run_phase_duration_seconds{phase="WAITING_NORMAL_DRAIN"} %d`, normal))
		}
		want(0, 0, 0)
		if err := b.pool.Pause(b.ctx, nil); err != nil {
			b.Fatal(err)
		}
		run := b.begin(imported())
		pass(10 * time.Second)
		synctest.Wait()
		want(10, 0, 0)
		pass(60 * time.Second)
		synctest.Wait()
		want(30, 40, 0)
		metricstest.Want(b.T, r, onlyPhase(order.WaitingVIPDrain)...)
		if err := b.pool.Resume(b.ctx, nil); err != nil {
			b.Fatal(err)
		}
		b.wait(run.ID)
		pass(time.Hour)
		want(30, 40, 0)
	})
}

// TestFailedRunStopsItsPhase ends a run in a phase that it does not complete.
func TestFailedRunStopsItsPhase(t *testing.T) {
	t.Parallel()
	r := metrics.New()
	inBubble(t, pipeline.Options{Metrics: r}, func(b *bed) {
		if err := b.pool.Pause(b.ctx, nil); err != nil {
			b.Fatal(err)
		}
		b.begin(spec(100, mark()))
		pass(5 * time.Second)
		if _, err := b.pl.Cancel(b.ctx, store.CancelOptions{}, time.Second, nil); err != nil {
			b.Fatal(err)
		}
		pass(time.Hour)
		metricstest.Want(b.T, r,
			`filavip_run_phase_duration_seconds{phase="WAITING_VIP_DRAIN"} 5`,
			`filavip_run_phase_duration_seconds{phase="ENQUEUE_NORMAL"} 0`)
	})
}
