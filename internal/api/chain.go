package api

import (
	"fmt"
	"net/http"
	"slices"
)

// middleware puts something before a handler.
type middleware func(http.Handler) http.Handler

// chain returns the handler of every request: the routes behind all that comes before
// them.
func (a *API) chain() (http.Handler, error) {
	sites, err := newSites(a.opts.Origins)
	if err != nil {
		return nil, fmt.Errorf("origins: %w", err)
	}
	hosts, err := newHosts(a.opts.Hosts)
	if err != nil {
		return nil, fmt.Errorf("hosts: %w", err)
	}
	a.sites = sites
	m := newMetrics(a.opts.Registry, slices.Clone(a.routes.paths))
	var handler http.Handler = http.HandlerFunc(a.route)
	outermostLast := []middleware{
		a.open.unless(limitBody(a.deny)),
		a.open.unless(limitInFlight(a.opts.InFlight, m.refused, a.deny)),
		a.open.unless(sites.refuseForeign(a.deny)),
		a.askForKey,
		sites.allowTrusted,
		hosts.refuseUnknown(a.deny),
		setHeaders,
		recoverPanics(a.log, m.panics, a.deny),
		logRequests(a.log, m, a.opts.Now, a.open),
	}
	for _, wrap := range outermostLast {
		handler = wrap(handler)
	}
	return handler, nil
}

// denier answers a request with the problem of an error.
type denier func(http.ResponseWriter, *http.Request, error)
