package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

// runPage is one page of the history, with a link to the next.
type runPage struct {
	Link string `header:"Link" doc:"The next page, as rel=next."`
	Body wire.RunPage
}

// runsParams are the parameters of GET /pedidos/runs.
type runsParams struct {
	limit  wholeNumber
	cursor opaque
}

func newRunsParams() runsParams {
	return runsParams{
		limit:  wholeNumber{name: "limit", doc: "How many runs.", byDefault: 20, min: 1, max: 200, clamp: true},
		cursor: opaque{name: "cursor", doc: "The nextCursor of the page before."},
	}
}

func (a *API) registerRuns() {
	p := newRunsParams()
	handle(a, route{
		method: http.MethodGet, paths: []string{"/pedidos/runs"}, id: "list-runs", tag: "run",
		summary: "The history of runs, newest first",
		params:  []parameter{p.limit, p.cursor},
		errors:  []int{http.StatusServiceUnavailable},
	}, a.listRuns)
	handle(a, route{
		method: http.MethodGet, paths: []string{"/pedidos/runs/{id}"}, id: "get-run", tag: "run",
		summary: "One run",
		params:  []parameter{inPath{name: "id", doc: "The run's UUID."}},
		errors:  []int{http.StatusNotFound, http.StatusServiceUnavailable},
	}, a.getRun)
	a.documentTagged("/pedidos/runs/{id}", reflect.TypeFor[wire.Run]())
}

func (a *API) listRuns(ctx context.Context, req *request) (*runPage, error) {
	p, in := newRunsParams(), req.reading()
	limit, before := int(in.number(p.limit)), in.runCursor(p.cursor)
	if err := in.err(); err != nil {
		return nil, err
	}
	// One more than asked for tells whether there is a next page.
	runs, err := a.opts.Store.Runs(ctx, before, limit+1)
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	out := &runPage{Body: wire.RunPage{Limit: limit, Runs: []wire.Run{}}}
	if len(runs) > limit {
		runs = runs[:limit]
		out.Body.NextCursor = runs[limit-1].ID.String()
		out.Link = nextLink("/pedidos/runs", limit, out.Body.NextCursor)
	}
	for i := range runs {
		row, err := a.runRow(ctx, &runs[i])
		if err != nil {
			return nil, err
		}
		out.Body.Runs = append(out.Body.Runs, row)
	}
	out.Body.Count = len(out.Body.Runs)
	return out, nil
}

// runCursor reads a cursor of the history: the last run of the page before.
func (in *reading) runCursor(p opaque) order.RunID {
	text := in.opaque(p)
	if text == "" {
		return order.RunID{}
	}
	id, err := order.ParseRunID(text)
	if err != nil {
		in.fault(p.name, []string{text}, allowedCursor)
	}
	return id
}

func (a *API) runRow(ctx context.Context, run *order.Run) (wire.Run, error) {
	counts, err := a.opts.Store.Counts(ctx, run.ID)
	if err != nil {
		return wire.Run{}, fmt.Errorf("count run %s: %w", run.ID, err)
	}
	return wire.NewRun(run, counts, a.opts.Now()), nil
}

func (a *API) getRun(ctx context.Context, req *request) (*tagged, error) {
	text := req.http.PathValue("id")
	id, err := order.ParseRunID(text)
	if err != nil {
		in := reading{}
		in.fault("id", []string{text}, allowedRunID)
		return nil, in.err()
	}
	run, err := a.opts.Store.Run(ctx, id)
	if errors.Is(err, order.ErrNotFound) {
		return nil, refuse(notFound, textNoRun, id)
	}
	if err != nil {
		return nil, fmt.Errorf("read run %s: %w", id, err)
	}
	row, err := a.runRow(ctx, &run)
	if err != nil {
		return nil, err
	}
	return encodeTagged(req, row)
}

// nextLink returns a Link header to the next page.
func nextLink(path string, limit int, cursor string) string {
	query := url.Values{"limit": {strconv.Itoa(limit)}, "cursor": {cursor}}
	return fmt.Sprintf(`<%s?%s>; rel="next"`, path, query.Encode())
}
