package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func contentionTests() []test {
	return []test{
		{"ClaimAndSettle", testContention},
		{"OneClaimManySettles", testSettleTogether},
		{"CancelAmongWorkers", testCancelAmongWorkers},
		{"CountsAreOneInstant", testCountsAreOneInstant},
	}
}

// hand notes who was given which order.
type hand struct {
	mu    sync.Mutex
	times map[order.Key]int
}

func (h *hand) out(c *store.Claim) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, index := range c.Indexes {
		h.times[c.Run.Key(index)]++
	}
}

// crew runs n workers that claim and handle until all the orders of the run are
// settled, and returns how often each order was handed out.
func (r *batch) crew(n int, handle func(c *store.Claim) error) map[order.Key]int {
	r.b.Helper()
	h := hand{times: map[order.Key]int{}}
	errs := make(chan error, n)
	ctx, cancel := context.WithCancel(r.b.ctx)
	defer cancel()
	for i := range n {
		go func() { errs <- r.work(ctx, fmt.Sprintf("worker %d", i), &h, handle) }()
	}
	for range n {
		if err := <-errs; err != nil && ctx.Err() == nil {
			r.b.Errorf("a worker ended with %v", err)
			cancel() // it kept what it had claimed, for which the others would wait
		}
	}
	return h.times
}

func (r *batch) work(ctx context.Context, name string, h *hand, handle func(c *store.Claim) error) error {
	for {
		changed := r.b.s.Changed()
		counts, err := r.b.s.Counts(ctx, r.run.ID)
		if err != nil || counts.Unsettled() == 0 {
			return err
		}
		claims, _, err := r.b.s.Claim(ctx, name, epoch(), 7)
		if err != nil {
			return err
		}
		for _, c := range claims {
			h.out(c)
			if err := handle(c); err != nil {
				return err
			}
		}
		if len(claims) == 0 {
			if err := wait(ctx, changed); err != nil {
				return err
			}
		}
	}
}

func wait(ctx context.Context, changed <-chan struct{}) error {
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// done makes processed outcomes without the bed's clock, which one goroutine owns.
func (b *bed) done(c *store.Claim, indexes []uint64) store.Settlement {
	settlement := store.Settlement{Claim: c, Started: epoch(), At: epoch()}
	for _, index := range indexes {
		o := b.accepted[c.Run.Key(index)]
		o.Process(epoch())
		settlement.Outcomes = append(settlement.Outcomes, store.Outcome{
			Index: index, Status: order.Processed, At: epoch(), Sum: o.Sum(),
		})
	}
	return settlement
}

func testContention(b *bed) {
	r := b.begin(blocksOf(5))
	for range 8 {
		r.insert(strings.Repeat("VNNVN", 8), both()...)
	}
	times := r.crew(8, func(c *store.Claim) error {
		if err := b.s.MayStart(c); err != nil {
			return err
		}
		half := len(c.Indexes) / 2
		return errors.Join(
			b.s.Settle(b.ctx, b.done(c, c.Indexes[:half])),
			b.s.Settle(b.ctx, b.done(c, c.Indexes[half:])))
	})
	for key, n := range times {
		if n != 1 {
			b.Errorf("order %d was handed out %d times, want once", key.Index(), n)
		}
	}
	if counts := r.counts(); len(times) != 320 || counts.Processed() != 320 {
		b.Errorf("%d orders handed out, %d processed, want 320", len(times), counts.Processed())
	}
	b.recount()
}

// testSettleTogether settles the same claims from many goroutines at once: every
// outcome applies once.
func testSettleTogether(b *bed) {
	r := b.begin(blocksOf(5))
	r.insert(strings.Repeat("V", 40), both()...)
	claims := b.claim(40)
	var settlements []store.Settlement
	for _, c := range claims {
		settlements = append(settlements, b.done(c, c.Indexes))
	}
	errs := make(chan error)
	for range 8 {
		go func() { errs <- b.s.Settle(b.ctx, settlements...) }()
	}
	for range 8 {
		if err := <-errs; err != nil && !errors.Is(err, order.ErrClaimLost) {
			b.Errorf("Settle = %v, want nil or %v", err, order.ErrClaimLost)
		}
	}
	if c := r.counts()[order.VIP]; c.Processed != 40 {
		b.Errorf("Counts = %+v, want 40 processed", c)
	}
	b.recount()
}

func testCancelAmongWorkers(b *bed) {
	r := b.begin(blocksOf(5))
	r.insert(strings.Repeat("VN", 100), both()...)
	started := make(chan struct{})
	var once sync.Once
	cancelled := make(chan order.Counts, 1)
	go func() {
		<-started
		_, err := b.s.Cancel(b.ctx, r.run.ID, store.CancelOptions{At: epoch()}, nil)
		counts, countErr := b.s.Counts(b.ctx, r.run.ID)
		if err := errors.Join(err, countErr); err != nil {
			b.Errorf("Cancel and Counts = %v, want no error", err)
		}
		cancelled <- counts
	}()
	r.crew(8, func(c *store.Claim) error {
		once.Do(func() { close(started) })
		err := b.s.Settle(b.ctx, b.done(c, c.Indexes))
		if errors.Is(err, order.ErrClaimLost) {
			return nil
		}
		return err
	})
	after := <-cancelled
	if got := r.counts(); got != after {
		b.Errorf("Counts when the workers had ended = %+v, want them as Cancel left them: %+v", got, after)
	}
	b.recount()
}

// testCountsAreOneInstant reads counts while blocks are settled.
func testCountsAreOneInstant(b *bed) {
	const size = 5
	r := b.begin(blocksOf(size))
	r.insert(strings.Repeat("V", 200), both()...)
	stop := make(chan struct{})
	read := make(chan error)
	go func() { read <- r.watch(stop, size) }()
	r.crew(4, func(c *store.Claim) error { return b.s.Settle(b.ctx, b.done(c, c.Indexes)) })
	close(stop)
	if err := <-read; err != nil {
		b.Error(err)
	}
	b.recount()
}

// watch reads the run's counts until stop, and says what is wrong with them.
func (r *batch) watch(stop <-chan struct{}, size int64) error {
	var before int64
	for {
		counts, err := r.b.s.Counts(r.b.ctx, r.run.ID)
		if err != nil {
			return err
		}
		totals, err := r.b.s.Totals(r.b.ctx)
		if err != nil {
			return err
		}
		if !counts.Conserved() || !totals.Counts.Conserved() {
			return fmt.Errorf("counts %+v or totals %+v do not account for every order", counts, totals)
		}
		processed := counts.Processed()
		if processed < before {
			return fmt.Errorf("counts went back from %d processed to %d", before, processed)
		}
		if before = processed; r.b.opts.AtomicBlocks && processed%size != 0 {
			return fmt.Errorf("counts show %d processed, part of a Settle of %d", processed, size)
		}
		select {
		case <-stop:
			return nil
		default:
		}
	}
}
