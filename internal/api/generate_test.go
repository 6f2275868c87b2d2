package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/api"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

func TestBadQuantityStartsNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	for _, bad := range []string{
		"0", "-1", "1e6", "0x10", "+1", "１", "abc", "", "1.5", "99999999999", "1500001", "9999999999",
		" 1", "1 ", "1,000", "NaN", "Infinity", "null", "1_000", "٣", "0b1", "00000000000", strings.Repeat("9", 400),
	} {
		for _, path := range []string{"/pedidos/generate", "/generate"} {
			p := readProblem(t, f.post(path+"?quantity="+url.QueryEscape(bad)), http.StatusBadRequest, "invalid-parameter")
			if len(p.Errors) != 1 || p.Errors[0].Parameter != "quantity" {
				t.Fatalf("POST %s?quantity=%q: errors = %+v, want one, of quantity", path, bad, p.Errors)
			}
			if len(bad) < 60 && p.Errors[0].Value != bad {
				t.Errorf("POST %s?quantity=%q: value = %q, want what was given", path, bad, p.Errors[0].Value)
			}
			if want := "one whole number from 1 to 1500000"; p.Errors[0].Allowed != want {
				t.Errorf("POST %s?quantity=%q: allowed = %q, want %q", path, bad, p.Errors[0].Allowed, want)
			}
		}
	}
	for _, twice := range []string{"quantity=5&quantity=6", "quantity=5&quantity=5", "quantity=&quantity=5"} {
		p := readProblem(t, f.post("/pedidos/generate?"+twice), http.StatusBadRequest, "invalid-parameter")
		if len(p.Errors) != 1 || p.Errors[0].Parameter != "quantity" {
			t.Errorf("POST ?%s: errors = %+v, want one, of quantity", twice, p.Errors)
		}
	}
	// A bare + in a query is a space.
	readProblem(t, f.post("/pedidos/generate?quantity=+1"), http.StatusBadRequest, "invalid-parameter")
	if f.runs() != 0 || f.pipe.calls != 0 {
		t.Errorf("%d runs, %d calls of the pipeline; want nothing to have started", f.runs(), f.pipe.calls)
	}
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int64{
		"/pedidos/generate":                  1_000_000,
		"/pedidos/generate?quantity=1":       1,
		"/pedidos/generate?quantity=1500000": 1_500_000,
		"/generate?quantity=0000000007":      7,
		// Some clients get past caches like this.
		"/pedidos/generate?quantity=8&_=123": 8,
	} {
		f := newFixture(t, nil)
		res := f.post(path)
		got := read[wire.Started](t, res, http.StatusAccepted)
		runs, err := f.store.Runs(t.Context(), order.RunID{}, 10)
		if err != nil || len(runs) != 1 || runs[0].Spec.Target != want {
			t.Fatalf("POST %s: runs = %+v, %v; want one of %d orders", path, runs, err, want)
		}
		if location := res.Header.Get("Location"); location != "/pedidos/runs/"+runs[0].ID.String() {
			t.Errorf("POST %s: Location = %q, want that of run %v", path, location, runs[0].ID)
		}
		wantBody := wire.Started{
			Message: fmt.Sprintf("generation of %d orders has started", want),
			Phase:   order.Generating, RunID: runs[0].ID,
		}
		if diff := cmp.Diff(wantBody, got); diff != "" {
			t.Errorf("POST %s (-want +got):\n%s", path, diff)
		}
		readStatus := read[wire.Status](t, f.get("/pedidos"), http.StatusOK)
		if readStatus.Phase != order.Generating || readStatus.LastRunID != runs[0].ID {
			t.Errorf("after POST %s: phase %v of run %v", path, readStatus.Phase, readStatus.LastRunID)
		}
	}
}

func TestQuantityDefaultsToNoMoreThanAllowed(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *api.Options) { o.MaxOrders = 500 })
	read[wire.Started](t, f.post("/pedidos/generate"), http.StatusAccepted)
	if got := read[wire.Status](t, f.get("/pedidos"), http.StatusOK).Target; got != 500 {
		t.Errorf("target = %d, want 500", got)
	}
}

// A status that was seen before a run started is not shown after it.
func TestStatusAfterGenerateIsOfTheNewRun(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	if got := read[wire.Status](t, f.get("/pedidos"), http.StatusOK).Phase; got != order.Idle {
		t.Fatalf("phase before any run = %v, want IDLE", got)
	}
	read[wire.Started](t, f.post("/pedidos/generate?quantity=5"), http.StatusAccepted)
	if got := read[wire.Status](t, f.get("/pedidos"), http.StatusOK).Phase; got != order.Generating {
		t.Errorf("phase right after the start = %v, want GENERATING", got)
	}
}

