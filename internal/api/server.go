package api

import (
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// NewServer returns a server for handler that slow and greedy clients cannot hold up:
// headers within 5 seconds and 16 KiB, a whole request within 10 seconds, and a minute
// between two. How long an answer takes is not limited; handlers see to that.
//
// Its Shutdown waits for requests, and not for connections that were opened ahead of any:
// those have half a second to send one.
func NewServer(handler http.Handler, log *slog.Logger) *http.Server {
	ahead := &unused{conns: map[net.Conn]struct{}{}}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ConnState:         ahead.note,
	}
	server.RegisterOnShutdown(func() { time.AfterFunc(unusedFor, ahead.close) })
	return server
}

// unusedFor is how long a connection without a request outlives the end of the server.
const unusedFor = 500 * time.Millisecond

// unused holds the connections on which no request has come yet: browsers open some to
// have them ready, and net/http takes them for busy during their first seconds.
type unused struct {
	mu    sync.Mutex // guards conns
	conns map[net.Conn]struct{}
}

func (u *unused) note(c net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if state == http.StateNew {
		u.conns[c] = struct{}{}
		return
	}
	delete(u.conns, c)
}

func (u *unused) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for c := range u.conns {
		_ = c.Close() // its client may have been faster
	}
}
