package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/filavip/filavip/internal/app"
	"github.com/filavip/filavip/internal/config"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience guards against hanging; nothing is expected to take nearly as long.
const patience = 2 * time.Minute

// process is one filavip over a directory.
type process struct {
	*testing.T
	*app.App
	base string // of its API
	end  func() // stops serving
}

// settings are those of a test: any free port, no log files.
func settings(t testing.TB, dir string, flags map[string]string) config.Config {
	t.Helper()
	all := map[string]string{"data": dir, "port": "0", "backend-logs": "false"}
	maps.Copy(all, flags)
	cfg, err := config.Load(config.Sources{Flags: all})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// begin starts a process that works and serves.
func begin(t *testing.T, dir string, flags map[string]string) *process {
	t.Helper()
	cfg := settings(t, dir, flags)
	a, err := app.New(cfg, app.Options{})
	if err != nil {
		t.Fatalf("New = %v", err)
	}
	p := &process{T: t, App: a}
	if err := a.Listen(t.Context()); err != nil {
		t.Fatalf("Listen = %v", err)
	}
	p.base = "http://" + a.Addr()
	if _, err := a.Start(t.Context()); err != nil {
		t.Fatalf("Start = %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Serve(ctx) }()
	p.end = func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve = %v, want no error", err)
		}
	}
	return p
}

// stop ends the process as SIGTERM does.
func (p *process) stop() {
	p.Helper()
	p.end()
	http.DefaultClient.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := p.Stop(ctx); err != nil {
		p.Errorf("Stop = %v, want no error", err)
	}
	if err := p.Stop(ctx); err != nil {
		p.Errorf("second Stop = %v, want no error", err)
	}
}

// call makes a request and decodes the answer, which must have that status.
func (p *process) call(method, path string, status int, into any, header ...string) http.Header {
	p.Helper()
	req, err := http.NewRequestWithContext(p.Context(), method, p.base+path, nil)
	if err != nil {
		p.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.Fatal(err)
	}
	if resp.StatusCode != status {
		p.Fatalf("%s %s = %s, want %d\n%s", method, path, resp.Status, status, body)
	}
	if into != nil {
		if err := json.NewDecoder(bytes.NewReader(body)).Decode(into); err != nil {
			p.Fatalf("%s %s: %v in %s", method, path, err, body)
		}
	}
	return resp.Header
}

// until asks for the status until it is as wanted. Counts must never fall meanwhile.
func (p *process) until(want func(*wire.Status) bool) wire.Status {
	p.Helper()
	deadline := time.Now().Add(patience)
	var last wire.Status
	for time.Now().Before(deadline) {
		var s wire.Status
		p.call(http.MethodGet, "/pedidos", http.StatusOK, &s)
		if s.LastRunID == last.LastRunID && (s.Generated < last.Generated || s.Counts.Total < last.Counts.Total) {
			p.Fatalf("counts fell from %+v to %+v", last.Counts, s.Counts)
		}
		if want(&s) {
			return s
		}
		last = s
	}
	p.Fatalf("the status does not become as wanted: %+v", last)
	return last
}

// done waits for a run's end and checks what it says.
func (p *process) done(orders int64) {
	p.Helper()
	s := p.until(func(s *wire.Status) bool { return s.Phase.Ended() })
	if s.Phase != order.Done || s.Generated != orders || s.Counts.Total != orders || s.Counts.VIP+s.Counts.Normal != orders {
		p.Fatalf("run ended in %v with %+v of %d, want DONE with all: %+v", s.Phase, s.Counts, orders, s.Error)
	}
	vip, normal := s.Processing.VIP, s.Processing.Normal
	if vip.End.After(normal.Start.Time) {
		p.Errorf("the last VIP ended at %v, after the first NORMAL started at %v", vip.End, normal.Start)
	}
}

// verified reads everything back and returns the one run's report.
func verified(t *testing.T, dir string) app.Checked {
	t.Helper()
	a, err := app.New(settings(t, dir, nil), app.Options{MustExist: true})
	if err != nil {
		t.Fatalf("New = %v", err)
	}
	defer func() { _ = a.Stop(context.Background()) }()
	checked, err := a.Verify(t.Context())
	if err != nil || !checked.Clean() {
		t.Fatalf("Verify = %v, %v; want clean", checked.Problems, err)
	}
	return checked
}

func data(t testing.TB) string { return filepath.Join(t.TempDir(), "data") }
