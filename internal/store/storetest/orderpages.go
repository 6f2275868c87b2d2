package storetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func orderPageTests() []test {
	return []test{
		{"Empty", testOrdersEmpty},
		{"Filters", testOrdersFilters},
		{"CursorSurvives", testOrdersCursorSurvives},
		{"WhileTheyChange", testOrdersWhileTheyChange},
		{"SparseMatches", testOrdersSparse},
		{"Customers", testOrdersCustomers},
		{"Examined", testOrdersExamined},
	}
}

func testOrdersEmpty(b *bed) {
	page, err := b.s.Orders(b.ctx, store.OrderQuery{Limit: 10})
	b.ok("Orders", err)
	if len(page.Orders) != 0 || page.Cursor != "" || page.Examined != 0 {
		b.Errorf("Orders of an empty store = %+v, want nothing", page)
	}
}

// testOrdersFilters compares every filter, in pages of several sizes, with a filter
// over all orders.
func testOrdersFilters(b *bed) {
	first, _ := b.spread()
	first.cancel(store.CancelOptions{})
	second, _ := b.spread()
	all := b.list(store.OrderQuery{Limit: 1000})
	if len(all) != 16 {
		b.Fatalf("Orders = %d orders, want 16", len(all))
	}
	for i := 1; i < len(all); i++ {
		if all[i].Key.String() <= all[i-1].Key.String() {
			b.Errorf("Orders are not in the order of their keys: %v after %v", all[i].Key, all[i-1].Key)
		}
	}
	for _, q := range queries(first.run.ID, second.run.ID, order.NewRunID(1, 1)) {
		var want []order.Order
		for _, o := range all {
			if matches(&o, q) {
				want = append(want, o)
			}
		}
		for _, q.Limit = range []int{1, 3, 8, 1000} {
			if diff := cmp.Diff(want, b.list(q)); diff != "" {
				b.Fatalf("Orders(%+v) differ (-want +got):\n%s", q, diff)
			}
		}
	}
}

// queries are all filters over these runs.
func queries(runs ...order.RunID) []store.OrderQuery {
	all := lifeQueries(runs...)
	for _, q := range slices.Clone(all) {
		if q.Priority != nil && q.Run.IsZero() {
			continue // enough are tried
		}
		for _, tier := range []order.Tier{order.Silver, order.Diamond} {
			q.Tier = &tier
			all = append(all, q)
		}
		q.Tier, q.Customer = nil, "TE 1"
		all = append(all, q)
		q.Tier = new(order.Silver)
		all = append(all, q)
	}
	return all
}

// lifeQueries are all filters by run, lane and status.
func lifeQueries(runs ...order.RunID) []store.OrderQuery {
	var all []store.OrderQuery
	for _, run := range append(runs, order.RunID{}) {
		byStatus := []store.OrderQuery{{Run: run}}
		for _, status := range []order.Status{pending, processed, dead, removed} {
			byStatus = append(byStatus, store.OrderQuery{Run: run, Status: &status})
		}
		for _, q := range byStatus {
			all = append(all, q)
			for _, lane := range order.Priorities() {
				q.Priority = &lane
				all = append(all, q)
			}
		}
	}
	return all
}

func matches(o *order.Order, q store.OrderQuery) bool {
	return (q.Run.IsZero() || o.Key.Run() == q.Run) &&
		(q.Priority == nil || o.Priority() == *q.Priority) &&
		(q.Status == nil || o.Status == *q.Status) &&
		(q.Tier == nil || o.Tier == *q.Tier) &&
		strings.Contains(strings.ToLower(o.Customer), strings.ToLower(q.Customer))
}

func testOrdersCursorSurvives(b *bed) {
	r := b.begin()
	r.insert("VNVNVNVN", both()...)
	all := b.list(store.OrderQuery{Limit: 1000})
	page, err := b.s.Orders(b.ctx, store.OrderQuery{Limit: 3})
	b.ok("Orders", err)
	b.reopen()
	rest := b.list(store.OrderQuery{Limit: 3, Cursor: page.Cursor})
	if diff := cmp.Diff(all, append(page.Orders, rest...)); diff != "" {
		b.Errorf("Orders, continued after Reopen, differ (-want +got):\n%s", diff)
	}
}

