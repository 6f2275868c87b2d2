package mongoredis

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// pair is a MongoDB and a Redis that stores are opened on.
type pair struct {
	*testing.T
	mongo *mongotest.Server
	redis *redistest.Server
	log   logged
}

func newPair(t *testing.T, m mongotest.Options, r redistest.Options) *pair {
	t.Helper()
	t.Parallel()
	return &pair{T: t, mongo: mongotest.Start(t, m), redis: redistest.Start(t, r)}
}

// options returns those of a store on the pair.
func (p *pair) options() Options {
	return Options{
		Mongo: p.mongo.URI("shop"), Redis: Redis{Addrs: []string{p.redis.Addr()}, Password: p.redis.Password()},
		Lease: 2 * time.Second, Term: time.Second, Logger: slog.New(slog.NewTextHandler(&p.log, nil)),
	}
}

// open opens a store that must open, and closes it with the test.
func (p *pair) open(change ...func(*Options)) *DB {
	p.Helper()
	o := p.options()
	for _, c := range change {
		c(&o)
	}
	db, err := Open(p.Context(), o)
	if err != nil {
		p.Fatalf("Open: %v", err)
	}
	p.Cleanup(func() {
		if err := db.Close(); err != nil {
			p.Errorf("Close() = %v, want nil", err)
		}
	})
	return db
}

// refused fails the test unless opening fails with an unfit server, on one line that has
// the words and no credentials.
func (p *pair) refused(change func(*Options), words ...string) {
	p.Helper()
	o := p.options()
	if change != nil {
		change(&o)
	}
	db, err := Open(p.Context(), o)
	if err == nil {
		_ = db.Close()
		p.Fatalf("Open succeeded, want an error with %q", words)
	}
	if !errors.Is(err, order.ErrUnavailable) {
		p.Errorf("Open: %v; want it to wrap %v", err, order.ErrUnavailable)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			p.Errorf("Open: %v; want it to say %q", err, word)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		p.Errorf("Open: %q; want one line", err)
	}
	for _, secret := range []string{p.redis.Password(), o.Redis.Password} {
		if secret != "" && strings.Contains(err.Error(), secret) {
			p.Errorf("Open: %v; shows a password", err)
		}
	}
}

// client returns a client of the pair's MongoDB that is nobody's store.
func (p *pair) client() *mongo.Client {
	p.Helper()
	c, err := mongo.Connect(options.Client().ApplyURI(p.mongo.URI("")))
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { _ = c.Disconnect(context.Background()) })
	return c
}

// logged keeps what is logged.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// silentAddr returns an address on which nobody listens.
func silentAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func replicated() mongotest.Options { return mongotest.Options{ReplicaSet: "rs"} }

func TestOpenBeginsAStore(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open()
	c, err := db.readControl(t.Context())
	if err != nil || c.Generation != 1 || c.Schema != schema || c.Reader != schema || c.Paused || c.Wiping {
		t.Errorf("control document = %+v, %v", c, err)
	}
	if got := db.Database(); got != "shop" {
		t.Errorf("Database() = %q, want shop", got)
	}
	if m, r := db.Servers(); m != p.mongo.Addr() || r != p.redis.Addr() {
		t.Errorf("Servers() = %q, %q, want %q, %q", m, r, p.mongo.Addr(), p.redis.Addr())
	}
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("Ping() = %v, want nil", err)
	}
	for name, wanted := range indexes() {
		missing, err := db.missing(t.Context(), name, db.state.Database().Collection(name).Indexes(), wanted)
		if err != nil || len(missing) > 0 {
			t.Errorf("indexes that %s lacks = %v, %v", name, missing, err)
		}
	}
}

func TestOpenAgainCreatesNothing(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	if err := p.open().Close(); err != nil {
		t.Fatal(err)
	}
	before := p.mongo.Commands()["createIndexes"]
	a, b := p.open(), p.open()
	if a.node == b.node {
		t.Errorf("two openings have the name %q", a.node)
	}
	if got := p.mongo.Commands()["createIndexes"]; got != before {
		t.Errorf("createIndexes was called %d times, want %d", got, before)
	}
}

