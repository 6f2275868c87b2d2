package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/filavip/filavip/internal/metrics"
)

// recoverPanics answers a request whose handling panicked with 500 and logs where it
// happened. If the answer had begun, the connection is cut instead, so that nobody
// takes half of it for the whole.
func recoverPanics(log *slog.Logger, panics *metrics.Counter, deny denier) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := &recorder{ResponseWriter: w}
			defer func() {
				cause := recover()
				if cause == nil {
					return
				}
				if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(cause)
				}
				panics.Inc()
				log.ErrorContext(r.Context(), "request panicked",
					"method", r.Method, "path", r.URL.Path, "cause", cause, "stack", string(debug.Stack()))
				if rec.status != 0 {
					panic(http.ErrAbortHandler)
				}
				deny(rec, r, fmt.Errorf("panic: %v", cause))
			}()
			next.ServeHTTP(rec, r)
		})
	}
}
