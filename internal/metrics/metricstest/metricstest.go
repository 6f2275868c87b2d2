// Package metricstest reads a registry as a scraper would, for tests.
package metricstest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/metrics"
)

// Text returns the registry's exposition.
func Text(r *metrics.Registry) string {
	rec := httptest.NewRecorder()
	r.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return rec.Body.String()
}

// Want fails the test for each line that the exposition lacks.
func Want(t testing.TB, r *metrics.Registry, lines ...string) {
	t.Helper()
	text := Text(r)
	for _, line := range lines {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("exposition lacks %q:\n%s", line, text)
		}
	}
}
