package app_test

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/app"
)

// freePort returns a port that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

func TestBothPortsServeAll(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	p := begin(t, t.TempDir(), map[string]string{"dashboard-port": port})
	defer p.stop()
	if got, want := p.DashboardAddr(), "127.0.0.1:"+port; got != want {
		t.Fatalf("DashboardAddr() = %q, want %q", got, want)
	}
	for _, base := range []string{p.base, "http://" + p.DashboardAddr()} {
		for path, want := range map[string]string{
			"/":                                   "<!doctype html>",
			"/pedidos":                            `{"contractVersion":2,"phase":"IDLE"`,
			"/socket.io/?EIO=4&transport=polling": `0{`,
			"/pedidos/stream?events=connected":    "retry: 2000",
		} {
			// A page of that very port asks; the stream does not end by itself.
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Origin", base)
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			start := make([]byte, len(want))
			if _, err := io.ReadFull(res.Body, start); err != nil || string(start) != want {
				t.Errorf("GET %s%s = %d %q, %v; want it to begin with %q", base, path, res.StatusCode, start, err, want)
			}
			res.Body.Close()
		}
	}
}

func TestASecondPortThatIsTaken(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	a, err := app.New(settings(t, t.TempDir(), map[string]string{"dashboard-port": taken}), app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Stop(t.Context())
	if err := a.Listen(t.Context()); err == nil || !strings.Contains(err.Error(), taken) {
		t.Errorf("Listen = %v, want an error that names port %s", err, taken)
	}
}
