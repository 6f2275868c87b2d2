package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

// history makes n runs that have ended, and returns their IDs, newest first.
func (f *fixture) history(n int) []order.RunID {
	f.t.Helper()
	ids := make([]order.RunID, n)
	for i := range n {
		ids[n-1-i] = f.started(4).ID
		f.clock.advance(time.Second)
		read[wire.Cancelled](f.t, f.post("/pedidos/cancel"), http.StatusOK)
	}
	return ids
}

func TestRunsPages(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	want := f.history(7)
	var got []order.RunID
	target, pages := "/pedidos/runs?limit=3", 0
	for target != "" {
		res := f.get(target)
		page := read[wire.RunPage](t, res, http.StatusOK)
		if page.Limit != 3 || page.Count != len(page.Runs) || page.Count > 3 {
			t.Fatalf("page = limit %d, count %d of %d runs; want at most 3", page.Limit, page.Count, len(page.Runs))
		}
		for _, run := range page.Runs {
			got = append(got, run.RunID)
		}
		link := res.Header.Get("Link")
		if (link == "") != (page.NextCursor == "") || !strings.Contains(link, page.NextCursor) {
			t.Errorf("Link = %q with nextCursor %q, want the same page or neither", link, page.NextCursor)
		}
		target, _, _ = strings.Cut(strings.TrimPrefix(link, "<"), ">")
		pages++
	}
	if diff := cmp.Diff(want, got); diff != "" || pages != 3 {
		t.Errorf("runs over %d pages (-want +got):\n%s", pages, diff)
	}
}

func TestRunsLimit(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	if page := read[wire.RunPage](t, f.get("/pedidos/runs"), http.StatusOK); page.Limit != 20 || page.Runs == nil {
		t.Errorf("without a limit: %+v, want 20, and an empty list rather than none", page)
	}
	f.history(21)
	if page := read[wire.RunPage](t, f.get("/pedidos/runs"), http.StatusOK); page.Count != 20 || page.NextCursor == "" {
		t.Errorf("21 runs: %d of them, cursor %q; want 20 and a cursor", page.Count, page.NextCursor)
	}
	page := read[wire.RunPage](t, f.get("/pedidos/runs?limit=1000"), http.StatusOK)
	if page.Limit != 200 || page.Count != 21 || page.NextCursor != "" {
		t.Errorf("limit=1000: limit %d, %d runs, cursor %q; want 200, 21 and none", page.Limit, page.Count, page.NextCursor)
	}
}

func TestGetRun(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	run := f.started(40)
	f.settle(order.Processed)
	got := read[wire.Run](t, f.get("/pedidos/runs/"+run.ID.String()), http.StatusOK)
	if got.RunID != run.ID || got.Status != wire.RunRunning || got.Generated != 40 || got.TotalProcessedVIP != 5 || got.Seed != "42" {
		t.Errorf("run = %+v, want it running with 5 of 40 processed", got)
	}
	other := order.NewRunID(1, 1)
	readProblem(t, f.get("/pedidos/runs/"+other.String()), http.StatusNotFound, "not-found")
	for _, bad := range []string{"x", run.ID.Key(3).String(), "%20"} {
		p := readProblem(t, f.get("/pedidos/runs/"+bad), http.StatusBadRequest, "invalid-parameter")
		if len(p.Errors) != 1 || p.Errors[0].Parameter != "id" {
			t.Errorf("GET /pedidos/runs/%s: errors = %+v, want one, of id", bad, p.Errors)
		}
	}
}
