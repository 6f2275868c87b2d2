package mongoredis

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/mongoredis/cutter"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// What is read may be out of date, and Redis may be there twice: neither opens the gate.

// TestDeposedPrimaryOpensNoGate: a primary that no majority follows any more answers reads,
// but does not hear of the VIP orders that its successor accepts.
func TestDeposedPrimaryOpensNoGate(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open()
	run := p.begin(db, order.Generated)
	p.insert(db, run, chunkOf(run, 0, order.Gold, order.Gold))
	if err := db.shutGate(t.Context()); err != nil {
		t.Fatal(err)
	}
	deposed := p.mongo.Inject(mongotest.Fault{
		Command: "*", Times: -1, Action: mongotest.ConcernError,
		Match: func(i mongotest.Info) bool {
			return slices.Contains([]string{"insert", "update", "findAndModify", "delete"}, i.Command)
		},
	})
	if m, err := db.derive(t.Context()); err == nil {
		t.Errorf("derive() = %q, nil, want an error: no majority acknowledges anything", m)
	}
	if got := db.gate.present(); got != modeShut {
		t.Errorf("the gate is %q, want it shut", got)
	}
	deposed.Remove()
	if m, err := db.derive(t.Context()); m != modeAll || err != nil {
		t.Errorf("derive() = %q, %v, want %q", m, err, modeAll)
	}
}

// TestGateIsReadAfterItsWrite: what opens the gate is read from a majority, not before what
// a majority had acknowledged at the time.
func TestGateIsReadAfterItsWrite(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open()
	if err := db.shutGate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m, err := db.derive(t.Context()); m != modeAll || err != nil {
		t.Fatalf("derive() = %q, %v, want %q", m, err, modeAll)
	}
	reads := p.mongo.ReadConcerns()
	for _, command := range []string{"find", "distinct"} {
		after := false
		for concern := range reads[command] {
			if !strings.Contains(concern, `"level":"majority"`) {
				t.Errorf("a %s has the read concern %s", command, concern)
			}
			after = after || strings.Contains(concern, "afterClusterTime")
		}
		if !after {
			t.Errorf("no %s is bound to a time: %v", command, reads[command])
		}
	}
}

// TestTwoRedis: whoever still talks to a Redis that was replaced neither claims nor starts
// NORMAL orders while VIP orders are unsettled of which only the new one was told.
func TestTwoRedis(t *testing.T) {
	for name, check := range map[string]func(p *pair, former *DB, first *store.Claim){
		"Claim": func(p *pair, former *DB, _ *store.Claim) {
			if n := normalClaims(former, p.claim(former)); n > 0 {
				p.Errorf("%d claims of NORMAL orders while VIP orders are unsettled", n)
			}
		},
		"Start": func(p *pair, former *DB, first *store.Claim) {
			p.until("what is claimed may not be started", func() bool { return errors.Is(former.MayStart(first), order.ErrGateShut) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, replicated(), redistest.Options{})
			promoted := redistest.Start(t, redistest.Options{})
			patient := func(o *Options) { o.Lease = time.Hour } // nothing is compared by itself
			former := p.open(patient)
			latter := p.open(patient, func(o *Options) { o.Redis = Redis{Addrs: []string{promoted.Addr()}, Password: promoted.Password()} })
			run := p.begin(former, order.Generated)
			p.insert(former, run, chunkOf(run, 0, order.Gold, order.Gold, order.Gold, order.Gold))
			first, _, err := former.Claim(t.Context(), "worker", time.Now(), 1)
			if err != nil || normalClaims(former, first) != 1 {
				t.Fatalf("Claim = %v, %v, want one that may be started", first, err)
			}
			p.insert(latter, run, chunkOf(run, 4, order.Diamond, order.Diamond))
			pause(t.Context(), former.glanceEvery()) // for which MongoDB's last answer is good
			check(p, former, first[0])
			if err := p.settle(latter, order.Processed, p.claim(latter)...); err != nil {
				t.Fatal(err)
			}
			p.until("the other NORMAL block is claimed", func() bool { return normalClaims(former, p.claim(former)) == 1 })
		})
	}
}

