package fleetkit

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/ordergen"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/mongoredis"
	"github.com/filavip/filavip/internal/store/mongoredis/cutter"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// The steps of a run, made by hand where a test needs to know exactly where it stands.

// open opens a store whose leases outlast the test.
func open(t *testing.T, sv servers, node string) *mongoredis.DB {
	t.Helper()
	db, err := mongoredis.Open(t.Context(), mongoredis.Options{Mongo: sv.uri(), Redis: sv.redis, Node: node, Lease: time.Minute})
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() { _ = db.Close() }) // some have no server any more to give back to
	return db
}

// stage begins a run of 40 orders in small blocks, half of it VIP, all of them enqueued.
func stage(t *testing.T, db *mongoredis.DB) order.Run {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	begun, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- db.Lead(ctx, func(ctx context.Context) { close(begun); <-ctx.Done() }) }()
	<-begun
	defer func() { cancel(); <-ended }()
	run, err := db.Begin(t.Context(), order.Spec{
		Kind: order.Generated, Seed: 1, Weights: order.Weights{1, 0, 0, 1},
		Work: order.Work{Handler: "mark", Attempts: 3}, ChunkSize: 40, BlockSize: 4,
	}, time.Now(), nil)
	if err != nil {
		t.Fatalf("Begin() = %v", err)
	}
	made := make([]order.Order, 40)
	ordergen.New(run.Spec.Seed, run.Spec.Weights).Fill(made, run.ID, 0)
	_, err = db.Insert(t.Context(), store.Fence{Run: run.ID, Epoch: run.Epoch}, store.Chunk{
		Orders: made, Next: order.Cursor{Next: 40}, Ready: []order.Priority{order.VIP, order.Normal},
	})
	if err != nil {
		t.Fatalf("Insert() = %v", err)
	}
	return run
}

// claimVIP claims all VIP orders there are.
func claimVIP(t *testing.T, db *mongoredis.DB) []*store.Claim {
	t.Helper()
	claims, _, err := db.Claim(t.Context(), "worker", time.Now(), 1000)
	if err != nil || len(claims) < 2 {
		t.Fatalf("Claim() = %d claims, %v", len(claims), err)
	}
	noNormal(t, claims)
	return claims
}

func noNormal(t *testing.T, claims []*store.Claim) {
	t.Helper()
	for _, c := range claims {
		if c.Priority == order.Normal {
			t.Fatal("a NORMAL block was claimed although VIP orders are unsettled")
		}
	}
}

// processed is the settlement of a claim whose orders are all done.
func processed(t *testing.T, db *mongoredis.DB, c *store.Claim) store.Settlement {
	t.Helper()
	now := time.Now()
	var slab store.Slab
	orders, err := db.Load(t.Context(), c, &slab)
	if err != nil {
		t.Fatalf("Load() = %v", err)
	}
	s := store.Settlement{Claim: c, Started: now, At: now}
	for i := range orders {
		orders[i].Process(now)
		s.Outcomes = append(s.Outcomes, store.Outcome{Index: orders[i].Key.Index(), Status: order.Processed, At: now, Sum: orders[i].Sum()})
	}
	return s
}

// key returns the one key of Redis that ends so.
func key(t *testing.T, redis *redistest.Server, suffix string) string {
	t.Helper()
	reply, err := redis.Do("KEYS", "*"+suffix)
	all, _ := reply.([]any)
	if err != nil || len(all) != 1 {
		t.Fatalf("KEYS *%s = %v, %v; want one", suffix, all, err)
	}
	return all[0].(string)
}

// TestAckAfterCommit: as long as MongoDB has not taken the outcomes of a claim, Redis has
// the claim, so that it comes back if the process dies.
func TestAckAfterCommit(t *testing.T) {
	t.Parallel()
	sv, redis := newServers(t, "")
	db := open(t, sv, "a")
	stage(t, db)
	claims := claimVIP(t, db)
	late := processed(t, db, claims[0])
	fault := sv.mongo.Inject(mongotest.Fault{Command: "update", Collection: "blocks", Times: -1, Action: mongotest.CutBefore})
	if err := db.Settle(t.Context(), late); err == nil {
		t.Fatal("Settle() = nil although MongoDB takes nothing")
	}
	pending := func() int64 {
		reply, err := redis.Do("XPENDING", key(t, redis, ":0:held"), "workers")
		summary, _ := reply.([]any)
		if err != nil || len(summary) == 0 {
			t.Fatalf("XPENDING = %v, %v", reply, err)
		}
		return summary[0].(int64)
	}
	if n := pending(); n != int64(len(claims)) {
		t.Errorf("Redis has %d claims, want %d: MongoDB has not taken any outcome", n, len(claims))
	}
	fault.Remove()
	if err := db.Settle(t.Context(), late); err != nil {
		t.Fatalf("Settle() = %v", err)
	}
	if n := pending(); n != int64(len(claims)-1) {
		t.Errorf("Redis has %d claims after one was settled, want %d", n, len(claims)-1)
	}
}

