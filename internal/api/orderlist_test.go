package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/wire"
)

// names returns the customers of a page.
func names(page wire.OrderPage) []string {
	var all []string
	for _, o := range page.Orders {
		all = append(all, o.Cliente)
	}
	return all
}

func TestOrders(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	run := f.started(20) // DIAMOND are 0, 4, 8, 12, 16
	f.settle(order.Processed)
	ref := f.imported("ORD-7") // SILVER, of Ana, in a run of its own
	id := run.ID.Key(4).String()
	tests := []struct {
		query string
		want  []string
	}{
		{"id=" + id, []string{"Cliente 4"}},
		{"id=" + strings.ToUpper(id), []string{"Cliente 4"}},
		{"id=ORD-7", []string{"Ana"}},
		{"id=" + ref.String(), []string{"Ana"}},
		{"id=nobody", nil},
		{"id=" + run.ID.Key(99).String(), nil},
		{"id=" + id + "&tier=GOLD", nil},
		{"id=" + id + "&tier=DIAMANTE&priority=VIP&status=processado&cliente=CLIENTE&run=" + run.ID.String(), []string{"Cliente 4"}},
		{"id=" + id + "&status=pendente", nil},
		{"id=" + id + "&run=" + ref.Run().String(), nil},
		{"id=" + id + "&cliente=Ana", nil},
		{"id=" + id + "&priority=NORMAL", nil},
		{"cliente=ana", []string{"Ana"}},
		{"cliente=e%201", []string{"Cliente 1", "Cliente 10", "Cliente 11", "Cliente 12", "Cliente 13", "Cliente 14", "Cliente 15", "Cliente 16", "Cliente 17", "Cliente 18", "Cliente 19"}},
		{"cliente=e%201&priority=VIP", []string{"Cliente 12", "Cliente 16"}},
		{"tier=SILVER", []string{"Ana"}},
		{"tier=PRATA", []string{"Ana"}},
		{"tier=BRONZE", nil},
		{"tier=OURO&limit=2", []string{"Cliente 1", "Cliente 2"}},
		{"tier=DIAMOND&priority=NORMAL", nil},
		{"status=processado", []string{"Cliente 0", "Cliente 4", "Cliente 8", "Cliente 12", "Cliente 16"}},
		{"status=falhou", nil},
		{"status=removido", nil},
		{"run=" + ref.Run().String(), []string{"Ana"}},
		{"status=pendente&priority=NORMAL&run=" + run.ID.String() + "&limit=1", []string{"Cliente 1"}},
	}
	for _, test := range tests {
		got := read[wire.OrderPage](t, f.get("/pedidos/orders?"+test.query), http.StatusOK)
		if diff := cmp.Diff(test.want, names(got)); diff != "" {
			t.Errorf("orders?%s (-want +got):\n%s", test.query, diff)
		}
		if got.Count != len(test.want) || got.Examined < got.Count {
			t.Errorf("orders?%s: count %d, examined %d; want %d of as many or more", test.query, got.Count, got.Examined, len(test.want))
		}
	}
}

// Pages, one after the other by their links, hold every order once.
func TestOrdersPages(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.started(30)
	for query, want := range map[string]int{"": 30, "?limit=7": 30, "?limit=9999": 30, "?limit=3&tier=OURO": 22, "?priority=VIP&limit=8": 8} {
		seen := map[string]int{}
		target := "/pedidos/orders" + query
		for pages := 0; target != ""; pages++ {
			res := f.get(target)
			page := read[wire.OrderPage](t, res, http.StatusOK)
			for _, o := range page.Orders {
				seen[o.ID]++
			}
			if pages > 30 || page.Limit > 200 {
				t.Fatalf("%s: page %d of %d orders at most", query, pages, page.Limit)
			}
			target = nextTarget(t, res)
			if (target == "") != (page.NextCursor == "") {
				t.Errorf("%s: nextCursor %q with the link %q", query, page.NextCursor, target)
			}
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s: order %s listed %d times", query, id, n)
			}
		}
		if len(seen) != want {
			t.Errorf("%s: %d orders, want %d", query, len(seen), want)
		}
	}
}

// nextTarget returns where the next page is; empty if there is none.
func nextTarget(t *testing.T, res *http.Response) string {
	t.Helper()
	link := res.Header.Get("Link")
	if link == "" {
		return ""
	}
	target, ok := strings.CutSuffix(link, `>; rel="next"`)
	if !ok || !strings.HasPrefix(target, "<") {
		t.Fatalf("Link = %q, want one to the next page", link)
	}
	return target[1:]
}

// A page that examined all it may and found nothing still leads on.
func TestOrdersEmptyPageGoesOn(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	run := f.started(4)
	chunk := store.Chunk{First: 4, Next: order.Cursor{Next: 4 + store.MaxExamined, End: true}}
	for i := range uint64(store.MaxExamined) {
		chunk.Orders = append(chunk.Orders, order.Order{Key: run.ID.Key(4 + i), Customer: fmt.Sprintf("c%d", i), CreatedAt: f.clock.Now()})
	}
	if _, err := f.store.Insert(context.Background(), store.Fence{Run: run.ID, Epoch: run.Epoch}, chunk); err != nil {
		t.Fatal(err)
	}
	wanted := fmt.Sprintf("C%d", store.MaxExamined-1)
	res := f.get("/pedidos/orders?cliente=" + wanted)
	first := read[wire.OrderPage](t, res, http.StatusOK)
	if first.Count != 0 || first.Examined != store.MaxExamined || first.NextCursor == "" {
		t.Fatalf("first page: %d orders of %d examined, cursor %q; want none of %d, and a cursor", first.Count, first.Examined, first.NextCursor, store.MaxExamined)
	}
	target := nextTarget(t, res)
	if u, err := url.Parse(target); err != nil || u.Query().Get("cliente") != wanted {
		t.Errorf("Link leads to %q, want what was asked for kept", target)
	}
	if second := read[wire.OrderPage](t, f.get(target), http.StatusOK); second.Count != 1 || second.NextCursor != "" {
		t.Errorf("second page: %d orders, cursor %q; want the last one", second.Count, second.NextCursor)
	}
}
