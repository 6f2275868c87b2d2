package api_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/api"
	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

func TestHosts(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *api.Options) { o.Hosts = []string{"orders.example", "10.0.0.7:3000", "[fd00::7]", "fd00::9"} })
	for _, host := range []string{
		"localhost", "LOCALHOST:3000", "localhost.", "127.0.0.1", "127.0.0.1:3000", "127.9.9.9", "[::1]", "[::1]:3000",
		"[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "orders.example", "orders.example:8443", "Orders.Example.", "10.0.0.7", "[fd00::7]:1", "[fd00:0::9]:3000",
	} {
		r := newRequest(http.MethodGet, "/livez", "")
		r.Host = host
		if res := f.send(r); res.StatusCode != http.StatusOK {
			t.Errorf("Host %q = %d, want 200", host, res.StatusCode)
		}
	}
	for _, host := range []string{
		"", "evil.example", "localhost.evil.example", "evil-localhost", "127.0.0.1.evil.example", "10.0.0.8", "[fd00::8]", "::1",
		"localhost:abc", "localhost:123456", "[::1", "[::1]x", "[::1%25lo]", "localhost@evil", "user@localhost", "localhost/x", "0.0.0.0", "2130706433",
		"127.1", "0x7f.1", "ⓛocalhost",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r := newRequest(method, "/pedidos/reset", "")
			r.Host = host
			readProblem(t, f.send(r), http.StatusMisdirectedRequest, "unknown-host")
		}
	}
	if f.pipe.calls != 0 {
		t.Errorf("%d calls, want none", f.pipe.calls)
	}
}

