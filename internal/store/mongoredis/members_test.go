package mongoredis

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/mongoredis/cutter"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// join lets a store join until the returned function is called, and returns once its
// entry is there.
func (p *pair) join(db *DB, m store.Member) (leave func()) {
	p.Helper()
	ctx, cancel := context.WithCancel(p.Context())
	var joined sync.WaitGroup
	joined.Go(func() {
		if err := db.Join(ctx, func() store.Member { return m }); err != nil {
			p.Errorf("Join() = %v, want nil", err)
		}
	})
	leave = func() {
		cancel()
		joined.Wait()
	}
	p.Cleanup(leave)
	p.until("the entry is there", func() bool {
		return slices.ContainsFunc(p.members(db), func(m store.Member) bool { return m.Node == db.opts.Node })
	})
	return leave
}

func (p *pair) members(db *DB) []store.Member {
	p.Helper()
	all, err := db.Members(p.Context())
	if err != nil {
		p.Fatalf("Members: %v", err)
	}
	return all
}

// until waits until the condition holds, or fails the test.
func (p *pair) until(what string, holds func() bool) {
	p.Helper()
	for deadline := time.Now().Add(hang); !holds(); {
		if time.Now().After(deadline) {
			p.Fatalf("not within %v: %s", hang, what)
		}
		pause(p.Context(), 10*time.Millisecond) // the servers tell nobody when it does
	}
}

func named(name string) func(*Options) { return func(o *Options) { o.Node = name } }

func TestMembers(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	b, a := p.open(named("b")), p.open(named("a"))
	p.open(named("c")) // does not join
	started := time.Now().UTC().Truncate(time.Millisecond)
	ofA := store.Member{Role: "serve", Version: "1.2", Addr: "127.0.0.1:3000", Workers: 4, InHand: 2, Started: started, Host: "x", PID: 7}
	ofB := store.Member{Role: "worker", Version: "$1", Workers: 8, Started: started, Host: "y", PID: 8}
	p.join(a, ofA)
	leave := p.join(b, ofB)
	terms, _ := p.campaign(a)
	within(p, terms, "a term")

	ofA.Node, ofA.Alive, ofA.Coordinator = "a", true, true
	ofB.Node, ofB.Alive = "b", true
	seen := cmpopts.IgnoreFields(store.Member{}, "Seen")
	for _, db := range []*DB{a, b} {
		got := p.members(db)
		if diff := cmp.Diff([]store.Member{ofA, ofB}, got, seen); diff != "" {
			t.Errorf("Members() (-want +got):\n%s", diff)
		}
		for _, m := range got {
			if time.Since(m.Seen).Abs() > hang {
				t.Errorf("member %s was seen at %v", m.Node, m.Seen)
			}
		}
	}

	leave()
	if got := p.members(a); len(got) != 1 || got[0].Node != "a" {
		t.Errorf("members after b has left = %v, want a alone", got)
	}
	if !a.nodeAlive(t.Context(), b.node) {
		t.Error("a process that has left and is not closed is not alive")
	}
}

