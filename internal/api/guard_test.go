package api_test

import (
	"crypto/rand"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/api"
	"github.com/filavip/filavip/internal/auth"
	"github.com/filavip/filavip/internal/wire"
)

// guarded is a fixture that asks for a key.
type guarded struct {
	*fixture
	key string
}

// newGuarded returns an API that asks for a key, with a mount that is open and two that
// are not; change may be nil.
func newGuarded(t *testing.T, change func(*api.Options)) *guarded {
	t.Helper()
	return guardedBy(t, rand.Text(), change)
}

func guardedBy(t *testing.T, key string, change func(*api.Options)) *guarded {
	t.Helper()
	f := newFixture(t, func(o *api.Options) {
		o.Guard = auth.New(auth.Options{Key: key, Now: o.Now})
		o.Mounts = []api.Mount{
			{Method: http.MethodGet, Path: "/{$}", Handler: http.HandlerFunc(echo), Open: true},
			{Method: http.MethodGet, Path: "/later", Handler: http.HandlerFunc(echo)},
			{Method: http.MethodGet, Path: "/live/", Handler: http.HandlerFunc(echo), Live: true},
		}
		if change != nil {
			change(o)
		}
	})
	return &guarded{f, key}
}

// session signs in and returns the cookie, as a header.
func (g *guarded) session() string {
	g.t.Helper()
	res := g.do(http.MethodPost, "/session", `{"key":"`+g.key+`"}`, "Content-Type", "application/json")
	if res.StatusCode != http.StatusNoContent || len(res.Cookies()) != 1 {
		g.t.Fatalf("POST /session = %d, %v; want 204 and a cookie: %s", res.StatusCode, res.Header, textOf(g.t, res))
	}
	return auth.Cookie + "=" + res.Cookies()[0].Value
}

// openRoutes are all that nobody needs the key for.
func openRoutes() []string {
	return []string{
		"GET /livez", "GET /readyz", "GET /healthz", "GET /health/live", "GET /pedidos/health/live",
		"GET /health/ready", "GET /pedidos/health/ready", "GET /orders/health/ready",
		"POST /session", "DELETE /session", "GET /",
	}
}

// guardedSurface is every route there is, with its status code on an empty store, and some
// requests that no route takes.
func guardedSurface() map[string]int {
	all := surface()
	maps.Copy(all, map[string]int{
		"GET /": 200, "GET /later": 200, "GET /live/": 200, "GET /live/deep/er": 200,
		"GET /nope": 404, "POST /": 405, "DELETE /livez": 405, "OPTIONS /pedidos": 204, "PUT /pedidos": 405, "HEAD /pedidos": 200,
		"GET /livez/": 404, "GET //livez": 404, "GET /session": 405, "GET /pedidos/../livez": 404, "GET /livez/../pedidos": 404, "GET /livez%2f..%2fpedidos": 404,
		"BREW /pedidos": 405, "GET /health": 404,
	})
	return all
}