func TestForeignSitesChangeNothing(t *testing.T) {
	t.Parallel()
	const trusted = "https://orders.example"
	f := newFixture(t, func(o *api.Options) { o.Origins = []string{trusted} })
	for route := range surface() {
		method, path, _ := strings.Cut(route, " ")
		if method == http.MethodGet {
			continue
		}
		for _, headers := range [][]string{
			{"Origin", "https://evil.example"},
			{"Origin", "null"},
			{"Origin", "http://orders.example"},
			{"Origin", trusted + ":444"},
			{"Sec-Fetch-Site", "cross-site"},
			{"Sec-Fetch-Site", "same-site"},
			{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		} {
			readProblem(t, f.do(method, path, "", headers...), http.StatusForbidden, "cross-origin")
		}
	}
	if f.pipe.calls != 0 || f.queue.calls != 0 || f.runs() != 0 {
		t.Fatalf("%d and %d calls, %d runs; want nothing to have happened", f.pipe.calls, f.queue.calls, f.runs())
	}
	for _, headers := range [][]string{
		nil,
		{"Sec-Fetch-Site", "same-origin"},
		{"Sec-Fetch-Site", "none"},
		{"Origin", "http://localhost:3000"},
		{"Origin", trusted, "Sec-Fetch-Site", "cross-site"},
	} {
		if res := f.post("/pedidos/process", headers...); res.StatusCode != http.StatusOK {
			t.Errorf("POST with %v = %d, want 200", headers, res.StatusCode)
		}
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	const trusted = "https://orders.example"
	const allowOrigin = "Access-Control-Allow-Origin"
	f := newFixture(t, func(o *api.Options) { o.Origins = []string{trusted} })
	res := f.get("/pedidos", "Origin", trusted)
	if got := res.Header.Get(allowOrigin); got != trusted {
		t.Errorf("allowed origin = %q, want %q", got, trusted)
	}
	for _, origin := range []string{"", "https://evil.example", "https://orders.example.evil", "HTTPS://ORDERS.EXAMPLE", "null", "*"} {
		res := f.get("/pedidos", "Origin", origin)
		if got := res.Header.Get(allowOrigin); got != "" {
			t.Errorf("allowed origin for %q = %q, want none", origin, got)
		}
		if !strings.Contains(strings.Join(res.Header.Values("Vary"), ", "), "Origin") {
			t.Errorf("Vary for %q = %v, want Origin in it", origin, res.Header.Values("Vary"))
		}
	}
	preflight := f.do(http.MethodOptions, "/pedidos/generate", "", "Origin", trusted, "Access-Control-Request-Method", "POST")
	if preflight.StatusCode != http.StatusNoContent || preflight.Header.Get(allowOrigin) != trusted ||
		!strings.Contains(preflight.Header.Get("Access-Control-Allow-Headers"), key) ||
		!strings.Contains(preflight.Header.Get("Access-Control-Allow-Headers"), "Last-Event-ID") {
		t.Errorf("preflight = %d %v, want it allowed with %s", preflight.StatusCode, preflight.Header, key)
	}
	refused := f.do(http.MethodOptions, "/pedidos/generate", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST")
	if refused.Header.Get(allowOrigin) != "" {
		t.Error("a foreign preflight is allowed")
	}
	for name := range preflight.Header {
		if strings.EqualFold(name, "Access-Control-Allow-Credentials") {
			t.Error("credentials are allowed; nobody has any")
		}
	}
	none := newFixture(t, nil).get("/pedidos", "Origin", trusted)
	if none.Header.Get(allowOrigin) != "" {
		t.Error("an origin is allowed although none is configured")
	}
}

func TestBadOriginsAndHosts(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"*", "orders.example", "https://", "https://orders.example/", "https://orders.example/x", ""} {
		if _, err := api.New(options(func(o *api.Options) { o.Origins = []string{origin} })); !errors.Is(err, order.ErrInvalid) {
			t.Errorf("New with origin %q = %v, want ErrInvalid", origin, err)
		}
	}
	for _, host := range []string{"", "*", "a b", "http://x", "x:y"} {
		if _, err := api.New(options(func(o *api.Options) { o.Hosts = []string{host} })); !errors.Is(err, order.ErrInvalid) {
			t.Errorf("New with host %q = %v, want ErrInvalid", host, err)
		}
	}
	if _, err := api.New(api.Options{}); !errors.Is(err, order.ErrInvalid) {
		t.Errorf("New without anything = %v, want ErrInvalid", err)
	}
}

// options are complete, but for what change does to them.
func options(change func(*api.Options)) api.Options {
	opts := api.Options{Pipeline: &fakePipeline{}, Queue: &fakeQueue{}, Logs: &fakeLogs{}, NewSpec: newSpec}
	opts.Store = opts.Queue.(*fakeQueue).store
	change(&opts)
	return opts
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	foreign := newRequest(http.MethodPost, "/pedidos/reset", "", "Sec-Fetch-Site", "cross-site")
	elsewhere := newRequest(http.MethodGet, "/pedidos", "")
	elsewhere.Host = "evil.example"
	for _, r := range []*http.Request{
		newRequest(http.MethodGet, "/pedidos", ""), newRequest(http.MethodGet, "/livez", ""), newRequest(http.MethodGet, "/nope", ""),
		newRequest(http.MethodPost, "/pedidos/generate?quantity=x", ""), newRequest(http.MethodPut, "/pedidos", ""), foreign, elsewhere,
	} {
		h := f.send(r).Header
		for name, want := range map[string]string{
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s %s: %s = %q, want %q", r.Method, r.URL, name, got, want)
			}
		}
	}
}

func TestPanicIsAnswered(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.pipe.set(func(p *fakePipeline) { p.panics = true })
	res := f.post("/pedidos/generate")
	p := readProblem(t, res, http.StatusInternalServerError, "internal-error")
	if p.Detail != "internal error" {
		t.Errorf("detail = %q, want nothing of the panic", p.Detail)
	}
	log := f.log.String()
	if !strings.Contains(log, "secret panic") || !strings.Contains(log, "fakes_test.go") {
		t.Errorf("log lacks the panic or its stack:\n%s", log)
	}
	f.pipe.set(func(p *fakePipeline) { p.panics = false })
	read[wire.Started](t, f.post("/pedidos/generate"), http.StatusAccepted)
}

// An answer that has begun cannot become a problem any more: the connection is cut.
func TestPanicInTheMiddleOfAnAnswer(t *testing.T) {
	t.Parallel()
	for name, cause := range map[string]any{"a panic": "boom", "the abort that net/http knows": http.ErrAbortHandler} {
		f := newFixture(t, func(o *api.Options) {
			o.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, "half")
				panic(cause)
			})
		})
		func() {
			defer func() {
				if got := recover(); got != http.ErrAbortHandler {
					t.Errorf("%s: the server sees %v, want http.ErrAbortHandler", name, got)
				}
			}()
			f.get("/metrics")
		}()
		if logged := strings.Contains(f.log.String(), "boom"); logged != (cause == "boom") {
			t.Errorf("%s: logged = %v", name, logged)
		}
	}
}

func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *api.Options) { o.InFlight = 1 })
	block, entered := make(chan struct{}), make(chan struct{}, 1)
	f.pipe.set(func(p *fakePipeline) { p.block, p.entered = block, entered })
	first := make(chan *http.Response, 1)
	go func() { first <- f.get("/pedidos") }()
	<-entered
	res := f.get("/pedidos/queue/status")
	if res.Header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After = %q, want 1", res.Header.Get("Retry-After"))
	}
	readProblem(t, res, http.StatusServiceUnavailable, "overloaded")
	for _, path := range []string{"/livez", "/health/live", "/pedidos/health/live"} {
		if res := f.get(path); res.StatusCode != http.StatusOK {
			t.Errorf("GET %s under load = %d, want 200", path, res.StatusCode)
		}
	}
	close(block)
	read[wire.Status](t, <-first, http.StatusOK)
	read[wire.QueueCounts](t, f.get("/pedidos/queue/status"), http.StatusOK)
}