func TestNodesComeAndGo(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	proxy, behind := p.behind()
	a, b, c := p.open(), p.open(), p.open(behind, named("c"))
	p.join(c, store.Member{Role: "worker"})
	alive, err := a.aliveNodes(t.Context())
	if want := map[string]bool{a.node: true, b.node: true, c.node: true}; err != nil || !cmp.Equal(alive, want) {
		t.Errorf("aliveNodes() = %v, %v, want %v", alive, err, want)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if a.nodeAlive(t.Context(), b.node) {
		t.Error("a process is alive after it has closed its store")
	}
	if a.nodeAlive(t.Context(), "nobody") {
		t.Error("a process that never was is alive")
	}
	proxy.Blackhole(true)
	p.until("a process that is cut off is not alive", func() bool { return !a.nodeAlive(t.Context(), c.node) })
	if got := p.members(a); len(got) != 1 || got[0].Alive {
		t.Errorf("members = %+v, want c, silent", got)
	}
	proxy.Blackhole(false)
	p.until("a process that was cut off is alive again", func() bool { return a.nodeAlive(t.Context(), c.node) })
}

func TestSilentNodesAreForgotten(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open()
	for name, silent := range map[string]time.Duration{"short": forgetAfter / 2, "long": 2 * forgetAfter, "lease": 2 * forgetAfter} {
		lease := db.opts.Lease
		if name == "lease" { // so long that it is to be waited for
			lease = forgetAfter
		}
		n := nodeDoc{ID: name, Name: name, Role: "worker", Seen: time.Now().Add(-silent), Lease: lease.Milliseconds()}
		if _, err := db.nodes.InsertOne(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	p.members(db)
	var left []string
	for _, m := range p.members(db) {
		left = append(left, m.Node)
		if m.Alive {
			t.Errorf("member %s is alive", m.Node)
		}
	}
	if want := []string{"lease", "short"}; !slices.Equal(left, want) {
		t.Errorf("members = %v, want %v", left, want)
	}
}

func TestPingNamesWhatIsGone(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open()
	check := func(servers []string, words ...string) {
		t.Helper()
		err := db.Ping(t.Context())
		if got := order.UnavailableServers(err); !errors.Is(err, order.ErrUnavailable) || !slices.Equal(got, servers) {
			t.Errorf("Ping() = %v, naming %v; want %v of %v", err, got, order.ErrUnavailable, servers)
			return
		}
		for _, word := range words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("Ping() = %v, want it to say %q", err, word)
			}
		}
	}
	p.mongo.Stop()
	check([]string{"mongodb"}, "MongoDB at "+p.mongo.Addr()+" does not answer")
	p.redis.Kill()
	check([]string{"mongodb", "redis"}, "MongoDB at "+p.mongo.Addr(), "Redis at "+p.redis.Addr())
	if err := p.mongo.Restart(); err != nil {
		t.Fatal(err)
	}
	p.until("MongoDB answers again", func() bool { return !slices.Contains(order.UnavailableServers(db.Ping(t.Context())), "mongodb") })
	check([]string{"redis"}, "Redis at "+p.redis.Addr()+" does not answer")
	p.redis.Restart()
	p.until("both answer again", func() bool { return db.Ping(t.Context()) == nil })
}

// A server that says nothing is one that does not answer, whoever's patience ends first.
func TestSilentServersAreUnavailable(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	mongo, behind := p.behind()
	redis := cutter.Start(t, p.redis.Addr())
	db := p.open(behind, func(o *Options) {
		o.Mongo += "&timeoutMS=2000"
		o.Redis.Addrs = []string{redis.Addr()}
	})
	mongo.Blackhole(true)
	redis.Blackhole(true)
	calls := map[string]func(context.Context) error{
		"mongodb": func(ctx context.Context) error { _, err := db.Run(ctx, order.NewRunID(1, 2)); return err },
		"redis":   func(ctx context.Context) error { return db.lanes.Load().shut(ctx) },
	}
	for server, call := range calls {
		err := call(t.Context())
		if got := order.UnavailableServers(err); !errors.Is(err, order.ErrUnavailable) || !slices.Equal(got, []string{server}) {
			t.Errorf("a call of %s without an end = %v, naming %v; want %v", server, err, got, order.ErrUnavailable)
		}
		short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := call(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a call of %s with an end = %v, want %v", server, err, context.DeadlineExceeded)
		}
	}
	mongo.Blackhole(false)
	redis.Blackhole(false)
}

func TestCloseTwice(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open()
	for range 2 {
		if err := db.Close(); err != nil {
			t.Errorf("Close() = %v, want nil", err)
		}
	}
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"Members": func() error { _, err := db.Members(ctx); return err },
		"Ping":    func() error { return db.Ping(ctx) },
		"Join":    func() error { return db.Join(ctx, func() store.Member { return store.Member{} }) },
		"Claim":   func() error { _, _, err := db.Claim(ctx, "w", time.Now(), 1); return err },
	} {
		if err := call(); !errors.Is(err, order.ErrClosed) {
			t.Errorf("%s of a closed store = %v, want %v", name, err, order.ErrClosed)
		}
	}
	other := p.open()
	if n, err := other.nodes.CountDocuments(ctx, bson.D{}); err != nil || n != 1 {
		t.Errorf("nodes = %d, %v, want the open one alone", n, err)
	}
}

// A store can be closed when its servers are gone, and says so where it is logged.
func TestCloseWithoutServers(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open()
	p.mongo.Stop()
	p.redis.Kill()
	if err := db.Close(); err != nil {
		t.Errorf("Close() without servers = %v, want nil", err)
	}
	if !strings.Contains(p.log.String(), "goes to others") {
		t.Errorf("nothing is logged of what becomes of claims; log:\n%s", p.log.String())
	}
}
