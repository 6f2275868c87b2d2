package storetest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func idempotencyTests() []test {
	return []test{
		{"Replay", testIdempotencyReplay},
		{"Mismatch", testIdempotencyMismatch},
		{"FirstAnswer", testIdempotencyFirstAnswer},
		{"SurvivesReset", testIdempotencySurvivesReset},
		{"FailedCallLeavesNoRecord", testIdempotencyFailedCall},
		{"Together", testIdempotencyTogether},
		{"LongKeys", testIdempotencyLongKeys},
		{"ADay", testIdempotencyADay},
		{"TooMany", testIdempotencyTooMany},
	}
}

// verb is a mutating call that takes an idempotency record.
type verb struct {
	name string
	call func(idem *store.Idempotency) (any, error)
	// undo makes the call have an effect again, if it is not replayed.
	undo func()
}

// verbs returns every such call, made on a run whose orders are in every place.
func (b *bed) verbs(r *batch) []verb {
	count := func(n int64, err error) (any, error) { return n, err }
	nothing := func() {}
	refill := func() { r.insert("VVV", both()...) }
	die := func() {
		refill()
		for _, c := range b.claim(1) {
			b.kill(c, c.Indexes...)
		}
	}
	return []verb{
		{"Pause", func(i *store.Idempotency) (any, error) { return nil, b.s.Pause(b.ctx, i) },
			func() { b.ok("Resume", b.s.Resume(b.ctx, nil)) }},
		{"Clean", func(i *store.Idempotency) (any, error) {
			return count(b.s.Clean(b.ctx, store.CleanOptions{State: store.Waiting, At: b.clock}, i))
		}, refill},
		{"Redrive", func(i *store.Idempotency) (any, error) {
			return count(b.s.Redrive(b.ctx, store.RedriveOptions{At: b.clock}, i))
		}, die},
		{"Remove", func(i *store.Idempotency) (any, error) { return count(b.s.Remove(b.ctx, r.keys(2, 3), i)) }, refill},
		{"Cancel", func(i *store.Idempotency) (any, error) {
			return b.s.Cancel(b.ctx, r.run.ID, store.CancelOptions{At: b.clock, Reason: "stop"}, i)
		}, nothing},
		{"Begin", func(i *store.Idempotency) (any, error) { return b.s.Begin(b.ctx, spec(), b.clock, i) }, nothing},
		{"Resume", func(i *store.Idempotency) (any, error) { return nil, b.s.Resume(b.ctx, i) },
			func() { b.ok("Pause", b.s.Pause(b.ctx, nil)) }},
		{"Reset", func(i *store.Idempotency) (any, error) { return b.s.Reset(b.ctx, i) },
			func() { b.begin().insert("VN") }},
	}
}

func (b *bed) idem(key, fingerprint string) *store.Idempotency {
	return &store.Idempotency{Key: key, Fingerprint: fingerprint, Now: b.tick()}
}

// image is all that a reader sees of the store.
type image struct {
	Runs    []order.Run
	Counts  []order.Counts
	Orders  []order.Order
	Letters []store.DeadLetter
	Totals  store.Totals
}

func (b *bed) image() image {
	b.Helper()
	totals, err := b.s.Totals(b.ctx)
	b.ok("Totals", err)
	i := image{
		Runs:    b.runs(),
		Orders:  b.list(store.OrderQuery{Limit: 1000}),
		Letters: b.letters(store.DeadQuery{Limit: 1000}),
		Totals:  totals,
	}
	for _, run := range i.Runs {
		counts, err := b.s.Counts(b.ctx, run.ID)
		b.ok("Counts", err)
		i.Counts = append(i.Counts, counts)
	}
	return i
}

// unchanged fails the test if a reader sees another store than before.
func (b *bed) unchanged(what string, before image) {
	b.Helper()
	if diff := cmp.Diff(before, b.image(), cmpopts.EquateEmpty()); diff != "" {
		b.Fatalf("the store after %s differs (-want +got):\n%s", what, diff)
	}
}

// testIdempotencyReplay makes each call, undoes its effect, and makes it again: in the
// same process and in the next one.
func testIdempotencyReplay(b *bed) {
	r, c := b.spread()
	b.release(c) // a restart would
	for _, v := range b.verbs(r) {
		idem := b.idem("key of "+v.name, "fingerprint")
		want, err := v.call(idem)
		b.ok(v.name, err)
		v.undo()
		before := b.image()
		for _, reopen := range []func(){func() {}, b.reopen} {
			reopen()
			got, err := v.call(idem)
			b.ok(v.name+" again", err)
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				b.Errorf("%s again differs (-want +got):\n%s", v.name, diff)
			}
			b.unchanged(v.name+" again", before)
		}
	}
}

func testIdempotencyMismatch(b *bed) {
	r, c := b.spread()
	b.release(c) // a restart would
	for _, v := range b.verbs(r) {
		idem := b.idem("key of "+v.name, "fingerprint")
		_, err := v.call(idem)
		b.ok(v.name, err)
		v.undo()
		before := b.image()
		for _, reopen := range []func(){func() {}, b.reopen} {
			reopen()
			_, err = v.call(b.idem("key of "+v.name, "another fingerprint"))
			b.is(v.name+" with other parameters", err, order.ErrKeyReused)
			b.unchanged(v.name+" with other parameters", before)
		}
	}
}