func TestRequestLog(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.get("/livez")
	f.post("/pedidos/process")
	f.pipe.set(func(p *fakePipeline) { p.err = errors.New("lost") })
	f.get("/pedidos")
	f.pipe.set(func(p *fakePipeline) {
		p.err = &order.UnavailableError{Server: "redis", Err: errors.New("refused")}
	})
	f.get("/pedidos")
	lines := strings.Split(strings.TrimSpace(f.log.String()), "\n")
	for i, want := range []string{
		"level=DEBUG msg=request component=api method=GET path=/livez status=200",
		"level=INFO msg=request component=api method=POST path=/pedidos/process status=200",
		`level=ERROR msg="request failed" component=api method=GET path=/pedidos error="look at the current run: lost"`,
		"level=WARN msg=request component=api method=GET path=/pedidos status=500",
		`level=ERROR msg="request failed" component=api method=GET path=/pedidos error="look at the current run: redis unavailable: refused"`,
		"level=DEBUG msg=request component=api method=GET path=/pedidos status=503", // which says no more
	} {
		if i >= len(lines) || !strings.Contains(lines[i], want) {
			t.Errorf("line %d lacks %q; log:\n%s", i, want, f.log)
		}
	}
}

func TestLogOfHangUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.pipe.set(func(p *fakePipeline) { p.err = context.Canceled })
	for _, path := range []string{"/pedidos", "/pedidos/health/queue"} {
		ctx, hangUp := context.WithCancel(t.Context())
		hangUp()
		f.send(newRequest(http.MethodGet, path, "").WithContext(ctx))
	}
	if log := f.log.String(); strings.Contains(log, "level=WARN") || !strings.Contains(log, "level=DEBUG msg=request component=api method=GET path=/pedidos status=503") {
		t.Errorf("who hangs up is not to be warned of; log:\n%s", log)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	registry := metrics.New()
	f := newFixture(t, func(o *api.Options) { o.Registry, o.Metrics = registry, nil })
	f.get("/pedidos/some-order")
	f.get("/no/such/route")
	f.do("BREW", "/pedidos", "")
	text := textOf(t, f.get("/metrics"))
	for _, want := range []string{
		`filavip_http_request_duration_seconds_count{code="4xx",method="GET",route="/pedidos/{id}"} 1`,
		`filavip_http_request_duration_seconds_count{code="4xx",method="GET",route="other"} 1`,
		`filavip_http_request_duration_seconds_count{code="4xx",method="OTHER",route="other"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	if problems, err := registry.Lint(); err != nil || len(problems) > 0 {
		t.Errorf("Lint = %v, %v, want nothing", problems, err)
	}
}

func TestServerLimits(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	s := httptest.NewUnstartedServer(nil)
	s.Config = api.NewServer(f.api, f.slog())
	if s.Config.ReadHeaderTimeout != 5*time.Second || s.Config.ReadTimeout != 10*time.Second ||
		s.Config.IdleTimeout != time.Minute || s.Config.MaxHeaderBytes != 16<<10 || s.Config.WriteTimeout != 0 {
		t.Errorf("limits = %+v", s.Config)
	}
	s.Start()
	defer s.Close()
	ask := func(request string) string {
		t.Helper()
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		go fmt.Fprint(conn, request) // the server may hang up before it has read all
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(line)
	}
	if got := ask("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"); got != "HTTP/1.1 200 OK" {
		t.Errorf("a plain request = %q, want 200", got)
	}
	long := "GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Long: " + strings.Repeat("x", 32<<10) + "\r\n\r\n"
	if got := ask(long); got != "HTTP/1.1 431 Request Header Fields Too Large" {
		t.Errorf("32 KiB of headers = %q, want 431", got)
	}
	if got := ask("GET /livez HTTP/1.1\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 400 ") {
		t.Errorf("no Host = %q, want 400", got)
	}
	post := "POST /pedidos/process HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
	if got := ask(post); got != "HTTP/1.1 413 Request Entity Too Large" {
		t.Errorf("a body that will be a megabyte = %q, want 413 before it is sent", got)
	}
}

// deadlines records the read deadlines that are set on it.
type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}

// The deadline for reading a request would cut off a call that waits for orders in
// hand, had it not been lifted once the request is read.
func TestReadDeadlineEndsWithTheBody(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	f.api.ServeHTTP(w, newRequest(http.MethodPost, "/pedidos/cancel", ""))
	if len(w.set) != 1 || !w.set[0].IsZero() {
		t.Errorf("read deadlines set = %v, want the zero one", w.set)
	}
}

// Whoever hangs up has acted all the same: what changed something is for the operator.
func TestAnActIsLoggedThoughItsClientHungUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *api.Options) {
		o.Mounts = []api.Mount{{Method: http.MethodPost, Path: "/act", Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		})}}
	})
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	f.send(newRequest(http.MethodPost, "/act", "").WithContext(ctx))
	if log := f.log.String(); !strings.Contains(log, "level=INFO msg=request component=api method=POST path=/act") {
		t.Errorf("log lacks the act:\n%s", log)
	}
}