// Deny by default: whatever is not in openRoutes answers nobody without the key, and
// everybody with it as it does where there is none.
func TestEveryRouteAsksForTheKey(t *testing.T) {
	t.Parallel()
	for route, want := range guardedSurface() {
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{id}", "nope", "{name}", "nope").Replace(path)
		// It makes no difference to what passes for open how a probe's path is spelt: what
		// the mux would take for one is still no route.
		open := slices.Contains(openRoutes(), route) || slices.Contains([]string{"GET //livez", "GET /pedidos/../livez"}, route)
		g := newGuarded(t, nil)
		session := g.session()
		forged := session[:len(session)-3] + "AAA"
		for name, tt := range map[string]struct {
			header []string
			kind   string // of the problem; empty: let in
		}{
			"no key":            {nil, "key-needed"},
			"a wrong key":       {[]string{"Authorization", "Bearer " + rand.Text()}, "wrong-key"},
			"a forged session":  {[]string{"Cookie", forged}, "session-ended"},
			"the key as Bearer": {[]string{"Authorization", "Bearer " + g.key}, ""},
			"a session":         {[]string{"Cookie", session}, ""},
		} {
			g := g
			if tt.kind == "" { // it may act
				g = guardedBy(t, g.key, nil)
			}
			res := g.do(method, path, "", tt.header...)
			switch {
			case tt.kind == "" && res.StatusCode != want && (route != "POST /session" || res.StatusCode != http.StatusNoContent):
				t.Errorf("%s with %s = %d, want %d", route, name, res.StatusCode, want)
			case tt.kind != "" && open && res.StatusCode == http.StatusUnauthorized && path != "/session":
				t.Errorf("%s with %s = %d, want it open", route, name, res.StatusCode)
			case tt.kind != "" && !open && method != http.MethodHead:
				readProblem(t, res, http.StatusUnauthorized, tt.kind)
				fallthrough
			case tt.kind != "" && !open:
				if got := res.Header.Get("WWW-Authenticate"); got != "Bearer" || res.StatusCode != http.StatusUnauthorized {
					t.Errorf("%s with %s = %d, WWW-Authenticate %q; want 401, Bearer", route, name, res.StatusCode, got)
				}
			}
			if tt.kind != "" && (g.pipe.calls != 0 || g.queue.calls != 0 || g.runs() != 0) {
				t.Errorf("%s with %s had an effect", route, name)
			}
		}
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, nil)
	session := g.session()
	g.clock.advance(auth.SessionFor - time.Second)
	if res := g.get("/pedidos", "Cookie", session); res.StatusCode != http.StatusOK {
		t.Errorf("before its end a session gets %d, want 200", res.StatusCode)
	}
	g.clock.advance(time.Second)
	readProblem(t, g.get("/pedidos", "Cookie", session), http.StatusUnauthorized, "session-ended")
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	const json = "application/json"
	g := newGuarded(t, nil)
	for name, tt := range map[string]struct {
		body    string
		headers []string
		status  int
		kind    string
	}{
		"a wrong key":               {`{"key":"` + rand.Text() + `"}`, []string{"Content-Type", json}, 401, "wrong-key"},
		"an empty key":              {`{"key":""}`, []string{"Content-Type", json}, 401, "key-needed"},
		"a wrong Bearer":            {`{"key":"` + g.key + `"}`, []string{"Content-Type", json, "Authorization", "Bearer x"}, 401, "wrong-key"},
		"nothing":                   {"", nil, 400, "invalid-body"},
		"no object":                 {`"` + g.key + `"`, []string{"Content-Type", json}, 400, "invalid-body"},
		"another name":              {`{"token":"` + g.key + `"}`, []string{"Content-Type", json}, 400, "invalid-body"},
		"more than a key":           {`{"key":"` + g.key + `","x":"y"}`, []string{"Content-Type", json}, 400, "invalid-body"},
		"a number":                  {`{"key":1}`, []string{"Content-Type", json}, 400, "invalid-body"},
		"two documents":             {`{"key":"` + g.key + `"}{}`, []string{"Content-Type", json}, 400, "invalid-body"},
		"a form":                    {"key=" + g.key, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "unsupported-media-type"},
		"what a form can send":      {`{"key":"` + g.key + `"}`, []string{"Content-Type", "text/plain"}, 415, "unsupported-media-type"},
		"a page of another site":    {`{"key":"` + g.key + `"}`, []string{"Content-Type", json, "Sec-Fetch-Site", "cross-site"}, 403, "cross-origin"},
		"a page of another machine": {`{"key":"` + g.key + `"}`, []string{"Content-Type", json, "Origin", "https://evil.example"}, 403, "cross-origin"},
		"too much":                  {`{"key":"` + strings.Repeat("x", 70_000) + `"}`, []string{"Content-Type", json}, 413, "body-too-large"},
	} {
		res := g.do(http.MethodPost, "/session", tt.body, tt.headers...)
		if p := readProblem(t, res, tt.status, tt.kind); len(res.Cookies()) != 0 || strings.Contains(p.Detail, g.key) {
			t.Errorf("%s: %+v with cookies %v, want neither key nor session", name, p, res.Cookies())
		}
	}
	readProblem(t, g.do(http.MethodPost, "/session?key="+g.key, ""), http.StatusBadRequest, "invalid-body")
	for name, res := range map[string]*http.Response{
		"the key in the body": g.do(http.MethodPost, "/session", `{"key":"`+g.key+`"}`, "Content-Type", json),
		"the key as Bearer":   g.do(http.MethodPost, "/session", "", "Authorization", "Bearer "+g.key),
	} {
		cookies := res.Cookies()
		if res.StatusCode != http.StatusNoContent || len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode {
			t.Errorf("%s: POST /session = %d, cookies %v; want 204 and one that is HttpOnly and Strict", name, res.StatusCode, cookies)
		}
	}
	out := g.do(http.MethodDelete, "/session", "")
	if cookies := out.Cookies(); out.StatusCode != http.StatusNoContent || len(cookies) != 1 || cookies[0].MaxAge >= 0 {
		t.Errorf("DELETE /session = %d, cookies %v; want 204 and the cookie gone", out.StatusCode, cookies)
	}
	readProblem(t, g.do(http.MethodDelete, "/session", "", "Sec-Fetch-Site", "cross-site"), http.StatusForbidden, "cross-origin")
}

