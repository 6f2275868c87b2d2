package storetest

import (
	"errors"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func refTests() []test {
	return []test{
		{"Lookup", testLookup},
		{"SameContent", testRefSame},
		{"OtherContent", testRefOther},
		{"WithinChunk", testRefWithinChunk},
		{"AcrossRuns", testRefAcrossRuns},
		{"OfRemovedOrders", testRefOfOrdersThatNeverShip(false)},
		{"OfInertOrders", testRefOfOrdersThatNeverShip(true)},
		{"AfterProcessing", testRefAfterProcessing},
		{"AfterReset", testRefAfterReset},
		{"AllOrNothing", testRefAllOrNothing},
		{"AllOrNothingPrepared", testRefAllOrNothingPrepared},
	}
}

// named makes the run's next chunk of orders with those refs; the content depends on
// the ref alone.
func (r *batch) named(refs ...string) store.Chunk {
	first := r.run.Cursor.Next
	var made []order.Order
	for i, ref := range refs {
		o := orders(r.run.ID, first+uint64(i), "V")[0]
		o.Ref, o.Customer, o.Amount, o.Note = ref, "customer of "+ref, 700, "note"
		made = append(made, o)
	}
	return chunkOf(&r.run, made, both()...)
}

// refusals fails the test unless exactly these orders of the chunk were refused: with
// a nil error if true, with a conflict otherwise.
func (b *bed) refusals(got store.Inserted, added int64, same map[int]bool) {
	b.Helper()
	if got.Added != added || len(got.Refused) != len(same) {
		b.Fatalf("Insert = %+v, want %d added and %d refused", got, added, len(same))
	}
	for _, refusal := range got.Refused {
		want, refused := same[refusal.At]
		if !refused || want != (refusal.Err == nil) || !want && !errors.Is(refusal.Err, order.ErrRefConflict) {
			b.Errorf("Insert refused order %d with %v, want refused and the same: %v", refusal.At, refusal.Err, same)
		}
	}
}

func testLookup(b *bed) {
	r := b.begin()
	r.insertChunk(r.named("a", "b"))
	r.insert("VN")
	for _, reopen := range []func(){func() {}, b.reopen} {
		reopen()
		for ref, want := range map[string]order.Key{"a": r.key(0), "b": r.key(1)} {
			key, err := b.s.Lookup(b.ctx, ref)
			b.ok("Lookup", err)
			if key != want {
				b.Errorf("Lookup(%q) = %v, want %v", ref, key, want)
			}
		}
		for _, ref := range []string{"c", "", "A"} {
			_, err := b.s.Lookup(b.ctx, ref)
			b.is("Lookup of an unknown ref", err, order.ErrNotFound)
		}
	}
}

func testRefSame(b *bed) {
	r := b.begin()
	r.insertChunk(r.named("a", "b"))
	b.refusals(r.insertChunk(r.named("b", "c", "a")), 1, map[int]bool{0: true, 2: true})
	if r.run.Cursor.Next != 5 {
		b.Errorf("cursor after refusals = %d, want 5", r.run.Cursor.Next)
	}
	for _, refused := range []uint64{2, 4} {
		_, err := b.s.Order(b.ctx, r.key(refused))
		b.is("Order that was refused", err, order.ErrNotFound)
	}
	b.reopen()
	b.refusals(r.insertChunk(r.named("a")), 0, map[int]bool{0: true})
	b.expect("after refusals", 0, 1, 3)
}

func testRefOther(b *bed) {
	r := b.begin()
	r.insertChunk(r.named("a"))
	edits := []func(*order.Order){
		func(o *order.Order) { o.Customer += "x" },
		func(o *order.Order) { o.Amount++ },
		func(o *order.Order) { o.Tier = order.Gold },
		func(o *order.Order) { o.Note += "x" },
	}
	chunk := r.named("a", "a", "a", "a")
	for i, edit := range edits {
		edit(&chunk.Orders[i])
	}
	before := r.counts()
	b.refusals(r.insertChunk(chunk), 0, map[int]bool{0: false, 1: false, 2: false, 3: false})
	if got := r.counts(); got != before {
		b.Errorf("Counts after refusals = %+v, want %+v", got, before)
	}
	b.sameOrder(b.accepted[r.key(0)])
	b.expect("after refusals", 0)
}

func testRefWithinChunk(b *bed) {
	r := b.begin()
	chunk := r.named("a", "b", "a", "b", "a")
	chunk.Orders[3].Amount++
	b.refusals(r.insertChunk(chunk), 2, map[int]bool{2: true, 3: false, 4: true})
	for ref, want := range map[string]order.Key{"a": r.key(0), "b": r.key(1)} {
		if key, err := b.s.Lookup(b.ctx, ref); err != nil || key != want {
			b.Errorf("Lookup(%q) = %v, %v, want %v", ref, key, err, want)
		}
	}
	b.expect("after refusals", 0, 1)
}

func testRefAcrossRuns(b *bed) {
	stands, r := b.begin(standing), b.begin()
	stands.insertChunk(stands.named("a"))
	b.refusals(r.insertChunk(r.named("a", "b")), 1, map[int]bool{0: true})
	b.refusals(stands.insertChunk(stands.named("b")), 0, map[int]bool{0: true})
}

// testRefOfOrdersThatNeverShip: a run that was ended gives up the refs of its pending
// orders, whatever became of them, so that they can be sent again; not those of orders
// that were processed or are dead.
func testRefOfOrdersThatNeverShip(keep bool) func(*bed) {
	return func(b *bed) {
		ended := b.begin(blocksOf(4))
		ended.insertChunk(ended.named("processed", "dead", "pending", "other"))
		c := b.claimOne()
		b.settle(b.settlement(c, b.outcomes(c, order.Processed, 0)...))
		b.kill(c, 1)
		ended.cancel(store.CancelOptions{KeepPending: keep})
		for range 2 {
			again := b.begin()
			chunk := again.named("processed", "dead", "pending", "other")
			chunk.Orders[3].Amount++
			b.refusals(again.insertChunk(chunk), 2, map[int]bool{0: true, 1: true})
			key, err := b.s.Lookup(b.ctx, "other")
			b.ok("Lookup", err)
			if key != chunk.Orders[3].Key {
				b.Errorf("Lookup = %v, want the order that was sent again, %v", key, chunk.Orders[3].Key)
			}
			again.cancel(store.CancelOptions{KeepPending: keep})
			b.reopen()
		}
		last := b.begin()
		last.insertChunk(last.named("pending"))
		b.drain()
		b.refusals(last.insertChunk(last.named("pending")), 0, map[int]bool{0: true})
	}
}

func testRefAfterProcessing(b *bed) {
	r := b.begin()
	r.insertChunk(r.named("a"))
	b.drain()
	if note := r.order(0).Note; note != order.NoteVIP {
		b.Fatalf("note of a processed VIP order = %q, want %q", note, order.NoteVIP)
	}
	b.refusals(r.insertChunk(r.named("a")), 0, map[int]bool{0: true})
	processed := r.named("a")
	processed.Orders[0].Note = order.NoteVIP
	b.refusals(r.insertChunk(processed), 0, map[int]bool{0: false})
}

func testRefAfterReset(b *bed) {
	r := b.begin()
	r.insertChunk(r.named("a"))
	_, err := b.s.Reset(b.ctx, nil)
	b.ok("Reset", err)
	_, err = b.s.Lookup(b.ctx, "a")
	b.is("Lookup after Reset", err, order.ErrNotFound)
	r = b.begin()
	chunk := r.named("a")
	chunk.Orders[0].Amount++
	b.refusals(r.insertChunk(chunk), 1, nil)
}

// conflicted makes the run's next chunk, all or nothing, of six orders: a new one, one
// that is stored, two whose refs others have, a new one, and one that has its ref.
func (r *batch) conflicted() store.Chunk {
	chunk := r.named("new", "a", "a", "b", "newer", "newer")
	for _, at := range []int{2, 3, 5} {
		chunk.Orders[at].Amount++
	}
	chunk.AllOrNothing = true
	return chunk
}

// leftAlone fails the test unless a conflicted chunk was kept out and left no trace.
func (r *batch) leftAlone(before order.Run, counts order.Counts, got store.Inserted, err error) {
	b := r.b
	b.Helper()
	b.is("Insert of all or nothing", err, order.ErrRefConflict)
	conflict, ok := errors.AsType[*store.ConflictError](err)
	if !ok || conflict.Ref != "a" || got.Added != 0 {
		b.Fatalf("Insert of all or nothing = %+v, %v; want a conflict over ref a", got, err)
	}
	b.refusals(store.Inserted{Refused: conflict.Refused}, 0, map[int]bool{2: false, 3: false, 5: false})
	for _, reopen := range []func(){func() {}, b.reopen} {
		reopen()
		b.sameRun("Run after a chunk was kept out", r.refresh(), before)
		if got := r.counts(); got != counts {
			b.Errorf("Counts after a chunk was kept out = %+v, want %+v", got, counts)
		}
		for _, ref := range []string{"new", "newer"} {
			_, err := b.s.Lookup(b.ctx, ref)
			b.is("Lookup of a ref of a chunk that was kept out", err, order.ErrNotFound)
		}
		_, err := b.s.Order(b.ctx, r.key(before.Cursor.Next))
		b.is("Order of a chunk that was kept out", err, order.ErrNotFound)
	}
	b.recount()
}

func testRefAllOrNothing(b *bed) {
	r := b.begin()
	r.insertChunk(r.named("a", "b"))
	before, counts, chunk := r.run, r.counts(), r.conflicted()
	for range 2 {
		got, err := b.s.Insert(b.ctx, r.fence(), chunk)
		r.leftAlone(before, counts, got, err)
	}
	chunk.AllOrNothing = false
	b.refusals(r.insertChunk(chunk), 2, map[int]bool{1: true, 2: false, 3: false, 5: false})
	chunk.AllOrNothing = true
	if got := r.insertChunk(chunk); got.Added != 0 {
		b.Errorf("Insert of all or nothing below the cursor = %+v, want nothing added", got)
	}
	same := r.named("new", "c", "c")
	same.AllOrNothing = true
	b.refusals(r.insertChunk(same), 1, map[int]bool{0: true, 2: true})
	b.drain()
}

func testRefAllOrNothingPrepared(b *bed) {
	preparer, ok := b.s.(store.Preparer)
	if !ok {
		b.Skip("the store does not prepare chunks")
	}
	r := b.begin()
	r.insertChunk(r.named("a", "b"))
	before, counts := r.run, r.counts()
	insert, err := preparer.Prepare(b.ctx, r.fence(), r.conflicted())
	b.ok("Prepare", err)
	got, err := insert(b.ctx)
	r.leftAlone(before, counts, got, err)
	r.insertChunk(r.named("new"))
	b.drain()
}
