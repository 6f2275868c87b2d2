package api

import (
	"net/http"

	"github.com/filavip/filavip/internal/metrics"
)

// maxBodyBytes is how long a body may be.
const maxBodyBytes = 64 << 10

// limitBody answers 413 to a body that says it is too long, and cuts off one that
// turns out to be.
func limitBody(deny denier) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength > maxBodyBytes {
				deny(w, r, &refusal{kind: bodyTooLarge})
				return
			}
			r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
			next.ServeHTTP(w, r)
		})
	}
}

// limitInFlight answers 503 beyond so many requests at once. Whether the process is
// alive it always answers: an overloaded process is, and must not be killed for it.
func limitInFlight(limit int, refused *metrics.Counter, deny denier) middleware {
	return func(next http.Handler) http.Handler {
		places := make(chan struct{}, limit)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/livez", "/health/live", "/pedidos/health/live":
				next.ServeHTTP(w, r)
				return
			}
			select {
			case places <- struct{}{}:
				defer func() { <-places }()
				next.ServeHTTP(w, r)
			default:
				refused.Inc()
				deny(w, r, &refusal{kind: overloaded})
			}
		})
	}
}
