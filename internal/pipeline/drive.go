package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// toEnd works on a run until it has ended, somebody ended it, or ctx is done. Trouble
// with the store is waited out; trouble with the source or the result ends the run.
func (p *Pipeline) toEnd(ctx context.Context, run order.Run) {
	for wait := 100 * time.Millisecond; run.Active(); {
		next, err := p.step(ctx, run)
		switch {
		case err == nil:
			p.publish(&next, run.Phase)
			run, wait = next, 100*time.Millisecond
		case ctx.Err() != nil || errors.Is(err, order.ErrStale) || errors.Is(err, order.ErrNotFound):
			return
		case endOf(err) != nil:
			p.fail(ctx, run, endOf(err))
			return
		default:
			p.opts.Logger.Error("run waits", "run", run.ID, "phase", run.Phase, "error", err)
			if !sleep(ctx, wait) {
				return
			}
			wait = min(2*wait, 5*time.Second)
			if current, err := p.store.Run(ctx, run.ID); err == nil {
				run = current
			}
		}
	}
}

// ending is an error that ends the run.
type ending struct {
	kind string
	err  error
}

func (e *ending) Error() string { return e.err.Error() }
func (e *ending) Unwrap() error { return e.err }

func endOf(err error) *ending {
	e, _ := errors.AsType[*ending](err)
	return e
}

// fail ends the run as Failed. What is durable is kept: its pending orders stay pending
// but belong to no lane, unless the run's orders were to be taken all or none.
func (p *Pipeline) fail(ctx context.Context, run order.Run, why *ending) {
	log := p.opts.Logger.With("run", run.ID, "phase", run.Phase, "kind", why.kind, "error", why.err)
	done, err := p.store.Cancel(ctx, run.ID, store.CancelOptions{
		At: p.opts.Clock(), Epoch: run.Epoch, Kind: why.kind, Reason: why.err.Error(), KeepPending: !run.Spec.Strict,
	}, nil)
	if errors.Is(err, order.ErrStale) {
		return // others work on it now
	}
	if err != nil {
		log.Error("failure not recorded", "because", err)
		return
	}
	if done.Was { // else somebody else ended it, and announced that
		log.Error("run failed")
		p.publish(&done.Run, run.Phase)
	}
}

// step does the work of the run's phase and moves it to the next.
func (p *Pipeline) step(ctx context.Context, run order.Run) (order.Run, error) {
	next := store.Step{From: run.Phase, To: run.Phase + 1}
	var err error
	switch run.Phase {
	case order.Generating:
		next.Generate, err = p.generate(ctx, run)
	case order.EnqueueVIP:
		next.Enqueue[order.VIP], err = p.enqueue(ctx, run, order.VIP)
	case order.WaitingVIPDrain:
		_, err = p.drain(ctx, run, order.VIP)
	case order.EnqueueNormal:
		next.Enqueue[order.Normal], err = p.enqueue(ctx, run, order.Normal)
	case order.WaitingNormalDrain:
		var drained order.Counts
		drained, err = p.drain(ctx, run, order.VIP, order.Normal)
		if err == nil {
			err = check(&run, &drained)
		}
	}
	if err != nil {
		return run, err
	}
	next.At = p.opts.Clock()
	return p.store.Advance(ctx, fenceOf(&run), next)
}

func (p *Pipeline) enqueue(ctx context.Context, run order.Run, lane order.Priority) (time.Duration, error) {
	began := p.opts.Clock()
	_, err := p.store.Enqueue(ctx, fenceOf(&run), lane)
	return p.opts.Clock().Sub(began), err
}

// drain waits until no order of the lanes is unsettled, and returns the counts of an
// instant at which that was so.
func (p *Pipeline) drain(ctx context.Context, run order.Run, lanes ...order.Priority) (order.Counts, error) {
	for {
		changed := p.store.Changed()
		counts, drained, err := p.drained(ctx, run.ID, lanes)
		if drained || err != nil {
			return counts, err
		}
		if current, err := p.store.Run(ctx, run.ID); err != nil || current.Epoch != run.Epoch {
			return counts, errors.Join(err, order.ErrStale)
		}
		if !p.await(ctx, changed) {
			return counts, ctx.Err()
		}
	}
}

// drained looks once. It counts only when nothing seems to be left: to count a run may
// mean to add up all its blocks.
func (p *Pipeline) drained(ctx context.Context, id order.RunID, lanes []order.Priority) (counts order.Counts, drained bool, err error) {
	for _, lane := range lanes {
		if drained, err = p.store.Drained(ctx, id, lane); err != nil || !drained {
			return counts, false, err
		}
	}
	if counts, err = p.store.Counts(ctx, id); err != nil {
		return counts, false, fmt.Errorf("drain: %w", err)
	}
	for _, lane := range lanes { // a dead letter may have been put back since
		drained = drained && counts[lane].Unsettled() == 0
	}
	return counts, drained, nil
}

// check proves, by the counts of one instant at which nothing was unsettled, that every
// order was settled once and as foretold; dead letters may have been put back since.
// What becomes of orders that were removed, or that a foreign handler worked on, is not
// foretold.
func check(run *order.Run, counts *order.Counts) error {
	switch {
	case !counts.Conserved() || counts.Unsettled() != 0:
		return &ending{"check", fmt.Errorf("counters do not add up: %+v", *counts)}
	case run.Spec.Target > 0 && run.Spec.Kind == order.Generated && counts.Generated() != run.Spec.Target:
		return &ending{"check", fmt.Errorf("%d orders are stored of %d", counts.Generated(), run.Spec.Target)}
	case counts.Removed() > 0 || run.Spec.Work.Foreign:
		return nil
	}
	for lane := range counts {
		if c := &counts[lane]; c.Accepted != c.Settled {
			return &ending{"check", fmt.Errorf("%v digest is %v, foretold %v", order.Priority(lane), c.Settled, c.Accepted)}
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
