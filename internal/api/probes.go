package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/filavip/filavip/internal/order"
)

// plain is an answer in plain text.
type plain struct {
	Status      int
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func newPlain(status int, body []byte) *plain {
	return &plain{Status: status, ContentType: "text/plain; charset=utf-8", Body: body}
}

func (a *API) registerProbes() {
	handle(a, route{
		method: http.MethodGet, paths: []string{"/livez"}, id: "livez", tag: "health",
		summary: "That the process answers; asks nothing else", open: true,
	}, func(context.Context, *request) (*plain, error) {
		return newPlain(http.StatusOK, []byte("ok\n")), nil
	})
	handle(a, route{
		method: http.MethodGet, paths: []string{"/readyz", "/healthz"}, id: "readyz", tag: "health",
		summary: "Whether the server can do its work",
		more:    "?verbose lists every check; ?exclude=name, as often as needed, leaves one out. 503 if one fails, and from the start of a shutdown on. Without the key, where there is one, both count for nothing and no check is named.", open: true,
	}, a.readyz)
	for _, path := range []string{"/livez", "/readyz", "/healthz"} {
		a.documentPlain(path)
	}
}

// finding is what a check found.
type finding struct {
	name string
	err  error
}

// failure says that a check failed, and which servers are the reason where that is known.
// What exactly happened is for the log.
func (f *finding) failure() string {
	if servers := order.UnavailableServers(f.err); len(servers) > 0 {
		return "failed: " + strings.Join(slices.Compact(servers), " ")
	}
	return "failed"
}

// runChecks asks every check but the excluded ones.
func (a *API) runChecks(ctx context.Context, exclude []string) []finding {
	ctx, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	checks := append([]Check{{"store", a.checkStore}, {"shutdown", a.checkShutdown}}, a.opts.Checks...)
	checks = slices.DeleteFunc(checks, func(c Check) bool { return slices.Contains(exclude, c.Name) })
	found := make([]finding, len(checks))
	var all sync.WaitGroup
	for i, c := range checks { // at once: one that hangs must not leave the others no time
		all.Go(func() { found[i] = finding{c.Name, c.Check(ctx)} })
	}
	all.Wait()
	for _, f := range found {
		if f.err != nil {
			a.log.WarnContext(ctx, "readiness check failed", "check", f.name, "error", f.err)
		}
	}
	return found
}

func (a *API) checkStore(ctx context.Context) error {
	_, err := a.opts.Store.Totals(ctx)
	return err
}

func (a *API) checkShutdown(context.Context) error {
	if a.draining.Load() {
		return errors.New("shutting down")
	}
	return nil
}

// readyz answers in the manner of Kubernetes.
func (a *API) readyz(ctx context.Context, req *request) (*plain, error) {
	var report bytes.Buffer
	ready := true
	known := a.opts.Guard.Admits(req.http)
	exclude, verbose := req.args["exclude"], len(req.args["verbose"]) > 0
	if !known { // or it would tell by and by which check fails
		exclude, verbose = nil, false
	}
	for _, found := range a.runChecks(ctx, exclude) {
		if found.err != nil {
			ready = false
			fmt.Fprintf(&report, "[-]%s %s\n", found.name, found.failure())
			continue
		}
		fmt.Fprintf(&report, "[+]%s ok\n", found.name)
	}
	if !known {
		report.Reset()
	}
	switch {
	case !ready:
		report.WriteString("readyz check failed\n")
		return newPlain(http.StatusServiceUnavailable, report.Bytes()), nil
	case verbose:
		report.WriteString("readyz check passed\n")
		return newPlain(http.StatusOK, report.Bytes()), nil
	}
	return newPlain(http.StatusOK, []byte("ok\n")), nil
}
