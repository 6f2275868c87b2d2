package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/filavip/filavip/internal/wire"
)

func (a *API) registerSystem() {
	handle(a, route{
		method: http.MethodGet, paths: []string{"/pedidos/system"}, id: "get-system", tag: "health",
		summary: "Which program this is, on what it runs, and how it is set up",
		more:    "Settings come with where each value was given; secrets are masked.",
		errors:  []int{http.StatusServiceUnavailable},
	}, a.system)
}

func (a *API) system(ctx context.Context, _ *request) (*body[wire.System], error) {
	s, err := a.opts.System(ctx)
	if err != nil {
		return nil, fmt.Errorf("look at the system: %w", err)
	}
	if s.Settings == nil {
		s.Settings = []wire.Setting{}
	}
	s.Checks = []wire.Checked{}
	for _, found := range a.runChecks(ctx, nil) {
		s.Checks = append(s.Checks, wire.Checked{Name: found.name, OK: found.err == nil})
	}
	return &body[wire.System]{s}, nil
}
