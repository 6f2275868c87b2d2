package mongoredis

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/filavip/filavip/internal/metrics"
)

// Options say what servers a store works with, and how. Zero values mean what their
// comments say.
type Options struct {
	// Mongo is the URI of MongoDB. Required. Its database is "filavip" if it names none.
	Mongo string
	// Redis says where Redis is. Required.
	Redis Redis
	// Node names this process in the fleet; made up if empty.
	Node string
	// Lease is how long a process may be silent before others take over what it has
	// claimed; 30 s.
	Lease time.Duration
	// Term is how long a coordinator may be silent; 8 s, or the lease if that is shorter.
	Term time.Duration
	// ConnectTimeout bounds how long Open waits for the servers; 10 s.
	ConnectTimeout time.Duration
	// UnsafeEviction works with a Redis that may evict keys, UnsafeWriteConcern with
	// writes that a majority need not have.
	UnsafeEviction     bool
	UnsafeWriteConcern bool
	// Logger is told of troubles; discards if nil.
	Logger *slog.Logger
	// Metrics receives the store's metrics; none if nil.
	Metrics *metrics.Registry
	// Clock tells the time; time.Now if nil.
	Clock func() time.Time
}

// Redis says where a Redis is: one server, those of a cluster, or the sentinels of one.
type Redis struct {
	Addrs    []string // host:port, at least one
	Username string
	Password string
	Database int
	TLS      bool
	Master   string // set: Addrs are sentinels, and this is what they call the server
}

func (o Options) withDefaults() Options {
	if o.Lease == 0 {
		o.Lease = 30 * time.Second
	}
	if o.Term == 0 {
		o.Term = min(o.Lease, 8*time.Second)
	}
	if o.ConnectTimeout == 0 {
		o.ConnectTimeout = 10 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o
}

// DB is a store of the servers it was opened with. Any number of processes may have the
// same ones open. All methods are safe for concurrent use.
type DB struct {
	opts   Options
	node   string // this opening of the store; unique
	client *mongo.Client
	mongo  deployment
	redis  link

	orders, blocks, runs, records, samples, nodes, state *mongo.Collection

	lanes    atomic.Pointer[lanes]
	control  atomic.Pointer[control]
	adopting sync.Mutex
	gate     known
	looked   atomic.Pointer[time.Time] // when a look at Redis was last answered
	term     atomic.Int64              // of this process as coordinator; 0 if it never was
	inserted atomic.Pointer[at]        // by the last insertion; nil if it failed, or one is under way
	rebuild  atomic.Bool               // the lanes may lack something
	claims   claims
	adrift   adrift
	vigil    vigil
	relinked atomic.Int64 // clients of Redis that were replaced
	changed  signal
	gists    sync.Map // of runs: order.RunID to gist
	tallies  sync.Map // of runs that have ended: order.RunID to sealed
	verbs    keyLocks
	leads    leadership
	member   membership
	ending
}

// Changed implements [store.Gate].
func (s *DB) Changed() <-chan struct{} { return s.changed.wait() }

// signal wakes whoever waits for it.
type signal struct {
	mu sync.Mutex
	ch chan struct{}
}

// wait returns a channel that is closed at the next fire.
func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

func (s *signal) fire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}

// known is what the gate lets through as far as this process knows. Answers of Redis may
// overtake each other: under one ticket the gate only widens, a ticket is not replaced by
// that of a question asked before, and what was asked before the process itself shut the
// gate counts for nothing.
type known struct {
	mode atomic.Pointer[mode]

	mu     sync.Mutex // guards what follows
	shut   int64      // how often
	turns  int64      // questions asked
	ticket string     // that mode was true under
	turn   int64      // of the question that was answered with it
	heard  time.Time  // when the store was last asked that let all through
}

// asked is when a question about the gate was asked.
type asked struct{ shut, turn int64 }

// present returns the mode.
func (k *known) present() mode {
	if m := k.mode.Load(); m != nil {
		return *m
	}
	return modeShut
}

// ask returns what learn must be given.
func (k *known) ask() asked {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.turns++
	return asked{k.shut, k.turns}
}

// learn takes an answer in.
func (k *known) learn(q asked, ticket string, m mode) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case q.shut != k.shut:
	case ticket == k.ticket:
		if m.width() > k.present().width() {
			k.mode.Store(&m)
		}
	case q.turn > k.turn:
		k.ticket, k.turn = ticket, q.turn
		k.mode.Store(&m)
	}
}

// expect shuts the gate unless what is known is of that ticket, and of the same server.
func (k *known) expect(ticket string, same bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !same || ticket != k.ticket {
		k.shut++
		k.mode.Store(new(modeShut))
	}
}

func (k *known) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.shut++
	k.mode.Store(new(modeShut))
}
