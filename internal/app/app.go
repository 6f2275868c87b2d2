package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/filavip/filavip/internal/api"
	"github.com/filavip/filavip/internal/auth"
	"github.com/filavip/filavip/internal/config"
	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/logbook"
	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/outage"
	"github.com/filavip/filavip/internal/pipeline"
	"github.com/filavip/filavip/internal/queue"
	"github.com/filavip/filavip/internal/realtime"
)

// Options are what a process decides beside its configuration.
type Options struct {
	// Stderr takes log lines at the configured level and above; nobody does if nil.
	Stderr io.Writer
	// Stdin is what a run reads whose source is "-". If nil, such a run of an earlier
	// process has lost its input.
	Stdin io.Reader
	// OnPhase is called after each phase change, once it is durable. It must not block.
	OnPhase func(event.PhaseChange)
	// MustExist refuses a data directory that holds no store yet.
	MustExist bool
	// Version is what the OpenAPI document shows.
	Version string
	// MemTable overrides the size of the store's memtables, in bytes.
	MemTable uint64
	// Rejects is where a run from a file writes the lines it refused; nowhere if empty.
	Rejects string
	// Role is what the process is to the others of a fleet; RoleServe if empty.
	Role Role

	open func(context.Context) (backend, error) // instead of the engine that is configured
}

// App is one filavip process.
type App struct {
	cfg      config.Config
	opts     Options
	clock    func() time.Time
	book     *logbook.Book
	calm     *outage.Calm // what log goes through
	log      *slog.Logger
	metrics  *metrics.Registry
	hub      *event.Hub
	node     string // its name among all
	store    backend
	roster   *roster
	pool     *queue.Pool
	pipeline *pipeline.Pipeline
	history  *sampler
	began    time.Time
	growth   *growth // of the store's totals
	rejects  *rejectLog
	guard    *auth.Guard
	api      *api.API
	live     *realtime.Live
	server   *http.Server

	listeners []net.Listener // the API's, and maybe a second

	mu   sync.Mutex // guards addr
	addr string     // of the API; empty if it has none

	announcing sync.Mutex // held from taking a snapshot until it is published

	cleanups cleanups
	stopOnce sync.Once
	stopErr  error
}

// New builds an app and opens its store. Nothing is worked on before Start. Stop must
// be called, also if Start was not.
func New(cfg config.Config, opts Options) (*App, error) {
	opts.Role = cmp.Or(opts.Role, RoleServe)
	if !cfg.Distributed() {
		cfg.Node = "" // as the configuration says, it is not used then
	}
	a := &App{cfg: cfg, opts: opts, clock: steadyClock(), metrics: metrics.New(), node: nodeName(cfg.Node, os.Getpid())}
	a.began = a.clock()
	if err := a.build(); err != nil {
		return nil, errors.Join(err, a.cleanups.run(context.Background()))
	}
	return a, nil
}

func (a *App) build() error {
	a.hub = event.NewHub(event.Options{Now: a.clock})
	a.cleanups.push("hub", func(context.Context) error { a.hub.Close(); return nil })
	if err := checkData(a.cfg.Data); err != nil {
		return err
	}
	if err := a.openBook(); err != nil {
		return err
	}
	if err := a.openStore(); err != nil {
		return err
	}
	a.rejects = &rejectLog{path: a.opts.Rejects}
	fleet := a.store.fleet != nil
	node := ""
	if fleet {
		node = a.node
	}
	a.pool = queue.New(a.store.Store, queue.Options{
		Workers: cmp.Or(a.cfg.Workers, -1),
		Node:    node,
		Clock:   a.clock,
		Logger:  a.component("queue"),
		Metrics: a.metrics,
	})
	a.roster = &roster{fleet: a.store.fleet, self: a.self, now: a.clock}
	a.openHistory()
	a.pipeline = pipeline.New(a.store.Store, pipeline.Options{ // itself: it may be able to do more than the contract asks
		Shared:        fleet,
		Open:          a.openSource,
		InHand:        a.pool.InHand,
		ProgressEvery: a.cfg.LogProgressEvery,
		Publisher:     a,
		Clock:         a.clock,
		Logger:        a.component("pipeline"),
		Metrics:       a.metrics,
	})
	a.cleanups.push("pipeline", func(context.Context) error { a.pipeline.Stop(); return nil })
	a.guard = auth.New(auth.Options{Key: a.cfg.APIKey.Reveal(), Now: a.clock, Registry: a.metrics})
	a.registerMetrics()
	return nil
}

// checkData refuses a data directory that is a file, before anything is written.
func checkData(dir string) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return &fs.PathError{Op: "open data directory", Path: dir, Err: errors.New("it is a file; name a directory")}
	}
	return nil
}

// exit ends the process at once, after an error that no write may survive.
func (a *App) exit(message string) {
	a.book.Flush()
	fmt.Fprintln(os.Stderr, "filavip: "+message)
	os.Exit(ExitIO)
}

// ExitIO is the status of a process whose disk failed it, or whose store is damaged.
const ExitIO = 74

func (a *App) openBook() error {
	book, err := logbook.Open(logbook.Options{
		Stderr:     a.opts.Stderr,
		Level:      a.cfg.LogLevel,
		Files:      a.cfg.LogFiles && !a.opts.MustExist && a.opts.Role != RoleWorker, // beside a server they would be its own
		Dir:        filepath.Join(a.cfg.Data, "logs"),
		BufferMax:  a.cfg.LogBufferMax,
		FlushEvery: a.cfg.LogFlushInterval,
		Tail:       a.hub,
		Metrics:    a.metrics,
		Now:        a.clock,
	})
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	a.book, a.calm = book, outage.New(book.Logger().Handler())
	a.log = a.calm.Logger()
	a.cleanups.push("log", func(context.Context) error { return book.Close() })
	return nil
}

func (a *App) component(name string) *slog.Logger { return a.log.With("component", name) }