func TestGenerateWhileActive(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"", "?returnOnActive=true", "?returnOnActive=false", "?force=false", "?autoForceIfStale=true"} {
		f := newFixture(t, nil)
		run := f.started(4)
		p := readProblem(t, f.post("/pedidos/generate"+query), http.StatusConflict, "run-active")
		if p.RunID != run.ID {
			t.Errorf("POST %s: runId = %v, want %v", query, p.RunID, run.ID)
		}
		got, err := f.store.Run(t.Context(), run.ID)
		if err != nil || !got.Active() || f.runs() != 1 {
			t.Errorf("POST %s: run = %v, %v; want it untouched", query, got.Phase, err)
		}
	}
}

func TestForceEndsTheActiveRun(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	old := f.started(4)
	got := read[wire.Started](t, f.post("/pedidos/generate?quantity=9&force=true"), http.StatusAccepted)
	if !got.Forced || got.StaleRecovered || got.RunID == old.ID {
		t.Errorf("POST generate?force=true = %+v, want another run, forced", got)
	}
	before, err := f.store.Run(t.Context(), old.ID)
	if err != nil || !before.Cancelled() {
		t.Errorf("the old run = %v, %v; want it cancelled", before.Phase, err)
	}
	if p := read[wire.Started](t, newFixture(t, nil).post("/pedidos/generate?force=true"), http.StatusAccepted); p.Forced {
		t.Error("forced = true with nothing to end, want false")
	}
}

func TestStaleRunGivesWay(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	old := f.started(4)
	f.pipe.standstill = "no process works on it"
	p := readProblem(t, f.post("/pedidos/generate?autoForceIfStale=false"), http.StatusConflict, "run-active")
	if p.RunID != old.ID {
		t.Errorf("runId = %v, want %v", p.RunID, old.ID)
	}
	got := read[wire.Started](t, f.post("/pedidos/generate?quantity=9"), http.StatusAccepted)
	if !got.StaleRecovered || got.StaleReason != "no process works on it" || got.RunID == old.ID {
		t.Errorf("POST generate = %+v, want the stale run recovered", got)
	}
	before, err := f.store.Run(t.Context(), old.ID)
	if err != nil || !strings.Contains(before.Failure.Message, "no process works on it") {
		t.Errorf("the old run's failure = %+v, %v; want the standstill in it", before.Failure, err)
	}
}

func TestGenerateAfterEveryEnd(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	for range 3 {
		read[wire.Started](t, f.post("/pedidos/generate?quantity=9"), http.StatusAccepted)
		read[wire.Cancelled](t, f.post("/pedidos/cancel"), http.StatusOK)
	}
	if f.runs() != 3 {
		t.Errorf("runs = %d, want 3", f.runs())
	}
}

func TestParametersMayComeAsJSON(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	res := f.do(http.MethodPost, "/generate", `{"quantity": 1234, "force": true}`, "Content-Type", "application/json; charset=utf-8")
	read[wire.Started](t, res, http.StatusAccepted)
	if got := read[wire.Status](t, f.get("/pedidos"), http.StatusOK).Target; got != 1234 {
		t.Errorf("target = %d, want 1234", got)
	}
}

func TestGenerateWithSeedAndTiers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		path, body string
		seed       uint64
		weights    order.Weights
	}{
		"query":        {"?quantity=5&seed=18446744073709551615&tiers=40,30,20,10", "", 18446744073709551615, order.Weights{40, 30, 20, 10}},
		"body":         {"", `{"quantity":5,"seed":"18446744073709551615","tiers":"0,0,0,1"}`, 18446744073709551615, order.Weights{0, 0, 0, 1}},
		"body, number": {"", `{"quantity":5,"seed":9007199254740993}`, 9007199254740993, order.Weights{1, 1, 1, 1}},
		"neither":      {"?quantity=5", "", 42, order.Weights{1, 1, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, nil)
			read[wire.Started](t, f.do(http.MethodPost, "/pedidos/generate"+test.path, test.body, "Content-Type", "application/json"), http.StatusAccepted)
			runs, err := f.store.Runs(t.Context(), order.RunID{}, 1)
			if err != nil || len(runs) != 1 || runs[0].Spec.Seed != test.seed || runs[0].Spec.Weights != test.weights {
				t.Errorf("the run is %+v, %v; want seed %d and weights %v", runs, err, test.seed, test.weights)
			}
		})
	}
}
