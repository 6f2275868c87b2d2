package app

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/filavip/filavip/internal/api"
	"github.com/filavip/filavip/internal/realtime"
	"github.com/filavip/filavip/internal/ui"
	"github.com/filavip/filavip/internal/wire"
)

// newLive makes the live view. What it asks of the API it asks once that serves.
func (a *App) newLive() *realtime.Live {
	return realtime.New(realtime.Options{
		Hub:    a.hub,
		Status: func(ctx context.Context) ([]byte, error) { return a.api.Status(ctx) },
		Call: func(ctx context.Context, from *http.Request, path string, fields []byte) (int, []byte) {
			return a.api.Call(ctx, from, path, fields)
		},
		Refuse:      a.refuseStream,
		AllowOrigin: func(r *http.Request) bool { return a.api.AllowsOrigin(r) },
		Authorize:   func(r *http.Request) (time.Time, *wire.Problem) { return a.api.Authorize(r) },
		Registry:    a.metrics,
		Version:     a.opts.Version,
		Now:         a.clock,
		Log:         a.log,
	})
}

// refuseStream answers a stream that the live view refuses as the API refuses.
func (a *App) refuseStream(w http.ResponseWriter, r *http.Request, reason error) {
	bad, ok := errors.AsType[*realtime.BadParameterError](reason)
	switch {
	case ok:
		a.api.RefuseParameter(w, r, bad.Name, bad.Given, bad.Allowed)
	case errors.Is(reason, realtime.ErrForeign):
		a.api.RefuseOrigin(w, r)
	default:
		a.api.RefuseOverload(w, r)
	}
}

// newPages makes the dashboard's pages. Like the live view they ask the API once that
// serves.
func (a *App) newPages() (*ui.Handler, error) {
	return ui.New(ui.Options{
		Status: func(ctx context.Context) (s wire.Status, err error) {
			body, err := a.api.Status(ctx)
			if err != nil {
				return s, err
			}
			return s, json.Unmarshal(body, &s)
		},
		Admits:    a.guard.Admits,
		Language:  func(r *http.Request) string { return a.api.Language(r) },
		Version:   a.opts.Version,
		Workers:   a.pool.Workers(),
		Engine:    a.store.engine,
		Refresh:   a.cfg.DashboardRefresh,
		MaxOrders: a.cfg.MaxOrders,
		Tiers:     a.cfg.Tiers,
	})
}

// mounts returns what is served beside the API: the live view and the pages.
func (a *App) mounts() ([]api.Mount, error) {
	all := []api.Mount{
		// Its clients may show the key after the handshake: the live view asks for it then.
		{Method: http.MethodGet, Path: "/socket.io/", Handler: a.live.SocketIO(), Live: true, Open: true},
		{Method: http.MethodPost, Path: "/socket.io/", Handler: a.live.SocketIO(), Live: true, Open: true},
		{Method: http.MethodGet, Path: "/pedidos/stream", Handler: a.live.Stream(), Live: true},
	}
	pages, err := a.newPages()
	if err != nil {
		return nil, err
	}
	for _, path := range pages.Routes() {
		all = append(all, api.Mount{Method: http.MethodGet, Path: path, Handler: pages, Open: true})
	}
	return all, nil
}