// Without a key there is no session, and nobody needs one.
func TestSignInWithoutAKey(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	res := f.do(http.MethodPost, "/session", `{"key":"whatever"}`, "Content-Type", "application/json")
	if res.StatusCode != http.StatusNoContent || len(res.Cookies()) != 0 {
		t.Errorf("POST /session = %d, cookies %v; want 204 and none", res.StatusCode, res.Cookies())
	}
	if res := f.get("/pedidos", "Authorization", "Bearer whatever"); res.StatusCode != http.StatusOK {
		t.Errorf("a key that nobody asks for: %d, want 200", res.StatusCode)
	}
}

func TestTooManyWrongKeys(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, nil)
	session := g.session()
	for range 20 {
		readProblem(t, g.get("/pedidos", "Authorization", "Bearer x"), http.StatusUnauthorized, "wrong-key")
	}
	res := g.get("/pedidos", "Authorization", "Bearer x")
	if got := res.Header.Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After = %q, want 1", got)
	}
	readProblem(t, res, http.StatusTooManyRequests, "too-many-wrong-keys")
	readProblem(t, g.do(http.MethodPost, "/session", `{"key":"x"}`, "Content-Type", "application/json"), http.StatusTooManyRequests, "too-many-wrong-keys")
	for name, res := range map[string]*http.Response{"the key": g.get("/pedidos", "Authorization", "Bearer "+g.key), "a session": g.get("/pedidos", "Cookie", session)} {
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s among wrong ones = %d, want 200", name, res.StatusCode)
		}
	}
	g.session()
	if n := strings.Count(g.log.String(), `msg="wrong key"`); n != 20 {
		t.Errorf("the log has %d lines of wrong keys, want those below the limit, 20", n)
	}
}

// To those without the key a probe says yes or no, and nothing else.
func TestProbesGiveNothingAway(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, nil)
	for _, ready := range []bool{true, false} {
		status, said, word := http.StatusOK, "ok\n", "ready"
		if !ready {
			g.api.Drain()
			status, said, word = http.StatusServiceUnavailable, "readyz check failed\n", "unavailable"
		}
		for _, path := range []string{"/readyz", "/healthz", "/readyz?verbose", "/readyz?exclude=shutdown"} {
			if res := g.get(path); res.StatusCode != status || textOf(t, res) != said {
				t.Errorf("GET %s = %d, want %d %q", path, res.StatusCode, status, said)
			}
		}
		for _, path := range []string{"/health/ready", "/pedidos/health/ready", "/orders/health/ready"} {
			g.clock.advance(time.Second)
			if got := read[wire.Ready](t, g.get(path), status); got.Status != word || len(got.Services) != 0 || got.Uptime != 0 {
				t.Errorf("GET %s = %+v, want %s and nothing else", path, got, word)
			}
			if got := read[wire.Ready](t, g.get(path, "Authorization", "Bearer "+g.key), status); len(got.Services) == 0 || got.Uptime == 0 {
				t.Errorf("GET %s with the key = %+v, want the checks", path, got)
			}
		}
		if text := textOf(t, g.get("/readyz?verbose", "Authorization", "Bearer "+g.key)); !strings.Contains(text, "[+]store ok") {
			t.Errorf("GET /readyz?verbose with the key = %q, want the checks", text)
		}
	}
}

