package mongoredis

import (
	"sync"

	"github.com/redis/go-redis/v9"
)

// link is the way to Redis: a client that may be replaced while it is in use. Calls under
// way in the one that is replaced fail, as they do when a connection is lost.
type link struct {
	mu      sync.Mutex // guards current and closed
	current redis.UniversalClient
	closed  bool
	cluster bool // it is a cluster's, though a single address may be named
}

// client returns the client to make one call with.
func (l *link) client() redis.UniversalClient {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.current
}

// replace puts a client in place of the one before, which it closes; if the link is closed,
// so is the client.
func (l *link) replace(c redis.UniversalClient) error {
	l.mu.Lock()
	former := l.current
	if l.closed {
		former = c
	} else {
		l.current = c
	}
	l.mu.Unlock()
	if former == nil {
		return nil
	}
	return former.Close()
}

// Close closes the client, if there is one. From then on every call fails. A second Close
// does nothing.
func (l *link) Close() error {
	l.mu.Lock()
	c := l.current
	if l.closed {
		c = nil
	}
	l.closed = true
	l.mu.Unlock()
	if c == nil {
		return nil
	}
	return c.Close()
}