// testOrdersWhileTheyChange settles and inserts between pages: what was there all the
// time is listed exactly once.
func testOrdersWhileTheyChange(b *bed) {
	r := b.begin(blocksOf(1))
	r.insert("VNVNVNVNVN", both()...)
	seen := map[uint64]int{}
	q := store.OrderQuery{Run: r.run.ID, Limit: 2}
	for {
		page, err := b.s.Orders(b.ctx, q)
		b.ok("Orders", err)
		for _, o := range page.Orders {
			seen[o.Key.Index()]++
		}
		if page.Cursor == "" {
			break
		}
		q.Cursor = page.Cursor
		b.process(b.claim(1)...)
		if r.run.Cursor.Next < 14 {
			r.insert("NV", both()...)
		}
	}
	for index := range uint64(10) {
		if seen[index] != 1 {
			b.Errorf("order %d was listed %d times, want once", index, seen[index])
		}
	}
	for index, n := range seen {
		if n != 1 {
			b.Errorf("order %d was listed %d times, want once", index, n)
		}
	}
}

// testOrdersSparse looks for few orders among many: pages may be short, none is missed.
func testOrdersSparse(b *bed) {
	r := b.begin(blocksOf(50))
	for range 6 {
		pattern := make([]byte, 50)
		for i := range pattern {
			pattern[i] = 'N'
		}
		r.insert(string(pattern), both()...)
	}
	c := b.claimOne()
	b.settle(b.settlement(c, b.outcomes(c, order.Dead, 7, 33)...))
	b.process(c)
	b.process(b.claimAll()...)
	status := order.Dead
	var got []uint64
	for _, o := range b.list(store.OrderQuery{Status: &status, Limit: 1}) {
		got = append(got, o.Key.Index())
	}
	if want := []uint64{7, 33}; !cmp.Equal(got, want) {
		b.Errorf("Orders with status %v = %v, want %v", status, got, want)
	}
}

// testOrdersCustomers looks for parts of names, also of names that are not ASCII.
func testOrdersCustomers(b *bed) {
	r := b.begin()
	names := []string{"Cliente 1", "CLIENTE 12", "Loja ÁGUA & Cia", "loja água", "Água", "\u212Aelvin", "kelvin", "x", "_%"}
	chunk := r.chunk(strings.Repeat("N", len(names)), both()...)
	for i, name := range names {
		chunk.Orders[i].Customer = name
	}
	r.insertChunk(chunk)
	for part, want := range map[string][]uint64{
		"":                                       {0, 1, 2, 3, 4, 5, 6, 7, 8},
		"cliente":                                {0, 1},
		"ENTE 1":                                 {0, 1},
		"nte 12":                                 {1},
		"cliente 1 ":                             nil,
		"água":                                   {2, 3, 4},
		"LOJA ÁGUA":                              {2, 3},
		"agua":                                   nil,
		"KELVIN":                                 {5, 6},
		"X":                                      {7},
		"_":                                      {8},
		"%":                                      {8},
		"longer than any of the names there are": nil,
	} {
		for _, status := range []*order.Status{nil, new(pending)} {
			var got []uint64
			for _, o := range b.list(store.OrderQuery{Customer: part, Status: status, Limit: 2}) {
				got = append(got, o.Key.Index())
			}
			if !cmp.Equal(got, want) {
				b.Errorf("Orders of %q = %v, want %v", part, got, want)
			}
		}
	}
}

// testOrdersExamined looks for one order among more than a page may examine.
func testOrdersExamined(b *bed) {
	r := b.begin(blocksOf(1000))
	const total = store.MaxExamined + 2000
	r.fill(total, 1000, both()...)
	wanted := r.key(total - 7)
	for _, q := range []store.OrderQuery{
		{Customer: fmt.Sprintf("cliente %d", wanted.Index())},
		{Customer: fmt.Sprintf("cliente %d", wanted.Index()), Status: new(pending)},
		{Run: r.run.ID, Customer: fmt.Sprintf("cliente %d", wanted.Index())},
	} {
		q.Limit = 10
		var found []order.Key
		for pages := 1; ; pages++ {
			page, err := b.s.Orders(b.ctx, q)
			b.ok("Orders", err)
			if page.Examined > store.MaxExamined || page.Examined < len(page.Orders) {
				b.Fatalf("Orders examined %d rows for %d orders, want no fewer and at most %d", page.Examined, len(page.Orders), store.MaxExamined)
			}
			for _, o := range page.Orders {
				found = append(found, o.Key)
			}
			if q.Cursor = page.Cursor; q.Cursor == "" {
				break
			}
			if pages > total {
				b.Fatalf("Orders returned %d pages and still a cursor", pages)
			}
		}
		if want := []order.Key{wanted}; !cmp.Equal(found, want) {
			b.Errorf("Orders(%+v) = %v, want %v", q, found, want)
		}
	}
	first, err := b.s.Orders(b.ctx, store.OrderQuery{Limit: 10})
	b.ok("Orders", err)
	if len(first.Orders) != 10 || first.Examined < 10 {
		b.Errorf("Orders(10) = %d orders of %d examined, want 10 of as many or more", len(first.Orders), first.Examined)
	}
}
