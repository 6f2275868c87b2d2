package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/filavip/filavip/internal/wire"
)

func (a *API) registerFleet() {
	handle(a, route{
		method: http.MethodGet, paths: []string{"/fleet"}, id: "get-fleet", tag: "health",
		summary: "The processes that work on these orders",
		more:    "Each server answers for all of them. One that has gone silent is listed for a while.",
		errors:  []int{http.StatusServiceUnavailable},
	}, a.fleet)
}

func (a *API) fleet(ctx context.Context, _ *request) (*body[[]wire.Member], error) {
	members, err := a.opts.Members(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	list := make([]wire.Member, len(members))
	for i := range members {
		m := &members[i]
		list[i] = wire.Member{
			Node: m.Node, Role: m.Role, Host: m.Host, PID: m.PID, Version: m.Version, Addr: m.Addr,
			Workers: m.Workers, InHand: m.InHand, StartedAt: wire.At(m.Started), SeenAt: wire.At(m.Seen),
			Alive: m.Alive, Coordinator: m.Coordinator,
		}
	}
	return &body[[]wire.Member]{list}, nil
}