// TestTicketWithoutMongo: a process that hears that the gate was shut, and cannot read why,
// starts no NORMAL order until it can.
func TestTicketWithoutMongo(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	proxy, behind := p.behind()
	a, b := p.open(behind, func(o *Options) { o.Lease = time.Hour }), p.open()
	run := p.begin(b, order.Generated)
	p.insert(b, run, chunkOf(run, 0, order.Gold, order.Gold))
	claims := p.claim(a)
	if normalClaims(a, claims) != 1 {
		t.Fatalf("Claim = %v, want one that may be started", claims)
	}
	proxy.Blackhole(true)
	p.insert(b, run, chunkOf(run, 2, order.Diamond, order.Diamond))
	p.until("what is claimed may not be started", func() bool { return errors.Is(a.MayStart(claims[0]), order.ErrGateShut) })
	proxy.Blackhole(false)
	if err := p.settle(b, order.Processed, p.claim(b)...); err != nil {
		t.Fatal(err)
	}
	p.until("what is claimed may be started", func() bool {
		p.claim(a) // by which it learns that the gate is open
		return a.MayStart(claims[0]) == nil
	})
}

// TestSilentRedis: a process relies on what it has last heard of the gate for a moment, and
// not until it has found out that Redis is silent.
func TestSilentRedis(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	proxy := cutter.Start(t, p.redis.Addr())
	a, b := p.open(func(o *Options) { o.Redis.Addrs, o.Lease = []string{proxy.Addr()}, time.Hour }), p.open()
	run := p.begin(b, order.Generated)
	p.insert(b, run, chunkOf(run, 0, order.Gold, order.Gold))
	claims := p.claim(a)
	if normalClaims(a, claims) != 1 {
		t.Fatalf("Claim = %v, want one that may be started", claims)
	}
	a.doubt(t.Context())
	if err := a.MayStart(claims[0]); err != nil {
		t.Errorf("MayStart just after a look = %v, want nil", err)
	}
	proxy.Blackhole(true)
	p.until("long after a look what is claimed may not be started", func() bool {
		a.looked.Store(new(time.Now().Add(-2 * a.unseenFor()))) // a look may just have been answered
		a.doubt(t.Context())
		return errors.Is(a.MayStart(claims[0]), order.ErrGateShut)
	})
	proxy.Blackhole(false)
	p.until("what is claimed may be started", func() bool {
		_, _, _ = a.Claim(t.Context(), "worker", time.Now(), 1) // by which it learns that the gate is open
		return a.MayStart(claims[0]) == nil
	})
}

// TestClaimsBesideInsertions: VIP orders that are accepted all the time do not keep those
// before them from being claimed, however long it takes to read the store.
func TestClaimsBesideInsertions(t *testing.T) {
	m := replicated()
	m.Latency = 5 * time.Millisecond
	p := newPair(t, m, redistest.Options{})
	a, b := p.open(), p.open()
	run := p.begin(a, order.Generated)
	const chunks = 20
	claimed := make(chan int)
	over := make(chan struct{})
	go func() {
		n := 0
		for {
			all, _, err := b.Claim(context.WithoutCancel(t.Context()), "worker", time.Now(), 100)
			if err != nil {
				t.Errorf("Claim = %v", err)
			}
			n += len(all)
			select {
			case <-over:
				claimed <- n
				return
			default:
			}
		}
	}()
	for i := range uint64(chunks) {
		p.insert(a, run, chunkOf(run, 2*i, order.Diamond, order.Diamond))
	}
	close(over)
	if n := within(p, claimed, "the end of the claims"); n < chunks/2 {
		t.Errorf("%d of %d blocks were claimed while others were inserted", n, chunks)
	}
}