// Processes that are started together all find the store that one of them begins.
func TestOpenTogether(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	var opening sync.WaitGroup
	for range 8 {
		opening.Go(func() {
			db, err := Open(t.Context(), p.options())
			if err != nil {
				t.Errorf("Open: %v", err)
				return
			}
			if err := db.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	opening.Wait()
}

func TestOpenAsksForMajorityAndJournal(t *testing.T) {
	for name, uri := range map[string]string{"silent": "", "as needed": "w=majority&journal=true"} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, replicated(), redistest.Options{})
			p.open(func(o *Options) { o.Mongo += "&" + uri })
			for command, concerns := range p.mongo.WriteConcerns() {
				for concern := range concerns {
					if !strings.Contains(concern, "majority") || !strings.Contains(concern, "true") {
						t.Errorf("%s was sent with write concern %s", command, concern)
					}
				}
			}
			if len(p.mongo.WriteConcerns()) == 0 {
				t.Error("no write was seen")
			}
		})
	}
}

func TestOpenRefusesWeakWriteConcern(t *testing.T) {
	for uri, words := range map[string][]string{
		"w=1":                      {"w=1", "--unsafe-write-concern"},
		"w=2&journal=true":         {"w=2, journal=true"},
		"journal=false":            {"journal=false"},
		"w=majority&journal=false": {"w=majority, journal=false"},
		"w=0":                      {"not to acknowledge"},
	} {
		t.Run(uri, func(t *testing.T) {
			p := newPair(t, replicated(), redistest.Options{})
			p.refused(func(o *Options) { o.Mongo += "&" + uri }, append(words, p.mongo.Addr())...)
			if got := p.mongo.Commands()["insert"] + p.mongo.Commands()["update"] + p.mongo.Commands()["createIndexes"]; got > 0 {
				t.Errorf("%d writes were sent to a server that was refused", got)
			}
		})
	}
}

func TestOpenWarnsOfUnsafeSettings(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{MaxmemoryPolicy: "allkeys-lru"})
	for range 2 { // at every start
		db := p.open(func(o *Options) {
			o.Mongo += "&w=1"
			o.UnsafeWriteConcern, o.UnsafeEviction = true, true
		})
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, warning := range []string{"a majority of its servers need not have", "Redis may evict"} {
		if got := strings.Count(p.log.String(), warning); got != 2 {
			t.Errorf("warned %d times that %q, want 2; log:\n%s", got, warning, p.log.String())
		}
	}
}

func TestOpenWarnsOfStandaloneMongo(t *testing.T) {
	p := newPair(t, mongotest.Options{}, redistest.Options{})
	p.open(func(o *Options) { o.Mongo += "?w=1" })
	if !strings.Contains(p.log.String(), "stands alone") {
		t.Errorf("no warning of a standalone MongoDB; log:\n%s", p.log.String())
	}
	for command, concerns := range p.mongo.WriteConcerns() {
		for concern := range concerns {
			if !strings.Contains(concern, "majority") {
				t.Errorf("%s was sent with write concern %s", command, concern)
			}
		}
	}
}

