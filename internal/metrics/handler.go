package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxScrapes bounds how many scrapes are answered at once; the next gets 503.
const maxScrapes = 4

// Handler serves the registered metrics in the text format, or in OpenMetrics to whom
// asks for it. A metric that cannot be read is left out and counted in
// promhttp_metric_handler_errors_total; the others are served. The handler of a nil
// Registry answers 404.
func (r *Registry) Handler() http.Handler {
	if r == nil {
		return http.NotFoundHandler()
	}
	return promhttp.HandlerFor(r.reg, promhttp.HandlerOpts{
		Registry:            r.reg,
		ErrorHandling:       promhttp.ContinueOnError,
		EnableOpenMetrics:   true,
		MaxRequestsInFlight: maxScrapes,
	})
}
