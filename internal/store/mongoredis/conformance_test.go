package mongoredis

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/memstore"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
	"github.com/filavip/filavip/internal/store/storetest"
)

// servers are what the stores of a test are opened with: a real Redis, and MongoDB's
// double, or the server that MONGO_TEST_URI names.
type servers struct {
	mongo string // URI; whatever database it names is not used
	redis Redis
	next  atomic.Int64
}

func startServers(t testing.TB) *servers {
	t.Helper()
	return serversWith(t, Redis{Addrs: []string{redistest.Start(t, redistest.Options{}).Addr()}})
}

func serversWith(t testing.TB, redis Redis) *servers {
	t.Helper()
	sv := &servers{redis: redis}
	sv.mongo = os.Getenv("MONGO_TEST_URI")
	if sv.mongo == "" {
		sv.mongo = mongotest.Start(t, mongotest.Options{ReplicaSet: "rs"}).URI("")
	}
	return sv
}

// options returns those of a store of its own.
func (sv *servers) options() Options {
	name := fmt.Sprintf("filavip_test_%d_%d", os.Getpid(), sv.next.Add(1))
	return Options{
		Mongo: withDatabase(sv.mongo, name), Redis: sv.redis,
		ConnectTimeout: time.Minute,
	}
}

func conformance(sv *servers) storetest.Options {
	return storetest.Options{
		Expire: func(t storetest.TB, s store.Store, c *store.Claim) { s.(*DB).expire(t, c) },
		Big:    20_000,
		Open: func(t storetest.TB) storetest.Opened {
			opts := sv.options()
			db := mustOpen(t, opts)
			t.Cleanup(func() { wipeOut(t, opts) })
			return storetest.Opened{
				Store:  db,
				Reopen: func(t storetest.TB) store.Store { db = mustOpen(t, opts); return db },
				Crash: func(t storetest.TB) store.Store {
					db.die(t)
					db = mustOpen(t, opts)
					return db
				},
			}
		},
	}
}

func mustOpen(t storetest.TB, opts Options) *DB {
	t.Helper()
	db, err := Open(context.Background(), opts)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestConformance(t *testing.T) { storetest.Run(t, conformance(startServers(t))) }

// TestConformanceCluster runs the suite over a Redis Cluster of three.
func TestConformanceCluster(t *testing.T) {
	storetest.Run(t, ofLanes(conformance(serversWith(t, Redis{Addrs: redistest.StartCluster(t).Addrs()}))))
}

// TestConformanceSentinel runs the suite over a primary that sentinels name.
func TestConformanceSentinel(t *testing.T) {
	redis := redistest.StartReplicated(t)
	redis.Patient()
	storetest.Run(t, ofLanes(conformance(serversWith(t, Redis{Addrs: redis.Addrs(), Master: redis.MasterName()}))))
}

// ofLanes leaves what Redis has a part in; STORETEST_ALL tries it all, in half a minute more
// for each kind of Redis.
func ofLanes(o storetest.Options) storetest.Options {
	if os.Getenv("STORETEST_ALL") == "" {
		o.Topics = []string{"Claim", "Contention", "Gate", "Changed", "Retry", "Due", "Release", "Expiry", "Pause", "Cancel", "Reset", "Reopen"}
	}
	return o
}

// TestModel makes as many sequences as the flag rapid.checks says. Each call is some round
// trips to two servers here, so there are fewer by default, fewer still with the race
// detector.
func TestModel(t *testing.T) {
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		fewer := "30"
		if raceDetector {
			fewer = "8"
		}
		if err := checks.Value.Set(fewer); err != nil {
			t.Fatal(err)
		}
	}
	storetest.Model(t, conformance(startServers(t)), func() store.Store { return memstore.New() })
}

// expire lets the lease of a claim end.
func (s *DB) expire(t storetest.TB, c *store.Claim) {
	t.Helper()
	token := c.Token.(*claim)
	held := s.lanes.Load().of(token.lane, "held")
	err := s.redis.client().Do(context.Background(), "XCLAIM", held, "workers", s.node, 0, token.entry, "IDLE", int64(time.Hour/time.Millisecond), "JUSTID").Err()
	if err != nil {
		t.Fatalf("expire claim: %v", err)
	}
}

// die ends the store as the death of its process does, and lets its leases end.
func (s *DB) die(t storetest.TB) {
	t.Helper()
	s.close()
	s.loops.Wait()
	_, err := s.nodes.UpdateOne(context.Background(), byID(s.node),
		bson.D{{Key: "$set", Value: bson.D{{Key: "seen", Value: time.UnixMilli(0)}}}})
	if err != nil {
		t.Fatalf("end leases: %v", err)
	}
}

// wipeOut drops the database of a store.
func wipeOut(t storetest.TB, opts Options) {
	db := mustOpen(t, opts)
	if err := db.state.Database().Drop(context.Background()); err != nil {
		t.Logf("drop database: %v", err)
	}
}

// withDatabase names the database in a URI, whatever one it names.
func withDatabase(uri, name string) string {
	rest, query, asked := strings.Cut(uri, "?")
	scheme, rest, _ := strings.Cut(rest, "://")
	hosts, _, _ := strings.Cut(rest, "/")
	uri = scheme + "://" + hosts + "/" + name
	if asked {
		uri += "?" + query
	}
	return uri
}
