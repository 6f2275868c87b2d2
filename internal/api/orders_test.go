package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/wire"
)

// imported inserts one order with that ref, and returns its key.
func (f *fixture) imported(ref string) order.Key {
	f.t.Helper()
	spec := newSpec(0)
	spec.Kind = order.Standing
	run, err := f.store.Begin(f.t.Context(), spec, f.clock.Now(), nil)
	if err != nil {
		f.t.Fatal(err)
	}
	o := order.Order{Key: run.ID.Key(0), Ref: ref, Customer: "Ana", Amount: 1999_90, Tier: order.Silver, CreatedAt: f.clock.Now()}
	chunk := store.Chunk{Orders: []order.Order{o}, Next: order.Cursor{Next: 1}, Ready: []order.Priority{order.VIP, order.Normal}}
	in, err := f.store.Insert(f.t.Context(), store.Fence{Run: run.ID, Epoch: run.Epoch}, chunk)
	if err != nil || in.Added != 1 {
		f.t.Fatalf("Insert = %+v, %v, want one added", in, err)
	}
	return o.Key
}

func TestGetOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	run := f.started(8)
	f.settle(order.Processed)
	vip := read[wire.Order](t, f.get("/pedidos/"+run.ID.Key(0).String()), http.StatusOK)
	if vip.ID != run.ID.Key(0).String() || vip.Status != "processado" || vip.Observacoes != "enviado com prioridade" || vip.Priority != "VIP" {
		t.Errorf("VIP order = %+v, want it processado, enviado com prioridade", vip)
	}
	waiting := read[wire.Order](t, f.get("/pedidos/"+strings.ToUpper(run.ID.Key(1).String())), http.StatusOK)
	if waiting.Status != "pendente" || !waiting.ProcessedAt.IsZero() || waiting.RunID != run.ID || waiting.Valor != 101 {
		t.Errorf("NORMAL order = %+v, want it pendente", waiting)
	}
}

func TestGetOrderByRef(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	for _, ref := range []string{
		"ORD-1", "a/b", "queue/status", "generate", "%41", "a+b", "x;y", "~",
		"0198c0de-0000-7000-8000-000000000001", strings.Repeat("r", 64),
	} {
		f.imported(ref)
		res := f.get("/pedidos/" + url.PathEscape(ref))
		switch ref {
		case "generate": // a literal route wins
			readProblem(t, res, http.StatusMethodNotAllowed, "method-not-allowed")
		default:
			if got := read[wire.Order](t, res, http.StatusOK); got.ID != ref || got.Cliente != "Ana" || got.Valor != 1999_90 {
				t.Errorf("GET %q = %+v, want the order with that id", ref, got)
			}
		}
	}
}

func TestUnknownAndImpossibleOrders(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	run := f.started(4)
	for _, id := range []string{"nope", run.ID.Key(9).String(), run.ID.String(), "00000000-0000-0000-0000-000000000000"} {
		readProblem(t, f.get("/pedidos/"+id), http.StatusNotFound, "not-found")
	}
	for _, id := range []string{"%20", "a%20b", "%C3%A9", "%00", "%7F", strings.Repeat("r", 65), strings.Repeat("r", 9000)} {
		p := readProblem(t, f.get("/pedidos/"+id), http.StatusBadRequest, "invalid-parameter")
		if len(p.Errors) != 1 || p.Errors[0].Parameter != "id" || len(p.Errors[0].Value) > 80 {
			t.Errorf("GET /pedidos/%.20s: errors = %+v, want one, of id, short", id, p.Errors)
		}
	}
}

func TestOrderIsRevalidatedByTag(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	target := "/pedidos/" + f.started(8).ID.Key(0).String()
	tag := f.get(target).Header.Get("ETag")
	if !strings.HasPrefix(tag, `"`) {
		t.Fatalf("ETag = %q, want a strong one", tag)
	}
	res := f.get(target, "If-None-Match", `"other", `+tag)
	if res.StatusCode != http.StatusNotModified || textOf(t, res) != "" || res.Header.Get("ETag") != tag {
		t.Errorf("unchanged: status %d, ETag %q; want 304 with the tag and no body", res.StatusCode, res.Header.Get("ETag"))
	}
	f.settle(order.Processed)
	if res := f.get(target, "If-None-Match", tag); res.StatusCode != http.StatusOK || res.Header.Get("ETag") == tag {
		t.Errorf("changed: status %d, ETag %q; want 200 with another", res.StatusCode, res.Header.Get("ETag"))
	}
}
