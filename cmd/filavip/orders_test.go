package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

// found returns what a search found.
func (s *server) found(flags ...string) wire.OrderPage {
	s.t.Helper()
	return decoded[wire.OrderPage](s.does(append([]string{"orders", "-o", "json"}, flags...)...).ends(exitOK))
}

func TestOrdersOfNothing(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	s.does("orders").ends(exitOK).shows("No orders.").warns("orders looked at: 0")
	if got := s.found(); got.Orders == nil || got.Count != 0 {
		t.Errorf("orders -o json of nothing = %+v, want a list without items", got)
	}
	s.does("orders", "nope").ends(exitUsage).says(`there is no order "nope"`)
}

func TestOrdersOfRuns(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	first := decoded[wire.Run](s.does("generate", "-n", "300", "--wait", "-o", "json").ends(exitOK)).RunID
	second := decoded[wire.Run](s.does("generate", "-n", "450", "--wait", "-o", "json").ends(exitOK)).RunID
	for _, tc := range []struct {
		flags []string
		want  int
		of    *order.RunID // of all of them; nil: any
	}{
		{nil, 50, &second},
		{[]string{"--limit", "10000"}, 450, &second},
		{[]string{"--limit", "10000", "--run", "latest"}, 450, &second},
		{[]string{"--limit", "10000", "--run", first.String()}, 300, &first},
		{[]string{"--limit", "10000", "--run", "all"}, 750, nil},
		{[]string{"--limit", "10000", "--run", "019ab000-0000-7000-8000-00ffffffffff"}, 0, nil},
	} {
		got := s.found(tc.flags...)
		if len(got.Orders) != tc.want || got.Count != tc.want {
			t.Errorf("orders %q: %d, count %d, want %d", tc.flags, len(got.Orders), got.Count, tc.want)
		}
		for i := range got.Orders {
			if tc.of != nil && got.Orders[i].RunID != *tc.of {
				t.Fatalf("orders %q has one of run %v, want %v alone", tc.flags, got.Orders[i].RunID, tc.of)
			}
		}
	}
	s.does("orders", "--customer", "nobody").ends(exitOK).shows("No orders.").
		warns("orders looked at: 450, in run " + second.String() + ", the latest; --run all looks in every run")
	one := s.found("--run", first.String(), "--limit", "1").Orders[0]
	if got := s.found("--id", one.ID); got.Count != 1 || got.Orders[0].RunID != first {
		t.Errorf("orders --id of an earlier run's = %+v, want that order", got)
	}
	if got := s.found("--id", one.ID, "--run", second.String()); got.Count != 0 {
		t.Errorf("orders --id in another run = %+v, want none", got)
	}
}

func TestOrdersFilters(t *testing.T) {
	t.Parallel()
	s := serveApp(t, "simulate-failures", "0.5", "attempts", "1")
	s.does("generate", "-n", "400", "--seed", "7", "--wait").ends(exitOK)
	all := s.found("--limit", "400").Orders
	for _, tc := range []struct {
		flags []string
		keep  func(*wire.Order) bool
	}{
		{[]string{"--tier", "gold"}, func(o *wire.Order) bool { return o.Tier == "GOLD" }},
		{[]string{"--tier", "Prata"}, func(o *wire.Order) bool { return o.Tier == "SILVER" }},
		{[]string{"--priority", "vip", "--status", "FALHOU"}, func(o *wire.Order) bool { return o.Priority == "VIP" && o.Status == wire.Falhou }},
		{[]string{"--customer", "CLIENTE 39"}, func(o *wire.Order) bool { return strings.Contains(o.Cliente, "Cliente 39") }},
	} {
		want := 0
		for i := range all {
			if tc.keep(&all[i]) {
				want++
			}
		}
		got := s.found(append(tc.flags, "--limit", "400")...)
		if got.Count != want || want == 0 || got.Examined < want {
			t.Errorf("orders %q: %d of %d looked at, want %d, which is more than none", tc.flags, got.Count, got.Examined, want)
		}
		for i := range got.Orders {
			if !tc.keep(&got.Orders[i]) {
				t.Errorf("orders %q found %+v", tc.flags, got.Orders[i])
			}
		}
	}
	failed := s.does("orders", "--status", "falhou", "--limit", "3").ends(exitOK).shows("reason\n", "simulated failure")
	if lines := strings.Count(failed.out, "\n"); lines != 4 {
		t.Errorf("orders --limit 3 shows %d lines, want a heading and three", lines)
	}
}

// TestOrdersGoOn follows the hint until there is none.
func TestOrdersGoOn(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	s.starts("250")
	var flags []string
	seen := map[string]bool{}
	for range 4 {
		o := s.does(append([]string{"orders", "--limit", "90", "-o", "ndjson"}, flags...)...).ends(exitOK)
		for line := range strings.Lines(o.out) {
			var one wire.Order
			if err := json.Unmarshal([]byte(line), &one); err != nil || seen[one.ID] {
				t.Fatalf("orders -o ndjson has the line %q: %v, or it came before", line, err)
			}
			seen[one.ID] = true
		}
		_, more, ok := strings.Cut(o.err, "more orders: the same with ")
		if flags = strings.Fields(more); !ok {
			break
		}
	}
	if len(seen) != 250 || len(flags) > 0 {
		t.Errorf("going on as told shows %d orders, then %q; want 250 and the end", len(seen), flags)
	}
}

func TestOrderStory(t *testing.T) {
	t.Parallel()
	s := serveApp(t, "simulate-failures", "1", "attempts", "1")
	s.does("generate", "-n", "5", "--wait").ends(exitOK)
	id := s.found("--limit", "1").Orders[0].ID
	s.does("orders", id).ends(exitOK).shows("Order "+id+"  falhou\n", "customer ", "failed of       simulated failure", "times put back  0",
		"  accepted as order 0", "dead      became a dead letter")
	got := decoded[wire.Story](s.does("orders", id, "-o", "json").ends(exitOK))
	if got.Order.ID != id || got.DeadLetter == nil || len(got.Events) != 2 {
		t.Errorf("orders ID -o json = %+v, want the order, its dead letter and two events", got)
	}
	s.does("orders", strings.Repeat("9", 36)).ends(exitUsage).says("there is no order")
}

// TestOrdersKeepWhatTheyFound: a server that fails in the middle takes nothing away.
func TestOrdersKeepWhatTheyFound(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch cursor := r.URL.Query().Get("cursor"); cursor {
		case "":
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"orders":[{"id":"kept","valor":1.00}],"count":1,"nextCursor":"c2","examined":10000}`))
		case "c2":
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"orders":[],"nextCursor":"c3","examined":10000}`))
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	filavip(t, "orders", "--run", "all", "--url", server.URL).ends(exitUnreachable).shows("kept").
		warns("orders looked at: 20,000\n", "more orders: the same with --cursor c3\n", "filavip: list orders: ")
}
