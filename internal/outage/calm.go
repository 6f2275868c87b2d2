package outage

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/filavip/filavip/internal/order"
)

const (
	// askEvery is the time between two questions whether the servers answer.
	askEvery = time.Second
	// awayAfter is how many questions in a row a server must leave without an answer to
	// count as away: one may get lost.
	awayAfter = 2
	// sayEvery is the least time between two lines that say the same.
	sayEvery = time.Minute
	// lateFor is for how long errors may still come of calls that were made in an outage.
	lateFor = 20 * time.Second
)

// Calm is a log that stays calm. Its methods are safe for concurrent use.
type Calm struct {
	next slog.Handler
	own  *slog.Logger

	mu       sync.Mutex // guards what follows
	watching bool
	servers  map[string]*server
	held     map[string]*held     // lines about servers that may answer, by message
	said     map[string]time.Time // when such a line was last logged, by message
}

// server is what is known of a server that has failed to answer at some time.
type server struct {
	failed int       // questions in a row
	since  time.Time // the first of them; of the latest outage, once it is over
	said   time.Time // when it was last said to be away
	over   time.Time // when it answered again; zero if it was never away
	err    error     // the latest failure
}

func (s *server) away() bool { return s.failed >= awayAfter }

// held is a line that waits until it is known whether an outage explains it.
type held struct {
	to      slog.Handler
	record  slog.Record
	servers []string
	at      time.Time // of the latest such line
	times   int
}

// New returns a log that writes to next. Until Watch is called, and once it has returned,
// every line passes.
func New(next slog.Handler) *Calm {
	return &Calm{
		next: next, own: slog.New(next).With("component", "servers"),
		servers: map[string]*server{}, held: map[string]*held{}, said: map[string]time.Time{},
	}
}

// Logger returns the logger whose lines are kept calm. Errors are looked for in the
// attribute "error" of a line that is a warning or worse.
func (c *Calm) Logger() *slog.Logger { return slog.New(&handler{c, c.next}) }

// Watch asks every second, until ctx is done, whether the servers answer: ping returns nil,
// or [order.UnavailableError]s. Any other error of ping says nothing of the servers.
func (c *Calm) Watch(ctx context.Context, ping func(context.Context) error) {
	c.setWatching(true)
	defer c.setWatching(false)
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		asked := time.Now()
		if err := ping(ctx); err == nil || errors.Is(err, order.ErrUnavailable) && ctx.Err() == nil {
			c.learn(asked, err)
		}
	}
}

// setWatching begins or ends the watch. What is held back at its end is logged: nobody will
// know more.
func (c *Calm) setWatching(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watching = on
	if on {
		return
	}
	for _, h := range c.held {
		h.log()
	}
	clear(c.held)
}

// learn takes in what the servers have answered to a question.
func (c *Calm) learn(asked time.Time, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	silent := map[string]bool{}
	for _, e := range order.UnavailableErrors(err) {
		silent[e.Server] = true
		c.missed(asked, e)
	}
	for name, s := range c.servers {
		if !silent[name] {
			c.answered(name, s)
		}
	}
	c.sort(asked)
}

// missed notes that a server has not answered. mu held.
func (c *Calm) missed(asked time.Time, e *order.UnavailableError) {
	s := c.servers[e.Server]
	if s == nil {
		s = &server{}
		c.servers[e.Server] = s
	}
	if s.failed++; s.failed == 1 {
		s.since = asked
	}
	s.err = e.Err
	now := time.Now()
	switch {
	case s.failed == awayAfter:
		s.said = now
		c.own.Warn("server does not answer; no order is handed out until it does", "server", e.Server, "error", e.Err.Error())
	case s.away() && now.Sub(s.said) >= sayEvery:
		s.said = now
		c.own.Warn("server still does not answer", "server", e.Server, "for", now.Sub(s.since).Round(time.Second), "error", e.Err.Error())
	}
}

// answered notes that a server has answered. mu held.
func (c *Calm) answered(name string, s *server) {
	if s.away() {
		s.over = time.Now()
		c.own.Info("server answers again", "server", name, "after", s.over.Sub(s.since).Round(time.Second))
	}
	s.failed = 0
}

// sort drops lines that are explained by now, and logs those from before the question whose
// servers have answered it. mu held.
func (c *Calm) sort(asked time.Time) {
	for message, h := range c.held {
		switch {
		case c.explained(h.servers):
			h.lower()
			delete(c.held, message)
		case c.doubtful(h.servers) || !h.at.Before(asked) || time.Since(c.said[message]) < sayEvery:
		default:
			h.log()
			c.said[message] = time.Now()
			delete(c.held, message)
		}
	}
}

// explained says whether one of the servers is away, or was a moment ago. An error that
// names none may be of any. mu held.
func (c *Calm) explained(servers []string) bool {
	return c.some(servers, func(s *server) bool {
		return s.away() || !s.over.IsZero() && time.Since(s.over) < lateFor
	})
}

// doubtful says whether one of the servers may be found to be away. mu held.
func (c *Calm) doubtful(servers []string) bool {
	return c.some(servers, func(s *server) bool { return s.failed > 0 })
}

func (c *Calm) some(servers []string, is func(*server) bool) bool {
	for name, s := range c.servers {
		if is(s) && (len(servers) == 0 || slices.Contains(servers, name)) {
			return true
		}
	}
	return false
}
