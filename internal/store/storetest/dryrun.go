package storetest

import (
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func dryRunTests() []test {
	return []test{
		{"Clean", testDryClean},
		{"CleanWithALimit", testDryCleanLimit},
		{"CleanWithAGrace", testDryCleanGrace},
		{"CleanOfHiddenOnes", testDryCleanHidden},
		{"CleanOfDeadLetters", testDryCleanDead},
		{"Redrive", testDryRedrive},
		{"LeavesNoRecord", testDryNoRecord},
		{"Invalid", testDryInvalid},
	}
}

// dryClean fails the test unless a dry run of Clean returns that number and changes
// nothing.
func (b *bed) dryClean(want int64, opts store.CleanOptions) {
	b.Helper()
	before := b.image()
	if opts.At.IsZero() {
		opts.At = b.tick()
	}
	opts.DryRun = true
	n, err := b.s.Clean(b.ctx, opts, nil)
	b.ok("Clean", err)
	b.unchanged("a dry run of Clean", before)
	if n != want {
		b.Fatalf("Clean(%+v) = %d, want %d", opts, n, want)
	}
}

// dryRedrive is dryClean for Redrive.
func (b *bed) dryRedrive(want int64, opts store.RedriveOptions) {
	b.Helper()
	before := b.image()
	opts.At, opts.DryRun = b.tick(), true
	n, err := b.s.Redrive(b.ctx, opts, nil)
	b.ok("Redrive", err)
	b.unchanged("a dry run of Redrive", before)
	if n != want {
		b.Fatalf("Redrive(%+v) = %d, want %d", opts, n, want)
	}
}

func testDryClean(b *bed) {
	for _, state := range states() {
		b.dryClean(0, store.CleanOptions{State: state})
	}
	b.spread()
	for i, want := range []int64{4, 1, 1, 1, 1} {
		b.dryClean(want, store.CleanOptions{State: states()[i]})
	}
	for i, want := range []int64{4, 1, 1, 1, 1} {
		b.clean(want, store.CleanOptions{State: states()[i]})
	}
}

func testDryCleanLimit(b *bed) {
	r := b.begin(blocksOf(4))
	r.insert("VVVVVVVVVVVV", both()...)
	claims := b.claims(2, 8)
	b.kill(claims[0], 0, 1)
	b.settle(b.settlement(claims[0], b.outcomes(claims[0], order.Processed, 2, 3)...))
	for _, c := range []struct {
		state       store.JobState
		limit, want int64
	}{
		{store.Waiting, 3, 3},
		{store.Waiting, 4, 4},
		{store.Waiting, 9, 4},
		{store.Active, 1, 1},
		{store.Active, 5, 4},
		{store.FailedJob, 1, 1},
		{store.FailedJob, 3, 2},
		{store.Completed, 1, 1},
		{store.Completed, 3, 2},
	} {
		b.dryClean(c.want, store.CleanOptions{State: c.state, Limit: c.limit})
	}
}

func testDryCleanGrace(b *bed) {
	b.spread()
	for _, state := range states() {
		b.dryClean(0, store.CleanOptions{State: state, Grace: 1000 * 24 * time.Hour})
	}
	at := b.tick().Add(1000 * 24 * time.Hour)
	for i, want := range []int64{4, 1, 1, 1, 1} {
		b.dryClean(want, store.CleanOptions{State: states()[i], Grace: time.Hour, At: at})
	}
}

func testDryCleanHidden(b *bed) {
	r := b.begin(blocksOf(1))
	r.insert("VVVV", both()...)
	b.oneByOne()
	b.clean(3, store.CleanOptions{State: store.Completed, Limit: 3})
	at := b.tick().Add(2 * time.Hour)
	for _, grace := range []time.Duration{0, time.Hour} {
		b.dryClean(1, store.CleanOptions{State: store.Completed, Grace: grace, At: at})
	}
	r.cancel(store.CancelOptions{KeepPending: true})
	b.dryClean(1, store.CleanOptions{State: store.Completed})
	b.clean(1, store.CleanOptions{State: store.Completed})
	b.dryClean(0, store.CleanOptions{State: store.Completed})
}

func testDryCleanDead(b *bed) {
	r := b.bury("refused 1", "timeout", "refused 2", "timeout")
	failed := store.CleanOptions{State: store.FailedJob}
	b.dryClean(4, failed)
	failed.DeadSet = groupOf(order.ErrorGroup("timeout"))
	b.dryClean(2, failed)
	failed.Limit = 1
	b.dryClean(1, failed)
	failed.DeadSet, failed.Limit = keysOf(r.keys(0, 3, 9, 0)...), 0
	b.dryClean(2, failed)
}

func testDryRedrive(b *bed) {
	b.dryRedrive(0, store.RedriveOptions{})
	r := b.bury("refused 1", "timeout", "refused 2", "timeout")
	b.dryRedrive(4, store.RedriveOptions{})
	b.dryRedrive(3, store.RedriveOptions{Limit: 3})
	b.dryRedrive(2, store.RedriveOptions{DeadSet: groupOf(order.ErrorGroup("timeout"))})
	b.dryRedrive(0, store.RedriveOptions{DeadSet: groupOf("no such group")})
	b.dryRedrive(2, store.RedriveOptions{DeadSet: keysOf(r.keys(0, 3, 9, 0)...)})
	b.redrive(1, store.RedriveOptions{Limit: 1})
	b.dryRedrive(3, store.RedriveOptions{})
	r.cancel(store.CancelOptions{})
	b.dryRedrive(0, store.RedriveOptions{})
}

// testDryNoRecord: a dry run does not use its idempotency key up, and does not ask
// whether it was used.
func testDryNoRecord(b *bed) {
	b.bury("a", "b")
	r := b.begin()
	r.insert("VV", both()...)
	calls := map[string]func(dry bool, idem *store.Idempotency) (int64, error){
		"Clean": func(dry bool, idem *store.Idempotency) (int64, error) {
			return b.s.Clean(b.ctx, store.CleanOptions{State: store.Waiting, At: b.tick(), DryRun: dry}, idem)
		},
		"Redrive": func(dry bool, idem *store.Idempotency) (int64, error) {
			return b.s.Redrive(b.ctx, store.RedriveOptions{At: b.tick(), DryRun: dry}, idem)
		},
	}
	for _, name := range []string{"Clean", "Redrive"} {
		for i, want := range []int64{2, 2, 0} {
			n, err := calls[name](i != 1, b.idem("key of "+name, []string{"dry", "real", "dry"}[i]))
			b.ok(name, err)
			if n != want {
				b.Errorf("%s, call %d = %d, want %d", name, i, n, want)
			}
		}
		n, err := calls[name](false, b.idem("key of "+name, "real"))
		b.ok(name, err)
		if n != 2 {
			b.Errorf("%s, repeated = %d, want 2 as the first time", name, n)
		}
	}
}

func testDryInvalid(b *bed) {
	_, err := b.s.Clean(b.ctx, store.CleanOptions{State: "lost", DryRun: true}, nil)
	b.is("Clean of no state", err, order.ErrInvalid)
	_, err = b.s.Clean(b.ctx, store.CleanOptions{State: store.Waiting, Limit: -1, DryRun: true}, nil)
	b.is("Clean with a limit below 0", err, order.ErrInvalid)
	_, err = b.s.Redrive(b.ctx, store.RedriveOptions{Limit: -1, DryRun: true}, nil)
	b.is("Redrive with a limit below 0", err, order.ErrInvalid)
	for _, state := range states()[:4] {
		_, err = b.s.Clean(b.ctx, store.CleanOptions{State: state, DeadSet: groupOf("a")}, nil)
		b.is("Clean of dead letters in another state", err, order.ErrInvalid)
	}
}
