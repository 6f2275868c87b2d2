package main

import (
	"context"
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/app"
)

func TestWorkerNeedsMongoURI(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("MONGO_URI", "")
	filavip(t, "worker").ends(exitConfig).says("MONGO_URI", "which processes share")
	t.Setenv("MONGO_URI", "mongodb://127.0.0.1:1/orders")
	filavip(t, "worker", "--workers", "0").ends(exitConfig).says(`--workers="0" (flag): this process would do nothing`)
	filavip(t, "worker", "--host", "0.0.0.0").ends(exitConfig).says(`--host="0.0.0.0"`, "FILAVIP_API_KEY", "--insecure-open")
	t.Setenv("HOST", "0.0.0.0") // which is the server's
	filavip(t, "worker", "--connect-timeout", "100ms").ends(exitUnavailable)
}

// working is a worker that works until end is called, over orders that it has alone.
type working struct {
	err *buffer
	end func() error
}

func works(t *testing.T, port string, asked bool) *working {
	t.Helper()
	cfg := settings(t, "port", port)
	a, err := app.New(cfg, app.Options{MemTable: smallTable, Role: app.RoleWorker})
	if err != nil {
		t.Fatal(err)
	}
	w := &working{err: &buffer{}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- workUntil(ctx, &console{err: w.err}, a, cfg.Port, asked) }()
	w.end = func() error {
		cancel()
		err := <-done
		if stopped := a.Stop(context.Background()); stopped != nil {
			t.Errorf("Stop() = %v, want nil", stopped)
		}
		return err
	}
	for !strings.Contains(w.err.String(), "Working as ") && len(done) == 0 {
		runtime.Gosched()
	}
	return w
}

// freePort returns a port that nothing listened on a moment ago, and one that is taken.
func freePort(t *testing.T) (free, taken string) {
	t.Helper()
	var ports [2]string
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if i == 0 {
				l.Close()
			}
		}()
		ports[i] = strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
		if i == 1 {
			t.Cleanup(func() { l.Close() })
		}
	}
	return ports[0], ports[1]
}

func TestWorkerProbes(t *testing.T) {
	t.Parallel()
	free, taken := freePort(t)
	w := works(t, free, true)
	filavip(t, "healthcheck", "--url", "http://127.0.0.1:"+free).ends(exitOK).shows("[+]store ok")
	filavip(t, "status", "--url", "http://127.0.0.1:"+free).ends(exitUsage)
	if err := w.end(); err != nil || !strings.Contains(w.err.String(), "Probes on http://127.0.0.1:"+free+"/readyz\n") {
		t.Errorf("worker = %v, %s; want it to say where its probes are", err, w.err)
	}

	w = works(t, taken, false)
	if err := w.end(); err != nil || !strings.Contains(w.err.String(), "warning: no probes") || strings.Contains(w.err.String(), "Probes on") {
		t.Errorf("worker whose usual port is taken = %v, %s; want it to work and to warn", err, w.err)
	}

	w = works(t, taken, true)
	if err := w.end(); err == nil || strings.Contains(w.err.String(), "Working as") {
		t.Errorf("worker whose port is taken = %v, %s; want it refused", err, w.err)
	}
}
