package storetest

import (
	"strings"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func insertTests() []test {
	return []test{
		{"Facts", testInsertFacts},
		{"Counts", testInsertCounts},
		{"Cursor", testInsertCursor},
		{"Repeat", testInsertRepeat},
		{"Gap", testInsertGap},
		{"Empty", testInsertEmpty},
		{"KeepsNoReference", testInsertKeepsNoReference},
		{"Foretell", testForetell},
		{"IntoEndedRun", testInsertIntoEnded},
	}
}

// sameOrder fails the test unless the store returns the order so.
func (b *bed) sameOrder(want order.Order) {
	b.Helper()
	got, err := b.s.Order(b.ctx, want.Key)
	b.ok("Order", err)
	if diff := cmp.Diff(want, got); diff != "" {
		b.Fatalf("Order(%v) differs (-want +got):\n%s", want.Key, diff)
	}
}

func testInsertFacts(b *bed) {
	r := b.begin()
	batch := orders(r.run.ID, 0, "NNNVVNN")
	batch[0].Amount, batch[1].Amount = 0, order.MaxAmount
	batch[2].Customer, batch[3].Note = "Ação & José, 東京 🚀", `a "quoted" \ note`
	batch[4].Customer, batch[4].Note = strings.Repeat("c", order.MaxTextLen), strings.Repeat("n", order.MaxTextLen)
	batch[5].Note = ""
	batch[6].Ref = strings.Repeat("~", order.MaxRefLen)
	batch[6].CreatedAt = epoch().Add(-30 * 24 * time.Hour)
	if got := r.insertChunk(chunkOf(&r.run, batch)); got.Added != 7 || len(got.Refused) != 0 {
		b.Fatalf("Insert of 7 orders = %+v, want 7 added", got)
	}
	for _, reopen := range []func(){func() {}, b.reopen} {
		reopen()
		for _, o := range batch {
			b.sameOrder(o)
		}
	}
	_, err := b.s.Order(b.ctx, r.key(7))
	b.is("Order behind the cursor", err, order.ErrNotFound)
	_, err = b.s.Order(b.ctx, order.NewRunID(1, 1).Key(0))
	b.is("Order of an unknown run", err, order.ErrNotFound)
}

func testInsertCounts(b *bed) {
	r := b.begin()
	r.insert("VNNV", order.VIP)
	r.insert("NNNNN", order.VIP)
	counts := r.counts()
	for lane, want := range [...]int64{2, 7} {
		c := counts[lane]
		if c.Generated != want || c.Waiting != want || c.Delayed != 0 || c.Claimed != 0 {
			b.Errorf("Counts of %v = %+v, want %d generated and waiting", order.Priority(lane), c, want)
		}
		if !c.First.IsZero() || !c.Last.IsZero() {
			b.Errorf("Counts of %v: window %v to %v before any hand-out, want none", order.Priority(lane), c.First, c.Last)
		}
	}
}

func testInsertCursor(b *bed) {
	r := b.begin(func(s *order.Spec) { s.Kind = order.Imported })
	chunk := r.chunk("VN", order.VIP)
	chunk.Next = order.Cursor{Next: 2, Offset: 321, Line: 4, Hash: "ab12", Reject: 1}
	chunk.Spent = time.Second
	r.insertChunk(chunk)
	if r.run.Cursor != chunk.Next || r.run.Generate != time.Second {
		b.Errorf("Insert: cursor %+v, generate %v, enqueue %v", r.run.Cursor, r.run.Generate, r.run.Enqueue)
	}
	if want := [order.PriorityCount]uint64{2, 0}; r.run.Enqueued != want {
		b.Errorf("Insert with VIP ready: enqueued %v, want %v", r.run.Enqueued, want)
	}
	chunk = r.chunk("NNN", order.VIP)
	chunk.Next = order.Cursor{Next: 5, Offset: 700, Line: 7, Hash: "cd34", Reject: 1, End: true}
	chunk.Spent = time.Second
	r.insertChunk(chunk)
	b.reopen()
	r.refresh()
	if r.run.Cursor != chunk.Next || r.run.Generate != 2*time.Second {
		b.Errorf("second Insert: cursor %+v, generate %v, enqueue %v", r.run.Cursor, r.run.Generate, r.run.Enqueue)
	}
	if want := [order.PriorityCount]uint64{5, 0}; r.run.Enqueued != want {
		b.Errorf("second Insert with VIP ready: enqueued %v, want %v", r.run.Enqueued, want)
	}
}

func testInsertRepeat(b *bed) {
	r := b.begin()
	chunks := []store.Chunk{r.chunk("VNV", both()...)}
	chunks[0].Spent = time.Second
	r.insertChunk(chunks[0])
	chunks = append(chunks, r.chunk("NN", both()...))
	r.insertChunk(chunks[1])
	b.process(b.claim(1)...)
	run, counts := r.run, r.counts()
	for _, reopen := range []func(){func() {}, b.reopen} {
		reopen()
		for _, chunk := range chunks {
			if got := r.insertChunk(chunk); got.Added != 0 {
				b.Errorf("Insert of a chunk that was inserted = %+v, want nothing added", got)
			}
		}
		b.sameRun("Run after repeated chunks", r.run, run)
		if got := r.counts(); got != counts {
			b.Errorf("Counts after repeated chunks = %+v, want %+v", got, counts)
		}
	}
}

func testInsertGap(b *bed) {
	r := b.begin()
	r.insert("VN")
	run := r.run
	for _, gap := range []uint64{1, 1000} {
		ahead := run
		ahead.Cursor.Next += gap
		_, err := b.s.Insert(b.ctx, r.fence(), chunkOf(&ahead, orders(run.ID, ahead.Cursor.Next, "VN")))
		b.is("Insert beyond the cursor", err, order.ErrInvalid)
	}
	b.sameRun("Run after a gap", r.refresh(), run)
	b.recount()
}

func testInsertEmpty(b *bed) {
	r := b.begin()
	r.insertChunk(r.chunk("", both()...))
	if got := r.counts(); got != (order.Counts{}) {
		b.Errorf("Counts after an empty chunk = %+v, want none", got)
	}
	r.insert("VN", both()...)
	end := r.chunk("", both()...)
	end.Next.End, end.Next.Line = true, 3
	if got := r.insertChunk(end); got.Added != 0 {
		b.Errorf("Insert of an empty chunk = %+v, want nothing added", got)
	}
	if r.run.Cursor != end.Next {
		b.Errorf("cursor behind an empty chunk = %+v, want %+v", r.run.Cursor, end.Next)
	}
	b.drain()
}

func testInsertKeepsNoReference(b *bed) {
	r := b.begin()
	memory := []byte("ref-1customer onea note")
	text := func(from, to int) string { return unsafe.String(&memory[from], to-from) }
	batch := orders(r.run.ID, 0, "V")
	batch[0].Ref, batch[0].Customer, batch[0].Note = text(0, 5), text(5, 17), text(17, 23)
	want := batch[0]
	want.Ref, want.Customer, want.Note = "ref-1", "customer one", "a note"
	_, err := b.s.Insert(b.ctx, r.fence(), chunkOf(&r.run, batch, both()...))
	b.ok("Insert", err)
	for i := range memory {
		memory[i] = 'x'
	}
	batch[0] = order.Order{}
	b.sameOrder(want)
	_, err = b.s.Lookup(b.ctx, "ref-1")
	b.ok("Lookup", err)
	loaded, err := b.s.Load(b.ctx, b.claimOne(), new(store.Slab))
	b.ok("Load", err)
	if len(loaded) != 1 || loaded[0].Customer != want.Customer || loaded[0].Note != want.Note {
		b.Errorf("Load = %+v, want the texts as they were at Insert", loaded)
	}
}

func testForetell(b *bed) {
	r := b.begin()
	chunk := r.chunk("VNVNN")
	var want [order.PriorityCount]order.Digest
	for i := range chunk.Orders {
		o := &chunk.Orders[i]
		want[o.Priority()] = want[o.Priority()].Add(foretell(o))
	}
	r.insertChunk(chunk)
	silent := r.chunk("VN")
	silent.Foretell = nil
	r.insertChunk(silent)
	r.insertChunk(chunk) // again
	for _, reopen := range []func(){func() {}, b.reopen} {
		reopen()
		counts := r.counts()
		for lane := range counts {
			if counts[lane].Accepted != want[lane] {
				b.Errorf("accepted digest of %v = %v, want %v", order.Priority(lane), counts[lane].Accepted, want[lane])
			}
		}
	}
}

func testInsertIntoEnded(b *bed) {
	r := b.begin()
	r.insert("VN", both()...)
	r.cancel(store.CancelOptions{})
	r.refresh()
	counts := r.counts()
	if _, err := b.s.Insert(b.ctx, r.fence(), r.chunk("VN", both()...)); err == nil {
		b.Errorf("Insert into a cancelled run under its present epoch = no error, want one")
	}
	if got := r.counts(); got != counts {
		b.Errorf("Counts of a cancelled run after Insert = %+v, want %+v", got, counts)
	}
	b.recount()
}
