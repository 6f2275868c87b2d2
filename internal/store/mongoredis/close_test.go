package mongoredis

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/mongoredis/cutter"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// The lease is so long that what the closed store held comes back by that alone.
func TestCloseGivesClaimsBack(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	long := func(o *Options) { o.Lease = time.Hour }
	a, b := p.open(long), p.open(long)
	ctx := t.Context()
	p.fill(a)
	held, _, err := a.Claim(ctx, "w", time.Now(), 4)
	if err != nil || len(held) == 0 {
		t.Fatalf("Claim = %d claims, %v", len(held), err)
	}
	if none, _, err := b.Claim(ctx, "w", time.Now(), 4); err != nil || len(none) > 0 {
		t.Fatalf("Claim of what is claimed = %d claims, %v", len(none), err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	orders := 0
	claims, _, err := b.Claim(ctx, "w", time.Now(), 4)
	for _, c := range claims {
		orders += len(c.Indexes)
		if c.Attempts != 0 {
			t.Errorf("attempts of a claim that was given back = %d, want 0", c.Attempts)
		}
	}
	if err != nil || orders != 4 {
		t.Errorf("Claim after the other has closed = %d orders, %v; want 4", orders, err)
	}
}

// fill begins a run of four VIP orders that can be claimed.
func (p *pair) fill(s *DB) order.Run {
	p.Helper()
	run, err := s.Begin(p.Context(), order.Spec{BlockSize: 2, ChunkSize: 4}, time.Now(), nil)
	if err != nil {
		p.Fatal(err)
	}
	chunk := store.Chunk{Next: order.Cursor{Next: 4}, Ready: []order.Priority{order.VIP, order.Normal}}
	for index := range uint64(4) {
		chunk.Orders = append(chunk.Orders, order.Order{Key: run.ID.Key(index), Customer: "Cliente", Amount: 1, Tier: order.Diamond, CreatedAt: time.Now()})
	}
	if _, err := s.Insert(p.Context(), store.Fence{Run: run.ID, Epoch: run.Epoch}, chunk); err != nil {
		p.Fatal(err)
	}
	return run
}

// stalled has the next read of a run's document wait in the server until the test lets it
// go, and makes such a call. It returns once the call is there, with what it will return.
func (p *pair) stalled(s *DB, run order.RunID) (letGo func(), result <-chan error) {
	p.Helper()
	there, gone := make(chan struct{}), make(chan struct{})
	p.mongo.Inject(mongotest.Fault{Command: "find", Collection: runsName, Action: mongotest.Delay, Before: func(mongotest.Info) {
		close(there)
		<-gone
	}})
	returned := make(chan error, 1)
	go func() {
		_, err := s.Run(context.Background(), run)
		returned <- err
	}()
	within(p, there, "the call")
	return func() { close(gone) }, returned
}

func TestCloseWaitsForCalls(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	s := p.open()
	letGo, result := p.stalled(s, p.fill(s).ID)
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	within(p, s.closing.Done(), "the beginning of the end")
	if _, err := s.Totals(t.Context()); !errors.Is(err, order.ErrClosed) {
		t.Errorf("Totals() = %v while the store is being closed, want %v", err, order.ErrClosed)
	}
	select {
	case err := <-closed:
		t.Errorf("Close() = %v while a call is under way", err)
	default:
	}
	letGo()
	if err := within(p, result, "the end of the call"); err != nil {
		t.Errorf("Run() = %v although Close waits for it, want nil", err)
	}
	if err := within(p, closed, "Close"); err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
}

// A call that hangs in a server that answers others holds Close up for a while only.
func TestCloseCutsCallsShort(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	s := p.open()
	letGo, result := p.stalled(s, p.fill(s).ID)
	defer letGo()
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	if err := within(p, result, "the end of the call"); err == nil {
		t.Error("Run() = nil although it was not answered")
	}
	if err := within(p, closed, "Close"); err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
}

// A process that is about to end waits for no server that is silent: calls under way end,
// and so do those to come.
func TestRetireWithoutMongo(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	proxy, through := p.behind()
	s := p.open(through, func(o *Options) { o.Lease = time.Hour })
	run := p.fill(s)
	held, _, err := s.Claim(t.Context(), "w", time.Now(), 4)
	if err != nil || len(held) == 0 {
		t.Fatalf("Claim() = %d claims, %v", len(held), err)
	}
	proxy.Blackhole(true)
	changed := s.Changed()
	result := make(chan error, 1)
	go func() {
		_, err := s.Run(context.Background(), run.ID)
		result <- err
	}()
	s.Retire()
	s.Retire()
	if err := within(p, result, "the end of the call"); err == nil {
		t.Error("Run() = nil although MongoDB is silent")
	}
	within(p, changed, "a change")
	within(p, s.lost.Done(), "the end of the wait for MongoDB")
	if err := s.Settle(context.Background(), store.Settlement{Claim: held[0]}); !errors.Is(err, order.ErrClosed) {
		t.Errorf("Settle() = %v, want %v", err, order.ErrClosed)
	}
	if err := s.MayStart(held[0]); !errors.Is(err, order.ErrClaimLost) {
		t.Errorf("MayStart() = %v, want %v: what is left in hand must stop", err, order.ErrClaimLost)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
	if said := p.log.String(); strings.Count(said, "ending without it") != 1 || strings.Contains(said, "not given back") {
		t.Errorf("the log says\n%s\nwant once that MongoDB is not waited for", said)
	}
}

// Without Redis what is claimed is given back all the same: MongoDB is the truth.
func TestRetireWithoutRedis(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	proxy := cutter.Start(t, p.redis.Addr())
	a := p.open(func(o *Options) { o.Redis.Addrs, o.Lease = []string{proxy.Addr()}, time.Hour })
	b := p.open()
	p.fill(a)
	held, _, err := a.Claim(t.Context(), "w", time.Now(), 4)
	if err != nil || len(held) == 0 {
		t.Fatalf("Claim() = %d claims, %v", len(held), err)
	}
	proxy.Blackhole(true)
	a.Retire()
	if err := a.Release(t.Context(), held...); err != nil {
		t.Errorf("Release() = %v without Redis, want nil", err)
	}
	if err := a.Close(); err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
	proxy.Blackhole(false)
	p.until("others can claim what was given back", func() bool {
		claims, _, err := b.Claim(t.Context(), "w", time.Now(), 4)
		return err == nil && len(claims) > 0
	})
}

// With servers that answer, a process may take as long as it needs.
func TestRetireWithServersThatAnswer(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	s := p.open()
	run := p.fill(s)
	held, _, err := s.Claim(t.Context(), "w", time.Now(), 4)
	if err != nil || len(held) == 0 {
		t.Fatalf("Claim() = %d claims, %v", len(held), err)
	}
	s.Retire()
	time.Sleep(2 * retirePatience) // real: the servers' answers are what it goes by
	var all []store.Settlement
	for _, c := range held {
		done := store.Settlement{Claim: c, Started: time.Now(), At: time.Now()}
		for _, index := range c.Indexes {
			done.Outcomes = append(done.Outcomes, store.Outcome{Index: index, Status: order.Processed, At: time.Now()})
		}
		all = append(all, done)
	}
	if err := s.Settle(t.Context(), all...); err != nil {
		t.Errorf("Settle() = %v, want nil", err)
	}
	if counts, err := s.Counts(t.Context(), run.ID); err != nil || counts[order.VIP].Processed != 4 {
		t.Errorf("Counts() = %+v, %v; want 4 processed", counts[order.VIP], err)
	}
}
