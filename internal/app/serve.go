package app

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/filavip/filavip/internal/api"
	"github.com/filavip/filavip/internal/order"
)

// drainFor is how long requests under way may take once the server stops.
const drainFor = 5 * time.Second

// Listen opens the API's port, and the second one if there is to be one. It comes before
// Start, so that a port that is taken stops the process before it works on anything.
func (a *App) Listen(ctx context.Context) error {
	setErrors()
	a.live = a.newLive()
	mounts, err := a.mounts()
	if err != nil {
		return errors.Join(err, a.live.Close(ctx))
	}
	server, err := api.New(api.Options{
		Pipeline:  a.pipeline,
		Queue:     workers{a.pool, a},
		Store:     a.store,
		Members:   a.Members,
		Checks:    a.checks(),
		Logs:      a.book,
		NewSpec:   a.newSpec,
		MaxOrders: a.cfg.MaxOrders,
		Series:    a.history,
		System:    a.system,
		Guard:     a.guard,
		Hosts:     a.cfg.Hosts(),
		Origins:   a.cfg.CORSOrigins,
		Mounts:    mounts,
		Metrics:   a.metricsHandler(),
		Registry:  a.metrics,
		Version:   a.opts.Version,
		Now:       a.clock,
		Log:       a.log,
	})
	if err == nil {
		err = a.openPorts(ctx, a.cfg.Addr(), a.cfg.DashboardAddr())
	}
	if err != nil {
		return errors.Join(err, a.live.Close(ctx))
	}
	a.api, a.server = server, api.NewServer(server, a.log)
	a.cleanups.push("server", a.closeServer)
	a.cleanups.push("live view", a.closeLive)
	return nil
}

// openPorts opens all ports that are wanted, or none.
func (a *App) openPorts(ctx context.Context, addrs ...string) error {
	for _, addr := range addrs {
		if addr == "" {
			continue
		}
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
		if err != nil {
			for _, opened := range a.listeners {
				_ = opened.Close() // nothing has come in over it
			}
			a.listeners = nil
			return fmt.Errorf("listen: %w", err)
		}
		a.listeners = append(a.listeners, l)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.addr = a.Addr()
	return nil
}

// newSpec returns what a run is to be that somebody asks for over HTTP, spread over the
// workers of all processes.
func (a *App) newSpec(quantity int64) order.Spec {
	cfg := a.cfg
	cfg.Workers, _ = a.workers(context.Background())
	return NewSpec(&cfg, quantity, rand.Uint64())
}

// setErrors makes huma's errors ours. Huma keeps them in a variable of its package: it
// is the one state outside of any app, so it is set once, whatever the number of apps.
var setErrors = sync.OnceFunc(func() { huma.NewError = api.NewError })

// Addr returns the address the API listens on; empty if it does not.
func (a *App) Addr() string {
	if len(a.listeners) == 0 {
		return ""
	}
	return a.listeners[0].Addr().String()
}

// DashboardAddr returns the second address that all is served on; empty if there is none.
func (a *App) DashboardAddr() string {
	if len(a.listeners) < 2 {
		return ""
	}
	return a.listeners[1].Addr().String()
}

// Serve answers requests until ctx is done or the server fails; without a port it only
// waits. Readiness fails as soon as ctx is done; Stop then lets requests under way finish.
func (a *App) Serve(ctx context.Context) error {
	failed := make(chan error, len(a.listeners))
	for _, l := range a.listeners {
		go func() { failed <- a.server.Serve(l) }()
	}
	select {
	case <-ctx.Done():
		if a.api != nil {
			a.api.Drain()
		}
		return nil
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	}
}

// closeLive ends the connections that stay open: the server would wait for them.
// Readiness fails first, so that who comes back goes elsewhere.
func (a *App) closeLive(ctx context.Context) error {
	a.api.Drain()
	ctx, cancel := context.WithTimeout(ctx, drainFor)
	defer cancel()
	if err := a.live.Close(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("close live view: %w", err)
	}
	return nil
}

func (a *App) closeServer(ctx context.Context) error {
	a.api.Drain()
	ctx, cancel := context.WithTimeout(ctx, drainFor)
	defer cancel()
	err := ignoreClosed(a.server.Shutdown(ctx))
	if errors.Is(err, context.DeadlineExceeded) {
		err = ignoreClosed(a.server.Close())
	}
	for _, l := range a.listeners { // Serve, which makes the server close them, need not have been called
		err = errors.Join(err, ignoreClosed(l.Close()))
	}
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
