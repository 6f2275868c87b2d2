package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/api"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Security-Policy", "default-src 'self'")
	_, _ = w.Write(append([]byte(r.URL.Path+" "), body...))
}

func mounted(o *api.Options) {
	o.Mounts = []api.Mount{
		{Method: http.MethodGet, Path: "/{$}", Handler: http.HandlerFunc(echo)},
		{Method: http.MethodGet, Path: "/live/", Handler: http.HandlerFunc(echo), Live: true},
		{Method: http.MethodPost, Path: "/live/", Handler: http.HandlerFunc(echo), Live: true},
	}
}

func TestMountsAnswerBehindTheSameChecks(t *testing.T) {
	t.Parallel()
	f := newFixture(t, mounted)
	for path, want := range map[string]string{"/": "/ ", "/live/": "/live/ ", "/live/deep/er": "/live/deep/er "} {
		res := f.get(path)
		if body, _ := io.ReadAll(res.Body); string(body) != want || res.StatusCode != http.StatusOK {
			t.Errorf("GET %s = %d %q, want 200 %q", path, res.StatusCode, body, want)
		}
		if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Content-Security-Policy") != "default-src 'self'" {
			t.Errorf("GET %s has headers %v, want the usual ones and its own policy", path, res.Header)
		}
	}
	readProblem(t, f.post("/"), http.StatusMethodNotAllowed, "method-not-allowed")
	elsewhere := newRequest(http.MethodGet, "/live/", "")
	elsewhere.Host = "evil.example"
	readProblem(t, f.send(elsewhere), http.StatusMisdirectedRequest, "unknown-host")
}

func TestLiveMountsHaveLimitsOfTheirOwn(t *testing.T) {
	t.Parallel()
	block, entered := make(chan struct{}), make(chan struct{})
	f := newFixture(t, func(o *api.Options) {
		mounted(o)
		o.InFlight = 1
	})
	f.pipe.set(func(p *fakePipeline) { p.block, p.entered = block, entered })
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.get("/pedidos")
	}()
	<-entered
	readProblem(t, f.get("/pedidos/runs"), http.StatusServiceUnavailable, "overloaded")
	long := strings.Repeat("x", 100_000)
	res := f.do(http.MethodPost, "/live/", long, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
	if body, _ := io.ReadAll(res.Body); len(body) != len(long)+len("/live/ ") {
		t.Errorf("POST /live/ = %d with %d bytes, want all of them echoed", res.StatusCode, len(body))
	}
	close(block)
	<-done
}

func TestAllowsOrigin(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *api.Options) { o.Origins = []string{"https://orders.example"} })
	for _, test := range []struct {
		origin, site string
		want         bool
	}{
		{"", "", true},
		{"", "same-origin", true},
		{"", "none", true},
		{"", "cross-site", false},
		{"", "same-site", false},
		{"", "weird", false},
		{"https://orders.example", "cross-site", true},
		{"https://orders.example.", "", false},
		{"https://Orders.example", "", false},
		{"https://orders.example:443", "", false},
		{"http://orders.example", "", false},
		{"https://evil.example", "", false},
		{"null", "", false},
		{"http://127.0.0.1:3000", "", true},
		{"http://127.0.0.1:3001", "", false},
		{"http://127.0.0.1:3000, https://orders.example", "", false},
	} {
		r := newRequest(http.MethodGet, "/live/", "")
		r.Host = "127.0.0.1:3000"
		if test.origin != "" {
			r.Header.Set("Origin", test.origin)
		}
		if test.site != "" {
			r.Header.Set("Sec-Fetch-Site", test.site)
		}
		if got := f.api.AllowsOrigin(r); got != test.want {
			t.Errorf("AllowsOrigin(Origin %q, Sec-Fetch-Site %q) = %v, want %v", test.origin, test.site, got, test.want)
		}
	}
}

func TestCallDoesWhatAPostDoes(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	from := newRequest(http.MethodGet, "/live/", "", "Accept-Language", "pt-BR", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
	status, body := f.api.Call(t.Context(), from, "/pedidos/generate", []byte(`{"quantity": 1e6}`))
	var p wire.Problem
	if err := json.Unmarshal(body, &p); err != nil || status != http.StatusBadRequest || len(p.Errors) != 1 || p.Errors[0].Parameter != "quantity" {
		t.Fatalf("Call with a bad quantity = %d %s, want a problem with it", status, body)
	}
	if !strings.Contains(p.Errors[0].Allowed, "um número inteiro") {
		t.Errorf("allowed = %q, want it in the caller's language", p.Errors[0].Allowed)
	}
	status, body = f.api.Call(t.Context(), from, "/pedidos/generate", []byte(`{"quantity": 5}`))
	var started wire.Started
	if err := json.Unmarshal(body, &started); err != nil || status != http.StatusAccepted || started.Phase != order.Generating {
		t.Errorf("Call = %d %s, want a run that has started", status, body)
	}
	if status, body = f.api.Call(t.Context(), from, "/pedidos/generate", nil); status != http.StatusConflict {
		t.Errorf("Call while a run is active = %d %s, want 409", status, body)
	}
	if now, err := f.api.Status(t.Context()); err != nil || !strings.Contains(string(now), `"target":5`) {
		t.Errorf("Status() = %s, %v; want that of the run", now, err)
	}
}

func TestMountedHandlersRefuseAsTheAPIDoes(t *testing.T) {
	t.Parallel()
	var f *fixture
	f = newFixture(t, func(o *api.Options) {
		o.Mounts = []api.Mount{
			{Method: http.MethodGet, Path: "/a", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				f.api.RefuseParameter(w, r, "level", "loud", "one of info, warn, error")
			})},
			{Method: http.MethodGet, Path: "/b", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.api.RefuseOrigin(w, r) })},
			{Method: http.MethodGet, Path: "/c", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.api.RefuseOverload(w, r) })},
		}
	})
	p := readProblem(t, f.get("/a"), http.StatusBadRequest, "invalid-parameter")
	if len(p.Errors) != 1 || p.Errors[0].Parameter != "level" || p.Errors[0].Value != "loud" || p.Errors[0].Allowed != "one of info, warn, error" {
		t.Errorf("errors = %+v, want what the handler said", p.Errors)
	}
	readProblem(t, f.get("/b"), http.StatusForbidden, "cross-origin")
	readProblem(t, f.get("/c"), http.StatusServiceUnavailable, "overloaded")
}
