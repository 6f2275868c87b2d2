package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/filavip/filavip/internal/metrics"
)

// The labels of requests that no route takes, and of methods that change nothing here.
const (
	otherRoute  = "other"
	otherMethod = "OTHER"
)

// apiMetrics are the API's metrics.
type apiMetrics struct {
	requests *metrics.HistogramVec
	panics   *metrics.Counter
	refused  *metrics.Counter
	routes   map[string]bool
}

// newMetrics makes the metrics of an API whose routes have these paths.
func newMetrics(r *metrics.Registry, paths []string) *apiMetrics {
	m := &apiMetrics{routes: map[string]bool{}}
	for _, path := range paths {
		m.routes[path] = true
	}
	m.requests = r.HistogramVec("filavip_http_request_duration_seconds",
		"Time from a request's start until its answer was written.", metrics.HistogramOptions{},
		metrics.OneOf("route", append(paths, otherRoute)...),
		metrics.OneOf("method", http.MethodGet, http.MethodPost, otherMethod),
		metrics.OneOf("code", "1xx", "2xx", "3xx", "4xx", "5xx"))
	m.panics = r.Counter("filavip_http_panics_total", "Requests whose handling panicked.")
	m.refused = r.Counter("filavip_http_overload_refusals_total", "Requests refused because too many were in flight.")
	return m
}

// observe counts one request. The pattern is that of the route that took it, if any.
func (m *apiMetrics) observe(method, pattern string, status int, took time.Duration) {
	_, route, _ := strings.Cut(pattern, " ")
	if !m.routes[route] {
		route = otherRoute
	}
	if method != http.MethodGet && method != http.MethodPost {
		method = otherMethod
	}
	class := strconv.Itoa(min(max(status/100, 1), 5)) + "xx"
	m.requests.With(route, method, class).Observe(took)
}

// registerMetrics serves what the program counts, in the format of Prometheus.
func (a *API) registerMetrics() {
	a.routes.raw(http.MethodGet, "/metrics", a.opts.Metrics)
	text := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	a.huma.OpenAPI().AddOperation(&huma.Operation{
		Method: http.MethodGet, Path: "/metrics", OperationID: "get-metrics", Tags: []string{"health"},
		Summary: "What the program counts, in the format of Prometheus",
		Responses: map[string]*huma.Response{"200": {
			Description: http.StatusText(http.StatusOK), Content: map[string]*huma.MediaType{"text/plain": text},
		}},
	})
}
