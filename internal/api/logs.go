package api

import (
	"context"
	"net/http"

	"github.com/filavip/filavip/internal/wire"
)

func linesParam() wholeNumber {
	return wholeNumber{name: "lines", doc: "How many lines of each level.", byDefault: 500, min: 1, max: 10_000, clamp: true}
}

func (a *API) registerLogs() {
	handle(a, route{
		method: http.MethodGet, paths: []string{"/pedidos/logs", "/orders/logs"}, id: "get-logs", tag: "status",
		summary: "The latest log lines of each level, with the run's figures",
		params:  []parameter{linesParam()},
		errors:  []int{http.StatusServiceUnavailable},
	}, a.getLogs)
}

func (a *API) getLogs(ctx context.Context, req *request) (*body[wire.Logs], error) {
	in := req.reading()
	lines := int(in.number(linesParam()))
	if err := in.err(); err != nil {
		return nil, err
	}
	seen, err := a.observe(ctx)
	if err != nil {
		return nil, err
	}
	s := seen.status()
	info, warn, errors := a.opts.Logs.Tail(lines)
	return &body[wire.Logs]{wire.NewLogs(&s, seen.queue(), info, warn, errors)}, nil
}
