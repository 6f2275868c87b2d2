package app

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Role is what a process is to the others of a fleet.
type Role string

// The roles.
const (
	RoleServe  Role = "serve"  // answers clients, works, and coordinates when its turn comes
	RoleRun    Role = "run"    // the same for one run and without an API
	RoleWorker Role = "worker" // works, and nothing else
)

// maxNode bounds a node's name, in bytes.
const maxNode = 64

// nodeName returns the name of this process among all: as configured, or made of the
// machine's name and the process's number.
func nodeName(configured string, pid int) string {
	if configured != "" {
		return configured
	}
	host, _ := os.Hostname() // without one the number must do
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '-'
	}, cmp.Or(host, "node"))
	suffix := fmt.Sprintf("-%d", pid)
	return plain[:min(len(plain), maxNode-len(suffix))] + suffix
}

// Node returns the name of this process among all.
func (a *App) Node() string { return a.node }

// self is this process as the others are told of it.
func (a *App) self() store.Member {
	host, _ := os.Hostname() // it is for the eye
	m := store.Member{
		Node: a.node, Host: host, PID: os.Getpid(), Role: string(a.opts.Role), Version: cmp.Or(a.opts.Version, "dev"),
		Workers: a.pool.Workers(), InHand: a.pool.Busy(), Started: a.began, Coordinator: a.leading(),
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	m.Addr = a.addr
	return m
}

// leading says whether this process coordinates. One that is alone always does.
func (a *App) leading() bool { return a.store.fleet == nil || a.store.fleet.Leading() }

// roster remembers for a moment who the others are: it is asked ten times a second.
type roster struct {
	fleet store.Fleet // nil: nobody else
	self  func() store.Member
	now   func() time.Time

	mu      sync.Mutex // guards what follows
	at      time.Time  // of the latest look; zero before any
	members []store.Member
	err     error // of that look
}

const (
	rosterFor     = time.Second // how long it holds what it knows
	rosterTimeout = time.Second // how long it waits to know more: who asks has better to do
)

// all returns all processes, this one as it is at this moment. If the store does not say
// who there is, it is what was known last, with the error.
func (r *roster) all(ctx context.Context) ([]store.Member, error) {
	self := r.self()
	self.Seen, self.Alive = r.now(), true
	if r.fleet == nil {
		return []store.Member{self}, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at.IsZero() || self.Seen.Sub(r.at) >= rosterFor {
		r.look(ctx)
	}
	members := make([]store.Member, 0, len(r.members)+1)
	known := false
	for _, m := range r.members {
		if m.Node == self.Node && m.PID == self.PID {
			seen := m.Seen // by the store's clock, as with the others
			m, known = self, true
			m.Seen = seen
		}
		members = append(members, m)
	}
	if !known { // its entry is not there yet
		members = append(members, self)
	}
	return members, r.err
}

// look asks who there is. mu held.
func (r *roster) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, rosterTimeout)
	defer cancel()
	var found []store.Member
	if found, r.err = r.fleet.Members(ctx); r.err == nil {
		r.members = found
	}
	r.at = r.now()
}

// workers counts the workers of all processes that are alive, and those with work in hand.
func (a *App) workers(ctx context.Context) (all, busy int) {
	members, _ := a.roster.all(ctx) // what was known last must do
	for _, m := range members {
		if m.Alive {
			all += m.Workers
			busy += m.InHand
		}
	}
	return all, busy
}

// Members returns the processes that work on the store, this one among them.
func (a *App) Members(ctx context.Context) ([]store.Member, error) { return a.roster.all(ctx) }

// checkServers says whether the servers answer that the store depends on.
func (a *App) checkServers(ctx context.Context) error { return a.store.fleet.Ping(ctx) }

// archive keeps the samples of runs. Of several processes, which all sample the same run,
// the one that coordinates saves its own; the others take theirs for saved, so that they
// number them alike and go on from there should they come to coordinate.
type archive struct {
	store.Store
	leading func() bool
}

// SaveSamples implements [history.Archive].
func (s archive) SaveSamples(ctx context.Context, run order.RunID, seq uint32, block []byte) error {
	if !s.leading() {
		return nil
	}
	return s.Store.SaveSamples(ctx, run, seq, block)
}
