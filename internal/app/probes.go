package app

import (
	"context"

	"github.com/filavip/filavip/internal/api"
)

// ListenProbes opens the API's port for the probes and the metrics alone. It comes before
// Start, in place of Listen.
func (a *App) ListenProbes(ctx context.Context) error {
	setErrors()
	server, err := api.New(api.Options{
		ProbesOnly: true,
		Store:      a.store,
		Checks:     a.checks(),
		Hosts:      a.cfg.Hosts(),
		Guard:      a.guard,
		Metrics:    a.metricsHandler(),
		Registry:   a.metrics,
		Version:    a.opts.Version,
		Now:        a.clock,
		Log:        a.log,
	})
	if err == nil {
		err = a.openPorts(ctx, a.cfg.Addr())
	}
	if err != nil {
		return err
	}
	a.api, a.server = server, api.NewServer(server, a.log)
	a.cleanups.push("server", a.closeServer)
	return nil
}

// checks are what readiness depends on beside the store's own answer.
func (a *App) checks() []api.Check {
	if a.store.fleet == nil {
		return nil
	}
	return []api.Check{{Name: "servers", Check: a.checkServers}}
}