// TestGateAbsent: a gate that Redis does not have is shut. Keys go one by one when a server
// evicts them, and all together when it is flushed.
func TestGateAbsent(t *testing.T) {
	t.Parallel()
	sv, redis := newServers(t, "")
	db := open(t, sv, "a")
	stage(t, db)
	claimVIP(t, db)
	if _, err := redis.Do("DEL", key(t, redis, ":gate")); err != nil {
		t.Fatal(err)
	}
	ask := func() {
		claims, _, err := db.Claim(t.Context(), "worker", time.Now(), 1)
		if err != nil {
			t.Fatalf("Claim() = %v", err)
		}
		noNormal(t, claims)
	}
	ask()
	if _, err := redis.Do("FLUSHALL"); err != nil {
		t.Fatal(err)
	}
	changed := db.Changed()
	ask()
	<-changed // the lanes were filled again
	ask()
}

// TestOldGate: a gate that was open in an older copy of Redis's data is shut in a server
// that comes back with it.
func TestOldGate(t *testing.T) {
	t.Parallel()
	sv, redis := newServers(t, "")
	redis.Kill()
	redis.Restart()
	db := open(t, sv, "a")
	if claims, _, err := db.Claim(t.Context(), "worker", time.Now(), 1); err != nil || len(claims) > 0 {
		t.Fatalf("Claim() = %d claims, %v; want none yet", len(claims), err)
	}
	if gate, err := redis.Do("GET", key(t, redis, ":gate")); err != nil || !strings.HasSuffix(gate.(string), " all") {
		t.Fatalf("the gate is %q, %v; want it open", gate, err)
	}
	redis.Stop() // which writes all of it
	old := redis.Data()
	redis.Restart()
	stage(t, db)
	claimVIP(t, db)
	for range 5 {
		redis.Kill()
		redis.Replace(old)
		redis.Restart()
		changed := db.Changed()
		for range 3 {
			if claims, _, err := db.Claim(t.Context(), "worker", time.Now(), 1); err == nil {
				noNormal(t, claims)
			}
		}
		<-changed // the lanes were filled again
		claims, _, _ := db.Claim(t.Context(), "worker", time.Now(), 1)
		noNormal(t, claims)
	}
}

// TestLateSettle has a process settle what another has cancelled or reset meanwhile, before
// it can know: nothing of it takes effect.
func TestLateSettle(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testing.T, *mongoredis.DB, order.RunID) error{
		"Cancelled": func(t *testing.T, db *mongoredis.DB, id order.RunID) error {
			_, err := db.Cancel(t.Context(), id, store.CancelOptions{At: time.Now()}, nil)
			return err
		},
		"Reset": func(t *testing.T, db *mongoredis.DB, _ order.RunID) error {
			_, err := db.Reset(t.Context(), nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sv, redis := newServers(t, "")
			proxy := cutter.Start(t, redis.Addr())
			far := sv
			far.redis.Addrs = []string{proxy.Addr()}
			other, db := open(t, sv, "b"), open(t, far, "a")
			run := stage(t, db)
			late := processed(t, db, claimVIP(t, db)[0])
			proxy.Blackhole(true)
			defer proxy.Blackhole(false)
			if err := end(t, other, run.ID); err != nil {
				t.Fatalf("end the run: %v", err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second) // of which Redis takes all that is left
			defer cancel()
			if err := db.Settle(ctx, late); !errors.Is(err, order.ErrClaimLost) {
				t.Errorf("Settle() = %v, want %v", err, order.ErrClaimLost)
			}
			report, err := other.Verify(t.Context())
			if err != nil || !report.Clean() {
				t.Errorf("Verify() = %q, %v", report.Problems, err)
			}
			for collection, n := range left(t, sv.mongo.URI(database)) {
				if n > 0 {
					t.Errorf("%d %s: an outcome took effect that came after the end", n, collection)
				}
			}
			if name == "Reset" && report.Orders > 0 {
				t.Errorf("%d orders after a reset", report.Orders)
			}
		})
	}
}

// left counts what a run that was ended must not leave: orders that are processed, blocks
// that take outcomes, documents that nobody knows.
func left(t *testing.T, uri string) map[string]int64 {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatalf("connect to the database: %v", err)
	}
	defer func() { _ = client.Disconnect(t.Context()) }()
	found := map[string]int64{}
	for collection, filter := range map[string]bson.D{
		"orders": {{Key: "status", Value: "processado"}},
		"blocks": {{Key: "void", Value: false}},
	} {
		n, err := client.Database(database).Collection(collection).CountDocuments(t.Context(), filter)
		if err != nil {
			t.Fatalf("count %s: %v", collection, err)
		}
		found[collection] = n
	}
	return found
}
