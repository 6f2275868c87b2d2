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

// Listen opens the API's port. It comes before Start, so that a port that is taken
// stops the process before it works on anything.
func (a *App) Listen(ctx context.Context) error {
	setErrors()
	server, err := api.New(api.Options{
		Pipeline:  a.pipeline,
		Queue:     a.pool,
		Store:     a.store,
		Logs:      a.book,
		NewSpec:   func(quantity int64) order.Spec { return NewSpec(&a.cfg, quantity, rand.Uint64()) },
		MaxOrders: a.cfg.MaxOrders,
		Hosts:     a.cfg.AllowedHosts,
		Origins:   a.cfg.CORSOrigins,
		Metrics:   a.metricsHandler(),
		Registry:  a.metrics,
		Version:   a.opts.Version,
		Now:       a.clock,
		Log:       a.log,
	})
	if err != nil {
		return err
	}
	if a.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", a.cfg.Addr()); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	a.api, a.server = server, api.NewServer(server, a.log)
	a.cleanups.push("server", a.closeServer)
	return nil
}

// setErrors makes huma's errors ours. Huma keeps them in a variable of its package: it
// is the one state outside of any app, so it is set once, whatever the number of apps.
var setErrors = sync.OnceFunc(func() { huma.NewError = api.NewError })

// Addr returns the address the API listens on.
func (a *App) Addr() string { return a.listener.Addr().String() }

// Serve answers requests until ctx is done or the server fails. Readiness fails as soon
// as ctx is done; Stop then lets requests under way finish.
func (a *App) Serve(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- a.server.Serve(a.listener) }()
	select {
	case <-ctx.Done():
		a.api.Drain()
		return nil
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	}
}

func (a *App) closeServer(ctx context.Context) error {
	a.api.Drain()
	ctx, cancel := context.WithTimeout(ctx, drainFor)
	defer cancel()
	if err := a.server.Shutdown(ctx); err == nil || !errors.Is(err, context.DeadlineExceeded) {
		return ignoreClosed(err)
	}
	return ignoreClosed(a.server.Close())
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
