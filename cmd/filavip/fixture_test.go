package main

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/filavip/filavip/internal/app"
	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/config"
	"github.com/filavip/filavip/internal/wire"
)

// outcome is what a command line came to.
type outcome struct {
	t      *testing.T
	args   []string
	status int
	out    string // standard output
	err    string // standard error
}

// filavip runs a command line without input.
func filavip(t *testing.T, args ...string) outcome {
	t.Helper()
	return filavipIn(t.Context(), t, "", args...)
}

// filavipIn runs a command line with input, until ctx ends.
func filavipIn(ctx context.Context, t *testing.T, stdin string, args ...string) outcome {
	t.Helper()
	var out, err buffer
	status := run(ctx, args, strings.NewReader(stdin), &out, &err)
	return outcome{t, args, status, out.String(), err.String()}
}

// buffer is one that several goroutines may write to, as a console is.
type buffer struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// ends checks the exit status.
func (o outcome) ends(status int) outcome {
	o.t.Helper()
	if o.status != status {
		o.t.Fatalf("filavip %q = %d, want %d\nstdout: %s\nstderr: %s", o.args, o.status, status, o.out, o.err)
	}
	return o
}

// says checks that standard error has these texts, and standard output nothing.
func (o outcome) says(texts ...string) outcome {
	o.t.Helper()
	o.warns(texts...)
	if o.out != "" {
		o.t.Errorf("filavip %q wrote to standard output: %s", o.args, o.out)
	}
	return o
}

// warns checks that standard error has these texts.
func (o outcome) warns(texts ...string) outcome {
	o.t.Helper()
	for _, text := range texts {
		if !strings.Contains(o.err, text) {
			o.t.Errorf("filavip %q wrote to standard error:\n%s\nwant in it: %s", o.args, o.err, text)
		}
	}
	return o
}

// shows checks that standard output has these texts.
func (o outcome) shows(texts ...string) outcome {
	o.t.Helper()
	for _, text := range texts {
		if !strings.Contains(o.out, text) {
			o.t.Errorf("filavip %q wrote to standard output:\n%s\nwant in it: %s", o.args, o.out, text)
		}
	}
	return o
}

// decoded returns standard output, which must be one JSON document of that shape and
// nothing else.
func decoded[T any](o outcome) T {
	o.t.Helper()
	var v T
	decoder := json.NewDecoder(strings.NewReader(o.out))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&v); err != nil || decoder.More() {
		o.t.Fatalf("filavip %q wrote what is not one %T: %v\n%s", o.args, v, err, o.out)
	}
	return v
}

// settings returns a configuration: a fresh data directory, any free port, and what is
// given beside that, as flag and value in turn.
func settings(t *testing.T, flags ...string) config.Config {
	t.Helper()
	given := map[string]string{"data": filepath.Join(t.TempDir(), "data"), "port": "0", "log-level": "error", "backend-logs": "false"}
	for pair := range slices.Chunk(flags, 2) {
		given[pair[0]] = pair[1]
	}
	cfg, err := config.Load(config.Sources{Flags: maps.Clone(given)})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// smallTable keeps the memory of many servers in one process small.
const smallTable = 4 << 20

// server is a real server in this process.
type server struct {
	t     *testing.T
	url   string
	drain func() // as the first signal does
	stop  func()
}

// serveApp starts a server with these settings beside the usual ones.
func serveApp(t *testing.T, flags ...string) *server {
	t.Helper()
	return serveIn(t, settings(t, flags...))
}

func serveIn(t *testing.T, cfg config.Config) *server {
	t.Helper()
	a, err := app.New(cfg, app.Options{MemTable: smallTable, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("Serve() = %v, want nil", err)
		}
		if err := a.Stop(context.Background()); err != nil {
			t.Errorf("Stop() = %v, want nil", err)
		}
	})
	t.Cleanup(stop)
	if err := a.Listen(ctx); err != nil {
		served <- nil
		t.Fatal(err)
	}
	if _, err := a.Start(ctx); err != nil {
		served <- nil
		t.Fatal(err)
	}
	go func() { served <- a.Serve(ctx) }()
	return &server{t, "http://" + a.Addr(), cancel, stop}
}

// does runs a command line against the server.
func (s *server) does(args ...string) outcome {
	s.t.Helper()
	return filavip(s.t, append(args, "--url", s.url)...)
}

// starts begins a run of n orders that stays as it is once they are stored: the queue is
// paused. It returns the run's ID.
func (s *server) starts(n string) string {
	s.t.Helper()
	s.does("queue", "pause").ends(exitOK)
	started := decoded[wire.Started](s.does("generate", "-n", n, "-o", "json").ends(exitOK))
	s.waitFor(func(status *wire.Status) bool { return status.Progress.Generated == status.Progress.Target })
	return started.RunID.String()
}

// waitFor asks for the status until it is as wanted. The test's own time limit ends it.
func (s *server) waitFor(done func(*wire.Status) bool) {
	s.t.Helper()
	api, err := client.New(s.url, client.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer api.CloseIdleConnections()
	for {
		status, err := api.Status(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		if done(&status) {
			return
		}
	}
}
