package api

import (
	"log/slog"
	"net/http"
	"time"
)

// NewServer returns a server for handler that slow and greedy clients cannot hold up:
// headers within 5 seconds and 16 KiB, a whole request within 10 seconds, and a minute
// between two. How long an answer takes is not limited; handlers see to that.
func NewServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