// A command that comes over a socket needs what its connection showed.
func TestCallNeedsTheKey(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, nil)
	from := func(headers ...string) *http.Request { return newRequest(http.MethodGet, "/live/", "", headers...) }
	for name, r := range map[string]*http.Request{"nothing": from(), "a wrong key": from("Authorization", "Bearer x"), "an old session": from("Cookie", auth.Cookie+"=1.x")} {
		if status, body := g.api.Call(t.Context(), r, "/pedidos/generate", []byte(`{"quantity": 5}`)); status != http.StatusUnauthorized {
			t.Errorf("Call with %s = %d %s, want 401", name, status, body)
		}
		if _, refusal := g.api.Authorize(r); refusal == nil || refusal.Status != http.StatusUnauthorized {
			t.Errorf("Authorize with %s = %+v, want a problem of 401", name, refusal)
		}
	}
	session := g.session()
	for name, r := range map[string]*http.Request{"the key": from("Authorization", "Bearer "+g.key), "a session": from("Cookie", session)} {
		if status, body := g.api.Call(t.Context(), r, "/pedidos/process", nil); status != http.StatusOK {
			t.Errorf("Call with %s = %d %s, want 200", name, status, body)
		}
		until, refusal := g.api.Authorize(r)
		if want := map[string]bool{"the key": true, "a session": false}[name]; refusal != nil || until.IsZero() != want {
			t.Errorf("Authorize with %s = %v, %+v; want it let in, for good: %v", name, until, refusal, want)
		}
	}
	if g.runs() != 0 {
		t.Errorf("%d runs were started without the key", g.runs())
	}
}

// Pages of trusted sites may send the key, and can read why they are refused.
func TestKeyFromTrustedSites(t *testing.T) {
	t.Parallel()
	const site = "https://orders.example"
	g := newGuarded(t, func(o *api.Options) { o.Origins = []string{site} })
	asks := g.do(http.MethodOptions, "/pedidos", "", "Origin", site, "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization")
	if allowed := asks.Header.Get("Access-Control-Allow-Headers"); asks.StatusCode != http.StatusNoContent || !strings.Contains(allowed, "Authorization") {
		t.Errorf("preflight = %d, headers %q; want 204 and Authorization", asks.StatusCode, allowed)
	}
	for _, res := range []*http.Response{asks, g.get("/pedidos", "Origin", site), g.get("/pedidos", "Origin", site, "Authorization", "Bearer "+g.key)} {
		if res.Header.Get("Access-Control-Allow-Origin") != site || res.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("CORS headers %v, want the site allowed, and no cookies", res.Header)
		}
	}
	if res := g.get("/pedidos", "Origin", site, "Authorization", "Bearer "+g.key); res.StatusCode != http.StatusOK {
		t.Errorf("GET with the key from a trusted site = %d, want 200", res.StatusCode)
	}
	foreign := g.do(http.MethodPost, "/pedidos/reset", "", "Cookie", g.session(), "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
	readProblem(t, foreign, http.StatusForbidden, "cross-origin")
}

// Neither key nor session is ever logged or answered, whatever goes wrong.
func TestKeyIsNeverShown(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, nil)
	session := g.session()
	wrong := rand.Text()
	var said strings.Builder
	for route := range guardedSurface() {
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{id}", "nope", "{name}", "nope").Replace(path)
		for _, header := range [][]string{
			{"Authorization", "Bearer " + g.key}, {"Authorization", "Bearer " + wrong}, {"Cookie", session}, {"Cookie", session + "x"},
			{"Content-Type", "application/json", "Authorization", "Bearer " + wrong},
		} {
			body := ""
			if method == http.MethodPost {
				body = `{"key":"` + g.key + `","` + g.key + `":"` + wrong + `"}`
			}
			res := g.do(method, path, body, header...)
			text, _ := io.ReadAll(res.Body)
			if path != "/session" && method == http.MethodGet {
				said.Write(text)
			}
		}
	}
	_, secret, _ := strings.Cut(session, ".")
	for name, text := range map[string]string{"log": g.log.String(), "answers": said.String()} {
		for what, secret := range map[string]string{"key": g.key, "wrong key": wrong, "session": secret} {
			if strings.Contains(text, secret) {
				t.Errorf("the %s shows the %s", name, what)
			}
		}
	}
}
