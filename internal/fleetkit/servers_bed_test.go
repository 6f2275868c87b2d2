package fleetkit

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/ordergen"
	"github.com/filavip/filavip/internal/pipeline"
	"github.com/filavip/filavip/internal/queue"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/mongoredis"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

const (
	bedLease = 500 * time.Millisecond
	// finishWithin is a guard against hanging. A run takes seconds.
	finishWithin = 2 * time.Minute
)

// servers say what a bed's store is opened with.
type servers struct {
	mongo     *mongotest.Server
	mongoAddr string // instead of the server's own: a proxy's
	redis     mongoredis.Redis
}

// newServers starts a Redis and a MongoDB of the test's own. set is the name of the
// replica set, empty for none: then the client does not repeat writes by itself.
func newServers(t *testing.T, set string) (servers, *redistest.Server) {
	t.Helper()
	redis := redistest.Start(t, redistest.Options{})
	return servers{mongo: mongotest.Start(t, mongotest.Options{ReplicaSet: set}), redis: mongoredis.Redis{Addrs: []string{redis.Addr()}}}, redis
}

// database is the name of the one that a bed works in.
const database = "filavip"

// uri returns MongoDB's, as the store is given it.
func (s *servers) uri() string {
	if s.mongoAddr != "" {
		return "mongodb://" + s.mongoAddr + "/" + database + "?directConnection=true"
	}
	return s.mongo.URI(database)
}

// bed is one process over its servers: store, workers and pipeline.
type bed struct {
	servers
	t       *testing.T
	db      *mongoredis.DB
	metrics *metrics.Registry
	pool    *queue.Pool
	pipe    *pipeline.Pipeline
	said    *said
	dark    atomic.Bool  // no order can be claimed
	seized  atomic.Int64 // claims that were made all the same
	settled sync.Map     // order.Key to how often an outcome was reported durable: *atomic.Int32
	stop    context.CancelFunc
	work    sync.WaitGroup
	closed  bool
}

// begin opens the store and sets that many workers to work.
func begin(t *testing.T, sv servers, workers int) *bed {
	t.Helper()
	s := &bed{servers: sv, t: t, said: &said{}, metrics: metrics.New()}
	log := slog.New(slog.NewTextHandler(s.said, nil))
	db, err := mongoredis.Open(t.Context(), mongoredis.Options{
		Mongo: sv.uri(), Redis: sv.redis, Node: "bed", Lease: bedLease, Term: 2 * bedLease, Logger: log, Metrics: s.metrics,
	})
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	s.db = db
	s.pool = queue.New(witness{db, s}, queue.Options{
		Workers:     workers,
		Backoff:     queue.Backoff{Base: 20 * time.Millisecond, Max: 100 * time.Millisecond},
		SettleEvery: 20 * time.Millisecond,
		Logger:      log,
		Trace:       s.trace,
	})
	s.pipe = pipeline.New(db, pipeline.Options{Open: generated, Shared: true, Logger: log})
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	s.work.Go(func() { _ = s.pool.Run(ctx) })
	s.work.Go(func() { _ = db.Lead(ctx, s.pipe.Lead) })
	t.Cleanup(s.end)
	return s
}

// witness is the store as the workers have it. It notes claims made in the dark.
type witness struct {
	*mongoredis.DB
	bed *bed
}

// Claim implements [store.Lanes].
func (w witness) Claim(ctx context.Context, worker string, now time.Time, limit int) ([]*store.Claim, time.Time, error) {
	dark := w.bed.dark.Load()
	claims, due, err := w.DB.Claim(ctx, worker, now, limit)
	if dark && w.bed.dark.Load() {
		w.bed.seized.Add(int64(len(claims)))
	}
	return claims, due, err
}

func generated(_ context.Context, run order.Run) (pipeline.Source, error) {
	return ordergen.NewSource(run), nil
}

// end takes the process down in order, once, and tells what it has said if the test has
// failed.
func (s *bed) end() {
	if s.closed {
		return
	}
	s.closed = true
	s.stop()
	s.pipe.Stop()
	s.work.Wait()
	if err := s.db.Close(); err != nil {
		s.t.Errorf("Close() = %v", err)
	}
	if s.t.Failed() {
		s.t.Logf("the process said last:\n%s", s.said.last())
	}
}

func (s *bed) trace(event queue.TraceEvent, k order.Key) {
	if event == queue.Settled {
		n, _ := s.settled.LoadOrStore(k, new(atomic.Int32))
		n.(*atomic.Int32).Add(1)
	}
}

// start begins a run, trying again while the servers are in trouble.
func (s *bed) start(spec order.Spec) order.RunID {
	s.t.Helper()
	idem := &store.Idempotency{Key: fmt.Sprintf("run-%d", spec.Seed), Fingerprint: "run", Now: time.Now()}
	for begun := time.Now(); ; {
		run, err := s.pipe.Start(s.t.Context(), spec, idem)
		if err == nil {
			return run.ID
		}
		if time.Since(begun) > finishWithin {
			s.t.Fatalf("Start() = %v", err)
		}
		wait(10 * time.Millisecond)
	}
}

// done returns a channel that is closed once the run has ended, whatever the servers say
// meanwhile.
func (s *bed) done(id order.RunID) <-chan struct{} {
	done := make(chan struct{})
	ctx, cancel := context.WithTimeout(context.Background(), finishWithin)
	s.work.Go(func() {
		defer close(done)
		defer cancel()
		for ctx.Err() == nil {
			if run, err := s.pipe.Wait(ctx, id); err == nil && run.Phase.Ended() {
				return
			}
			wait(20 * time.Millisecond)
		}
	})
	return done
}

// harm strikes up to often times, with random pauses, and returns once the run is over how
// often it did.
func harm(rng *rand.Rand, done <-chan struct{}, often int, least, most time.Duration, strike func()) (n int) {
	for n < often {
		timer := time.NewTimer(between(rng, least, most))
		select {
		case <-done:
			timer.Stop()
			return n
		case <-timer.C:
			strike()
			n++
		}
	}
	<-done
	return n
}

// spec returns a run of orders that take a while each; fewer in the short form.
func spec(rng *rand.Rand, target int64, delay time.Duration) order.Spec {
	if brief() {
		target /= 4
	}
	return order.Spec{
		Kind: order.Generated, Target: target, Seed: rng.Uint64(), Weights: order.Weights{1, 1, 1, 1},
		Work: handler.WorkFor(delay, 0, 3), ChunkSize: 200 + rng.IntN(800), BlockSize: 20 + rng.IntN(80),
	}
}

// said keeps the end of what a process has logged.
type said struct {
	mu   sync.Mutex // guards text
	text []byte
}

const saidMost = 32 << 10

// Write implements io.Writer.
func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.text = append(s.text, p...); len(s.text) > 2*saidMost {
		s.text = append([]byte(nil), s.text[len(s.text)-saidMost:]...)
	}
	return len(p), nil
}

func (s *said) last() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.text[max(0, len(s.text)-saidMost):])
}

func (s *said) mentions(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Contains(s.text, []byte(text))
}
