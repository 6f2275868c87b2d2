package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

// surface is every route there is, with its status code on an empty store.
func surface() map[string]int {
	return map[string]int{
		"GET /pedidos":                            200,
		"GET /orders":                             200,
		"GET /pedidos/{id}":                       404,
		"POST /pedidos/generate":                  202,
		"POST /generate":                          202,
		"POST /pedidos/cancel":                    200,
		"POST /cancel":                            200,
		"POST /pedidos/reset":                     200,
		"POST /reset":                             200,
		"POST /pedidos/process":                   200,
		"GET /pedidos/logs":                       200,
		"GET /orders/logs":                        200,
		"GET /pedidos/health/queue":               200,
		"GET /orders/health/queue":                200,
		"GET /pedidos/health/ready":               200,
		"GET /orders/health/ready":                200,
		"GET /pedidos/health/live":                200,
		"GET /health/live":                        200,
		"GET /health/ready":                       200,
		"GET /livez":                              200,
		"GET /readyz":                             200,
		"GET /healthz":                            200,
		"GET /pedidos/queue/status":               200,
		"GET /queue/counts":                       200,
		"GET /pedidos/queue/jobs":                 200,
		"POST /pedidos/queue/pause":               200,
		"POST /pedidos/queue/resume":              200,
		"POST /pedidos/queue/clean":               200,
		"POST /pedidos/queue/close":               200,
		"POST /pedidos/queue/purge":               200,
		"POST /pedidos/queue/retry-failed":        200,
		"POST /pedidos/queue/recover-stuck":       200,
		"GET /pedidos/runs":                       200,
		"GET /pedidos/runs/{id}":                  400,
		"GET /pedidos/timeseries":                 200,
		"GET /pedidos/system":                     200,
		"GET /fleet":                              200,
		"GET /diagnostics/queue":                  200,
		"GET /metrics":                            404, // by the handler that the fixture injects
		"GET /problems/{name}":                    404,
		"GET /openapi.json":                       200,
		"GET /openapi.yaml":                       200,
		"GET /pedidos/{id}/story":                 404,
		"GET /pedidos/orders":                     200,
		"GET /pedidos/queue/dead-letter":          200,
		"GET /pedidos/queue/dead-letter/groups":   200,
		"POST /pedidos/queue/dead-letter/retry":   400,
		"POST /pedidos/queue/dead-letter/discard": 400,
		"POST /session":                           400,
		"DELETE /session":                         204,
	}
}

func TestEveryRouteAnswers(t *testing.T) {
	t.Parallel()
	for route, want := range surface() {
		method, path, _ := strings.Cut(route, " ")
		res := newFixture(t, nil).do(method, strings.NewReplacer("{id}", "nope", "{name}", "nope").Replace(path), "")
		if res.StatusCode != want {
			t.Errorf("%s = %d, want %d; body %s", route, res.StatusCode, want, textOf(t, res))
		}
	}
}

// The document and the routes are the same list.
func TestDocumentListsEveryRoute(t *testing.T) {
	t.Parallel()
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(textOf(t, newFixture(t, nil).get("/openapi.json"))), &document); err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for path, methods := range document.Paths {
		for method := range methods {
			got = append(got, strings.ToUpper(method)+" "+path)
		}
	}
	for route := range surface() {
		if !strings.HasPrefix(route, "GET /openapi.") {
			want = append(want, route)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("documented routes (-want +got):\n%s", diff)
	}
}

func TestWrongMethod(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	for route := range surface() {
		method, path, _ := strings.Cut(route, " ")
		allow := map[string]string{"GET": "GET, HEAD, OPTIONS", "POST": "POST, OPTIONS"}[method]
		if path == "/session" {
			allow = "POST, DELETE, OPTIONS"
		}
		path = strings.NewReplacer("{id}", "nope", "{name}", "nope").Replace(path)
		for _, wrong := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} {
			if slices.Contains(strings.Split(allow, ", "), wrong) {
				continue
			}
			res := f.do(wrong, path, "")
			if got := res.Header.Get("Allow"); got != allow {
				t.Errorf("%s %s: Allow = %q, want %q", wrong, path, got, allow)
			}
			readProblem(t, res, http.StatusMethodNotAllowed, "method-not-allowed")
		}
		res := f.do(http.MethodOptions, path, "")
		if res.StatusCode != http.StatusNoContent || res.Header.Get("Allow") != allow {
			t.Errorf("OPTIONS %s = %d, Allow %q; want 204, %q", path, res.StatusCode, res.Header.Get("Allow"), allow)
		}
	}
	if f.runs() != 0 || f.pipe.calls != 0 || f.queue.calls != 0 {
		t.Errorf("%d runs, %d and %d calls; want nothing to have happened", f.runs(), f.pipe.calls, f.queue.calls)
	}
}

func TestUnknownRoute(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	for _, path := range []string{
		"/", "/x", "/pedidos/", "/pedidos//x", "//pedidos", "/pedidos/../orders", "/pedidos/runs/", "/pedidos/a/b", "/docs",
		"/openapi", "/openapi-3.0.json", "/schemas/Status.json", "/queue", "/pedidos/./x", "/problems/", "/Pedidos",
	} {
		for _, method := range []string{"GET", "POST", "OPTIONS"} {
			p := readProblem(t, f.do(method, path, ""), http.StatusNotFound, "unknown-route")
			if !strings.Contains(p.Detail, method) {
				t.Errorf("%s %s: detail %q does not say what was asked for", method, path, p.Detail)
			}
		}
	}
}

// No GET changes anything, whatever it is asked with.
func TestGetChangesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.mixed()
	before := f.counts()
	for route := range surface() {
		_, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{id}", "nope", "{name}", "nope").Replace(path)
		for _, method := range []string{"GET", "HEAD"} {
			f.do(method, path+"?quantity=5&force=true&state=wait&verbose", "", key, "k")
		}
	}
	if f.counts() != before || f.runs() != 1 || f.pipe.calls != 0 || f.queue.calls != 0 || f.logs.resets != 0 {
		t.Errorf("counts %+v, %d runs, %d and %d calls, %d resets; want nothing to have happened",
			f.counts(), f.runs(), f.pipe.calls, f.queue.calls, f.logs.resets)
	}
}

func TestBothStatusPathsServeOneBody(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	run := f.started(40)
	f.settle(order.Processed)
	a, b := textOf(t, f.get("/pedidos")), textOf(t, f.get("/orders"))
	if a != b {
		t.Errorf("GET /pedidos and GET /orders differ:\n%s\n%s", a, b)
	}
	s := read[wire.Status](t, f.get("/pedidos"), http.StatusOK)
	if s.ContractVersion != 2 || s.LastRunID != run.ID || s.Counts.VIP != 5 || s.Generated != 40 || s.Target != 40 {
		t.Errorf("status = %+v, want 5 VIP of 40 processed in run %v", s, run.ID)
	}
}