func TestOpenRefusesMongo(t *testing.T) {
	const soon = 500 * time.Millisecond
	for _, tt := range []struct {
		name   string
		server mongotest.Options
		change func(*testing.T, *pair, *Options)
		words  []string
	}{
		{"gone", replicated(), func(t *testing.T, p *pair, o *Options) {
			p.mongo.Stop()
			o.ConnectTimeout = soon
		}, []string{"does not answer", "connection refused", "MONGO_URI"}},
		{"without a primary", replicated(), func(t *testing.T, p *pair, o *Options) {
			p.mongo.StepDown(true)
			o.ConnectTimeout = soon
		}, []string{"no primary"}},
		{"secondary alone", replicated(), func(t *testing.T, p *pair, o *Options) {
			p.mongo.StepDown(true)
			o.Mongo = "mongodb://" + p.mongo.Addr() + "/shop?directConnection=true"
		}, []string{"not the primary", "directConnection"}},
		{"too old", mongotest.Options{ReplicaSet: "rs", Version: "4.2.24"}, nil, []string{"too old", "4.4"}},
		{"without a password", mongotest.Options{ReplicaSet: "rs", User: "shop", Password: newSecret()}, func(t *testing.T, p *pair, o *Options) {
			o.Mongo = "mongodb://" + p.mongo.Addr() + "/shop?replicaSet=rs"
		}, []string{"asks for a user and a password", "MONGO_URI"}},
		{"wrong password", mongotest.Options{ReplicaSet: "rs", User: "shop", Password: newSecret()}, func(t *testing.T, p *pair, o *Options) {
			o.Mongo = "mongodb://shop:" + wrongSecret + "@" + p.mongo.Addr() + "/shop?replicaSet=rs&authSource=admin"
		}, []string{"refuses the user and password", "authSource"}},
		{"may not create indexes", mongotest.Options{ReplicaSet: "rs", Denied: []string{"createIndexes"}}, nil, []string{"createIndexes", "readWrite"}},
		{"may not list indexes", mongotest.Options{ReplicaSet: "rs", Denied: []string{"listIndexes"}}, nil, []string{"listIndexes", "readWrite"}},
		{"may not write", mongotest.Options{ReplicaSet: "rs", Denied: []string{"update"}}, nil, []string{"update", "readWrite"}},
		{"may not read", mongotest.Options{ReplicaSet: "rs", Denied: []string{"find"}}, nil, []string{"find", "readWrite"}},
		{"no URI", replicated(), func(t *testing.T, p *pair, o *Options) { o.Mongo = "localhost:27017" }, []string{"MONGO_URI", "mongodb://"}},
		{"password that was not encoded", replicated(), func(t *testing.T, p *pair, o *Options) {
			o.Mongo = "mongodb://shop:" + wrongSecret + "/@@" + p.mongo.Addr() + "/shop"
		}, []string{"MONGO_URI", "percent-encoded"}},
		{"MongoDB's own database", replicated(), func(t *testing.T, p *pair, o *Options) {
			o.Mongo = "mongodb://" + p.mongo.Addr() + "/admin?replicaSet=rs"
		}, []string{`"admin"`, "authSource=admin"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPair(t, tt.server, redistest.Options{})
			p.refused(func(o *Options) {
				if tt.change != nil {
					tt.change(t, p, o)
				}
			}, tt.words...)
			if tt.server.Password != "" && strings.Contains(p.log.String(), tt.server.Password) {
				t.Error("the log shows the password")
			}
		})
	}
}

func TestOpenRefusesRedis(t *testing.T) {
	const soon = 500 * time.Millisecond
	for _, tt := range []struct {
		name   string
		server redistest.Options
		change func(*testing.T, *pair, *Options)
		words  []string
	}{
		{"gone", redistest.Options{}, func(t *testing.T, p *pair, o *Options) {
			o.Redis.Addrs = []string{silentAddr(t)}
			o.ConnectTimeout = soon
		}, []string{"Redis at 127.0.0.1:", "does not answer", "connection refused", "REDIS_HOST"}},
		{"not named", redistest.Options{}, func(t *testing.T, p *pair, o *Options) { o.Redis.Addrs = nil }, []string{"REDIS_URL"}},
		{"without a password", redistest.Options{Auth: true}, func(t *testing.T, p *pair, o *Options) { o.Redis.Password = "" }, []string{"asks for a password", "REDIS_PASSWORD"}},
		{"wrong password", redistest.Options{Auth: true}, func(t *testing.T, p *pair, o *Options) { o.Redis.Password = wrongSecret }, []string{"refuses the password", "REDIS_PASSWORD"}},
		{"evicts", redistest.Options{MaxmemoryPolicy: "allkeys-lru"}, nil, []string{"allkeys-lru", "noeviction", "--unsafe-redis-eviction"}},
		{"replica", redistest.Options{}, func(t *testing.T, p *pair, o *Options) {
			primary := redistest.Start(t, redistest.Options{})
			if _, err := p.redis.Do("REPLICAOF", "127.0.0.1", fmt.Sprint(primary.Port())); err != nil {
				t.Fatal(err)
			}
		}, []string{"is a replica", "name its primary"}},
		{"no cluster", redistest.Options{}, func(t *testing.T, p *pair, o *Options) {
			o.Redis.Addrs = append(o.Redis.Addrs, p.redis.Addr())
		}, []string{"is no cluster"}},
		{"no such database", redistest.Options{}, func(t *testing.T, p *pair, o *Options) { o.Redis.Database = 99 }, []string{"no database 99", "REDIS_DB"}},
		{"no sentinel", redistest.Options{}, func(t *testing.T, p *pair, o *Options) {
			o.Redis.Master = "main"
			o.ConnectTimeout = soon
		}, []string{`Redis "main" of the sentinels at 127.0.0.1:`, "REDIS_SENTINEL_MASTER"}},
		{"may not run scripts", redistest.Options{}, func(t *testing.T, p *pair, o *Options) {
			o.Redis.Username, o.Redis.Password = "shop", newSecret()
			if _, err := p.redis.Do("ACL", "SETUSER", "shop", "on", ">"+o.Redis.Password, "~*", "+@all", "-eval", "-evalsha"); err != nil {
				t.Fatal(err)
			}
		}, []string{"does not let the user", "evalsha"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPair(t, replicated(), tt.server)
			p.refused(func(o *Options) {
				if tt.change != nil {
					tt.change(t, p, o)
				}
			}, tt.words...)
			if names, err := p.client().Database("shop").ListCollectionNames(t.Context(), bson.D{}); err != nil || len(names) > 0 {
				t.Errorf("collections after a refusal = %v, %v, want none", names, err)
			}
		})
	}
}

