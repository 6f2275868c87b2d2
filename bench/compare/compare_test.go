package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

func TestParse(t *testing.T) {
	t.Parallel()
	s, err := parse([]string{"-n", "1000", "-rounds", "2", "-only", "alone,bull"}, io.Discard)
	if err != nil || s.orders != 1000 || s.rounds != 2 || !cmp.Equal(s.only, []string{"alone", "bull"}) {
		t.Errorf("parse() = %+v, %v", s, err)
	}
	for _, bad := range []string{"-n=999", "-n=10000001", "-rounds=0", "-rounds=100", "-only=", "-only=bull,", "-only=node", "-o=text", "more"} {
		if _, err := parse([]string{bad}, io.Discard); err == nil || !strings.ContainsAny(err.Error(), ":;") {
			t.Errorf("parse(%s) = %v, want what is allowed", bad, err)
		}
	}
}

func TestMongoURI(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"mongodb://127.0.0.1:1":                       "mongodb://127.0.0.1:1/db",
		"mongodb://127.0.0.1:1/":                      "mongodb://127.0.0.1:1/db",
		"mongodb://127.0.0.1:1/other":                 "mongodb://127.0.0.1:1/db",
		"mongodb://u@a:1,b:2/?replicaSet=x":           "mongodb://u@a:1,b:2/db?replicaSet=x",
		"mongodb+srv://u@host/other?authSource=admin": "mongodb+srv://u@host/db?authSource=admin",
		"mongodb://a?tlsCAFile=/etc/x":                "mongodb://a/db?tlsCAFile=/etc/x",
	} {
		if got := (&servers{uri: given, database: "db"}).mongoURI(); got != want {
			t.Errorf("mongoURI() of %s = %s, want %s", given, got, want)
		}
	}
}

// finished is the status of a run of 1,000 orders that lasted from second 0 to 5.
func finished() *wire.Status {
	at := func(second int) wire.Instant { return wire.At(time.Unix(1_800_000_000+int64(second), 0)) }
	s := &wire.Status{Phase: order.Done, Counts: wire.Counts{VIP: 250, Normal: 750, Total: 1000}}
	s.HighRes.Total = wire.Span{Start: at(0), End: at(5)}
	s.HighRes.VIPProcessing = wire.Span{Start: at(1), End: at(2)}
	s.HighRes.NormalProcessing = wire.Span{Start: at(2), End: at(4)}
	return s
}

func TestRead(t *testing.T) {
	t.Parallel()
	b := &bench{settings: settings{orders: 1000}}
	got, err := b.read(finished(), 3*time.Second)
	want := measured{Orders: 1000, VIP: 250, Processing: 3 * time.Second, Whole: 5 * time.Second}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("read() = %v (-want +got):\n%s", err, diff)
	}
	for what, harm := range map[string]func(*wire.Status){
		"another phase":  func(s *wire.Status) { s.Phase = order.Failed },
		"too few orders": func(s *wire.Status) { s.Counts.Total = 999 },
		"dead orders":    func(s *wire.Status) { s.Counts.Failed = 1 },
		"removed orders": func(s *wire.Status) { s.Counts.Removed = 1 },
		"pending orders": func(s *wire.Status) { s.Counts.Pending = 1 },
		"NORMAL first":   func(s *wire.Status) { s.HighRes.NormalProcessing.Start = s.HighRes.VIPProcessing.Start },
	} {
		s := finished()
		harm(s)
		if _, err := b.read(s, time.Second); err == nil {
			t.Errorf("read() of a run with %s is no error", what)
		}
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	runs := func(seconds ...int) []measured {
		var all []measured
		for _, s := range seconds {
			d := time.Duration(s) * time.Second
			all = append(all, measured{Orders: 100_000, Processing: d, Whole: 2 * d, Overtaken: int64(s)})
		}
		return all
	}
	r := &result{
		Header:   header{Database: "D", Redis: "R", Machine: "M", Go: "1", Node: "2", Commit: "c"},
		Orders:   100_000,
		Rates:    rates{Insert: 4000.9, Update: 1000, Bulk: 2000, UpdateMany: 3000},
		Runs:     map[string][]measured{"bull": runs(50, 40, 10), "alone": runs(2)},
		Failures: map[string]string{"fleet": "no such\ncommand"},
	}
	for _, want := range []string{
		"| Node worker: Bull, 25 at a time, one update an order | 3 | 2,500 | 1.0 | 1,250 | 1.0 | 40 |",
		"| filavip: `serve` without workers, and one `worker` | not measured: no such command | | | | | |",
		"| filavip: one `serve` that works itself | 1 | 50,000 | 20.0 | 25,000 | 20.0 | 2 |",
		"| 1,000 | 2,000 | 3,000 | 4,000 |",
	} {
		if !strings.Contains(r.markdown(), "\n"+want+"\n") {
			t.Errorf("markdown() has no line %q:\n%s", want, r.markdown())
		}
	}
	if err := r.check(); err == nil || !strings.Contains(err.Error(), "fleet") {
		t.Errorf("check() = %v, want that fleet was not measured", err)
	}
}