// testIdempotencyFirstAnswer: a replay tells what was so then, not what is so now.
func testIdempotencyFirstAnswer(b *bed) {
	idem := b.idem("key", "fingerprint")
	first, err := b.s.Begin(b.ctx, spec(), b.clock, idem)
	b.ok("Begin", err)
	r := &batch{b: b, run: first}
	r.insert("V", both()...)
	r.advance(order.EnqueueVIP)
	again, err := b.s.Begin(b.ctx, spec(), b.clock, idem)
	b.ok("Begin again", err)
	b.sameRun("the run that Begin returned again", again, first)
	b.sameRun("Run", r.refresh(), r.run)
}

func testIdempotencySurvivesReset(b *bed) {
	idem := b.idem("key", "fingerprint")
	first, err := b.s.Begin(b.ctx, spec(), b.clock, idem)
	b.ok("Begin", err)
	b.reset()
	again, err := b.s.Begin(b.ctx, spec(), b.clock, idem)
	b.ok("Begin again after Reset", err)
	b.sameRun("the run that Begin returned again", again, first)
	if n := len(b.runs()); n != 0 {
		b.Errorf("Runs after a replayed Begin = %d runs, want none", n)
	}
}

func testIdempotencyFailedCall(b *bed) {
	live := b.begin()
	idem := b.idem("key", "fingerprint")
	_, err := b.s.Begin(b.ctx, spec(), b.clock, idem)
	b.is("Begin beside a live run", err, order.ErrRunActive)
	live.cancel(store.CancelOptions{})
	run, err := b.s.Begin(b.ctx, spec(), b.clock, idem)
	b.ok("Begin again when the live run had ended", err)
	if !run.Active() {
		b.Errorf("Begin = a run in %v, want it active", run.Phase)
	}
}

func testIdempotencyTogether(b *bed) {
	idem := b.idem("key", "fingerprint")
	type answer struct {
		run order.Run
		err error
	}
	answers := make(chan answer)
	for range 16 {
		go func() {
			run, err := b.s.Begin(b.ctx, spec(), epoch(), idem)
			answers <- answer{run, err}
		}()
	}
	ids := map[order.RunID]bool{}
	for range 16 {
		a := <-answers
		b.ok("Begin", a.err)
		ids[a.run.ID] = true
	}
	if n := len(b.runs()); n != 1 || len(ids) != 1 {
		b.Errorf("Begin 16 times at once = %d IDs and %d runs, want one", len(ids), n)
	}
}

func testIdempotencyLongKeys(b *bed) {
	keys := []string{"a", "ação/\x00\xff?", strings.Repeat("k", 255), strings.Repeat("k", 254) + "l"}
	for _, key := range keys {
		_, err := b.s.Begin(b.ctx, spec(standing), b.clock, b.idem(key, "fingerprint"))
		b.ok(fmt.Sprintf("Begin with a key of %d bytes", len(key)), err)
	}
	for _, key := range keys {
		_, err := b.s.Begin(b.ctx, spec(standing), b.clock, b.idem(key, "another"))
		b.is(fmt.Sprintf("Begin with a key of %d bytes again", len(key)), err, order.ErrKeyReused)
	}
}

// testIdempotencyADay makes other calls over a day: the first record is kept.
func testIdempotencyADay(b *bed) {
	idem := b.idem("first", "fingerprint")
	b.ok("Pause", b.s.Pause(b.ctx, idem))
	for hour := range 24 {
		other := store.Idempotency{
			Key: fmt.Sprintf("key %d", hour), Fingerprint: "fingerprint", Now: idem.Now.Add(time.Duration(hour) * time.Hour),
		}
		b.ok("Resume", b.s.Resume(b.ctx, &other))
	}
	late := *idem
	late.Fingerprint, late.Now = "another", idem.Now.Add(24*time.Hour-time.Second)
	if err := b.s.Pause(b.ctx, &late); !errors.Is(err, order.ErrKeyReused) {
		b.Errorf("Pause with the key of a day ago = %v, want %v", err, order.ErrKeyReused)
	}
	b.paused(false)
}

// testIdempotencyTooMany: records beyond the bound go once they are a day old, and not
// before; the oldest first.
func testIdempotencyTooMany(b *bed) {
	at := func(key string, after time.Duration) *store.Idempotency {
		return &store.Idempotency{Key: key, Fingerprint: "fingerprint", Now: epoch().Add(after)}
	}
	known := func(key string) bool {
		idem := at(key, 0)
		idem.Fingerprint = "another"
		err := b.s.Resume(b.ctx, idem)
		if err != nil && !errors.Is(err, order.ErrKeyReused) {
			b.Fatalf("Resume with key %q = %v", key, err)
		}
		return err != nil
	}
	for i := range store.MaxRecords + 1 {
		b.ok("Resume", b.s.Resume(b.ctx, at(fmt.Sprint(i), time.Duration(i)*time.Millisecond)))
	}
	if !known("0") {
		b.Error("a record was forgotten although no day had passed")
	}
	b.reopen()
	b.ok("Resume", b.s.Resume(b.ctx, at("late", store.KeepRecords+time.Millisecond+time.Microsecond)))
	if !known("2") || !known("late") {
		b.Error("a record was forgotten that is not among the oldest, or younger than a day")
	}
	if known("0") {
		b.Error("the oldest of too many records is known after a day")
	}
}