func TestOpenWaitsForRedis(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	p.redis.Stop()
	opened := make(chan error, 1)
	go func() {
		db, err := Open(t.Context(), p.options())
		if err == nil {
			err = db.Close()
		}
		opened <- err
	}()
	p.redis.Restart()
	if err := <-opened; err != nil {
		t.Errorf("Open while Redis starts: %v", err)
	}
}

func TestOldRedis(t *testing.T) {
	t.Parallel()
	for version, old := range map[string]bool{
		"6.0.16": true, "5.0.3": true, "6.2.0": false, "6.2": false, "7.0.15": false, "10.1.0": false, "": false, "valkey": false, "x.y": false,
	} {
		if got := oldRedis(version); got != old {
			t.Errorf("oldRedis(%q) = %t, want %t", version, got, old)
		}
	}
}

func TestOpenOnCluster(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	cluster := redistest.StartCluster(t)
	for name, addrs := range map[string][]string{"all": cluster.Addrs(), "one": cluster.Addrs()[:1]} {
		t.Run(name, func(t *testing.T) {
			db := p.open(func(o *Options) { o.Redis = Redis{Addrs: addrs} })
			if err := db.Ping(t.Context()); err != nil {
				t.Errorf("Ping() = %v, want nil", err)
			}
			if _, err := db.lanes.Load().ticket(t.Context()); err != nil {
				t.Errorf("a script on a cluster: %v", err)
			}
		})
	}
	p.refused(func(o *Options) { o.Redis = Redis{Addrs: cluster.Addrs(), Database: 1} }, "is a cluster", "REDIS_DB")
}

func TestOpenOnSentinel(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	sentinel := redistest.StartReplicated(t)
	at := Redis{Addrs: sentinel.Addrs(), Master: sentinel.MasterName()}
	db := p.open(func(o *Options) { o.Redis = at })
	if _, err := db.lanes.Load().ticket(t.Context()); err != nil {
		t.Errorf("a script on what sentinels name: %v", err)
	}
	at.Master = "other"
	p.refused(func(o *Options) { o.Redis, o.ConnectTimeout = at, time.Second }, `"other"`, "REDIS_SENTINEL_MASTER")
}

