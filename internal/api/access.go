package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// recorder notes what is answered through it.
type recorder struct {
	http.ResponseWriter
	status int // 0 until the header is written
	bytes  int64
}

// Unwrap lets [http.ResponseController] reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// logRequests counts every request and logs it once it is answered: what changed
// something or went wrong for an operator to see, and the many polls at debug level. Of
// live connections, how long they last says nothing, and how many there are is counted
// where they are held.
func logRequests(log *slog.Logger, m *apiMetrics, now func() time.Time, live livePaths) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start, rec := now(), &recorder{ResponseWriter: w}
			defer func() {
				took, status := now().Sub(start), rec.status
				if status == 0 {
					status = http.StatusOK
				}
				level := slog.LevelDebug
				if !live.has(r) {
					m.observe(r.Method, r.Pattern, status, took)
					level = levelOf(r, status)
				}
				log.LogAttrs(r.Context(), level, "request",
					slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", status),
					slog.Int64("bytes", rec.bytes), slog.Duration("took", took), slog.String("from", r.RemoteAddr))
			}()
			next.ServeHTTP(rec, r)
		})
	}
}

// levelOf returns the level of a request. For one whose client has hung up no answer went
// wrong, but it may have acted all the same. That the server cannot answer at present was
// logged with the reason, and one that asks every few seconds is told so every time.
func levelOf(r *http.Request, status int) slog.Level {
	hungUp := errors.Is(r.Context().Err(), context.Canceled)
	switch {
	case status >= http.StatusInternalServerError && status != http.StatusServiceUnavailable && !hungUp:
		return slog.LevelWarn
	case r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions:
		return slog.LevelDebug
	}
	return slog.LevelInfo
}