func TestOpenRefusesForeignDatabase(t *testing.T) {
	foreign := bson.D{{Key: "_id", Value: bson.NewObjectID()}, {Key: "cliente", Value: "Cliente 1"}, {Key: "status", Value: "pendente"}}
	for _, collection := range collections() {
		t.Run(collection, func(t *testing.T) {
			p := newPair(t, replicated(), redistest.Options{})
			db := p.client().Database("shop")
			if _, err := db.Collection(collection).InsertOne(t.Context(), foreign); err != nil {
				t.Fatal(err)
			}
			p.refused(nil, fmt.Sprintf("%q", collection), `"shop"`, "MONGO_URI", p.mongo.Addr())
			names, err := db.ListCollectionNames(t.Context(), bson.D{})
			if err != nil || len(names) != 1 {
				t.Errorf("collections after a refusal = %v, %v, want %s alone", names, err, collection)
			}
			if n, err := db.Collection(collection).CountDocuments(t.Context(), bson.D{}); err != nil || n != 1 {
				t.Errorf("documents after a refusal = %d, %v, want 1", n, err)
			}
		})
	}
}

// Foreign orders that came later are found too, on either side of the store's own.
func TestOpenRefusesForeignOrders(t *testing.T) {
	for name, id := range map[string]any{"before": "a string", "behind": bson.NewObjectID()} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, replicated(), redistest.Options{})
			db := p.open()
			o := order.Order{Key: order.NewRunID(1, 2).Key(0), Customer: "Cliente 0"}
			if _, err := db.orders.InsertOne(t.Context(), bson.Raw(appendOrder(nil, &o, 0))); err != nil {
				t.Fatal(err)
			}
			p.open()
			if _, err := db.orders.InsertOne(t.Context(), bson.D{{Key: "_id", Value: id}, {Key: "id", Value: "1"}}); err != nil {
				t.Fatal(err)
			}
			p.refused(nil, `"orders"`, "MONGO_URI")
		})
	}
}

func TestOpenLeavesOtherCollectionsAlone(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	other := p.client().Database("shop").Collection("catalog")
	if _, err := other.InsertOne(t.Context(), bson.D{{Key: "nome", Value: "x"}}); err != nil {
		t.Fatal(err)
	}
	p.open()
	if n, err := other.CountDocuments(t.Context(), bson.D{}); err != nil || n != 1 {
		t.Errorf("documents of another program = %d, %v, want 1", n, err)
	}
}

func TestOpenRefusesNewerSchema(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open()
	newer := bson.D{{Key: "$set", Value: bson.D{{Key: "schema", Value: schema + 2}, {Key: "reader", Value: schema + 1}}}}
	if _, err := db.state.UpdateOne(t.Context(), byID(controlID), newer); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), p.options())
	if !errors.Is(err, order.ErrSchema) || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("Open of a newer store: %v, want %v", err, order.ErrSchema)
	}
	readable := bson.D{{Key: "$set", Value: bson.D{{Key: "reader", Value: schema}}}}
	if _, err := db.state.UpdateOne(t.Context(), byID(controlID), readable); err != nil {
		t.Fatal(err)
	}
	p.open() // newer, and yet to be read by this program
}

func TestOpenRefusesOtherIndexes(t *testing.T) {
	for name, model := range map[string]mongo.IndexModel{
		"not unique":         {Keys: bson.D{{Key: "id", Value: 1}}},
		"other name":         {Keys: bson.D{{Key: "id", Value: 1}}, Options: options.Index().SetName("mine")},
		"same name":          {Keys: bson.D{{Key: "cliente", Value: 1}}, Options: options.Index().SetName("id_1").SetUnique(true)},
		"sparse, not unique": {Keys: bson.D{{Key: "id", Value: 1}}, Options: options.Index().SetSparse(true)},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, replicated(), redistest.Options{})
			if _, err := p.client().Database("shop").Collection(ordersName).Indexes().CreateOne(t.Context(), model); err != nil {
				t.Fatal(err)
			}
			p.refused(nil, `"orders"`, "id_1, unique", "drop the index")
		})
	}
}

// An index that is as it must be may have any name.
func TestOpenTakesIndexesOfOtherNames(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	mine := mongo.IndexModel{Keys: bson.D{{Key: "createdAt", Value: 1}}, Options: options.Index().SetName("mine")}
	if _, err := p.client().Database("shop").Collection(ordersName).Indexes().CreateOne(t.Context(), mine); err != nil {
		t.Fatal(err)
	}
	p.open()
}

func TestOpenEndsWithItsContext(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	p.mongo.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Open(ctx, p.options()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Open = %v, want %v", err, context.DeadlineExceeded)
	}
}
