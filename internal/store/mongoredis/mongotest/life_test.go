package mongotest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
)

func TestPassword(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{User: "app,=", Password: rand16()})
	if _, err := connect(t, s).Collection("orders").InsertOne(t.Context(), d("_id", 1)); err != nil {
		t.Fatal(err)
	}
	wrong := connect(t, s, func(o *options.ClientOptions) {
		o.SetAuth(options.Credential{Username: "app,=", Password: rand16(), AuthSource: "admin"})
	})
	wantCode18(t, wrong.Collection("orders").FindOne(t.Context(), d()).Err())
	other := connect(t, s, func(o *options.ClientOptions) {
		o.SetAuth(options.Credential{Username: "someone", Password: rand16(), AuthSource: "admin"})
	})
	wantCode18(t, other.Collection("orders").FindOne(t.Context(), d()).Err())
	none := connect(t, s, func(o *options.ClientOptions) { o.Auth = nil })
	wantCode(t, none.Collection("orders").FindOne(t.Context(), d()).Err(), 13, "Command find requires authentication")
}

// wantCode18 checks that the driver could not authenticate; its error hides the code.
func wantCode18(t *testing.T, err error) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), "AuthenticationFailed") {
		t.Errorf("got %v, want AuthenticationFailed", err)
	}
}

func TestDenied(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{Denied: []string{"createIndexes"}})
	c := connect(t, s).Collection("orders")
	_, err := c.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: d("a", 1)})
	wantCode(t, err, 13, "not authorized on shop to execute command { createIndexes")
	if _, err := c.InsertOne(t.Context(), d("_id", 1)); err != nil {
		t.Error(err)
	}
}

func TestOldServer(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{Version: "3.4.24"})
	err := connect(t, s).Client().Ping(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "reports wire version 5") {
		t.Errorf("Ping() = %v, want a refusal of the wire version 5", err)
	}
	for version, wire := range map[string]int32{"3.6.23": 6, "4.0.28": 7, "4.2.0": 8, "4.4.29": 9, "5.0.1": 13, "6.0.3": 17, "7.0.14": 21, "8.0.0": 25} {
		s := start(t, mongotest.Options{Version: version})
		var hello struct{ MaxWireVersion int32 }
		var build struct{ Version string }
		if wire >= 9 { // what this driver speaks
			db := connect(t, s).Client().Database("admin")
			if err := db.RunCommand(t.Context(), d("hello", 1)).Decode(&hello); err != nil || hello.MaxWireVersion != wire {
				t.Errorf("%s speaks %d, %v; want %d", version, hello.MaxWireVersion, err, wire)
			}
			if err := db.RunCommand(t.Context(), d("buildInfo", 1)).Decode(&build); err != nil || build.Version != version {
				t.Errorf("%s says %q, %v", version, build.Version, err)
			}
		}
	}
	if _, err := mongotest.New(mongotest.Options{Version: "seven"}); err == nil {
		t.Error("a version that is none was taken")
	}
}

func TestStopAndRestart(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{ReplicaSet: "rs0"})
	c := connect(t, s).Collection("orders")
	if _, err := c.InsertOne(t.Context(), d("_id", 1)); err != nil {
		t.Fatal(err)
	}
	addr := s.Addr()
	s.Stop()
	s.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := c.FindOne(ctx, d()).Err(); err == nil {
		t.Error("a stopped server answers")
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(); err == nil {
		t.Error("a second Restart succeeded")
	}
	if got := ids(t, c, d()); got != "1" || s.Addr() != addr {
		t.Errorf("after the restart at %s: %s", s.Addr(), got)
	}
	s.Cut()
	if got := ids(t, c, d()); got != "1" {
		t.Errorf("after a cut: %s", got)
	}
}

func TestFreeze(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{})
	c := connect(t, s).Collection("orders")
	if _, err := c.InsertOne(t.Context(), d("_id", 1)); err != nil {
		t.Fatal(err)
	}
	s.Freeze()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.InsertOne(ctx, d("_id", 2)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("InsertOne() = %v, want no answer in time", err)
	}
	s.Thaw()
	s.Thaw()
	if _, err := c.InsertOne(t.Context(), d("_id", 3)); err != nil {
		t.Error(err)
	}
	// The client that gave up does not know, but its insert was executed.
	for ids(t, c, d("_id", 2)) == "" {
		if t.Context().Err() != nil {
			t.Fatal("what was sent during a freeze was lost")
		}
	}
}

func TestFrozenServerIsClosed(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{})
	c := dial(t, s)
	s.Freeze()
	send(t, c, 2013, append([]byte{0, 0, 0, 0, 0}, marshal(t, d("ping", 1, "$db", "shop"))...))
	s.Close()
	if _, _, err := receive(c); err == nil {
		t.Error("a frozen server answered")
	}
}

func TestStepDown(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{ReplicaSet: "rs0"})
	c := connect(t, s, func(o *options.ClientOptions) { o.SetHeartbeatInterval(500 * time.Millisecond) }).Collection("orders")
	if _, err := c.InsertOne(t.Context(), d("_id", 1)); err != nil {
		t.Fatal(err)
	}
	s.StepDown(true)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := c.InsertOne(ctx, d("_id", 2)); err == nil {
		t.Error("a secondary took an insert")
	}
	s.StepDown(false)
	if _, err := c.InsertOne(t.Context(), d("_id", 3)); err != nil {
		t.Error(err)
	}
	if got := ids(t, c, d()); got != "1 3" {
		t.Errorf("orders are %s", got)
	}
}

func TestConcernsAreRecorded(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{ReplicaSet: "rs0"})
	journaled := true
	db := connect(t, s, func(o *options.ClientOptions) {
		o.SetWriteConcern(&writeconcern.WriteConcern{W: "majority", Journal: &journaled}).SetReadConcern(readconcern.Majority()).SetReadPreference(readpref.PrimaryPreferred())
	})
	c := db.Collection("orders")
	ctx := t.Context()
	for i := range 2 {
		if _, err := c.InsertOne(ctx, d("_id", i)); err != nil {
			t.Fatal(err)
		}
	}
	weak := db.Collection("orders", options.Collection().SetWriteConcern(&writeconcern.WriteConcern{W: 1}))
	if _, err := weak.UpdateOne(ctx, d("_id", 1), d("$set", d("n", 1))); err != nil {
		t.Fatal(err)
	}
	ids(t, c, d())
	if diff := cmp.Diff(map[string]map[string]int{"insert": {`{"w":"majority","j":true}`: 2}, "update": {`{"w":1}`: 1}}, s.WriteConcerns()); diff != "" {
		t.Errorf("WriteConcerns() (-want +got):\n%s", diff)
	}
	if got := s.ReadConcerns()["find"]; !cmp.Equal(got, map[string]int{`{"level":"majority"}`: 1}) {
		t.Errorf("ReadConcerns() of find = %v", got)
	}
	if got := s.ReadPreferences()["find"]; !cmp.Equal(got, map[string]int{`{"mode":"primaryPreferred"}`: 1}) {
		t.Errorf("ReadPreferences() of find = %v", got)
	}
}

func TestConcernsAreChecked(t *testing.T) {
	t.Parallel()
	alone, set := start(t, mongotest.Options{}), start(t, mongotest.Options{ReplicaSet: "rs0"})
	insert := func(s *mongotest.Server, w any) error {
		c := connect(t, s).Collection("orders", options.Collection().SetWriteConcern(&writeconcern.WriteConcern{W: w}))
		_, err := c.InsertOne(t.Context(), d())
		return err
	}
	if err := insert(alone, "majority"); err != nil {
		t.Error(err)
	}
	wantCode(t, insert(alone, 2), 2, "cannot use 'w' > 1 when a host is not replicated")
	wantCode(t, insert(set, 2), 100, "Not enough data-bearing nodes")
	wantCode(t, insert(set, "everywhere"), 79, "No write concern mode named 'everywhere'")
	if got := len(all(t, connect(t, set).Collection("orders"), d())); got != 2 {
		t.Errorf("%d inserts were executed, want 2", got)
	}
	wantCode(t, connect(t, set).RunCommand(t.Context(), d("find", "orders", "readConcern", d("level", "deep"))).Err(), 2, "readConcern.level")
}

func TestUnacknowledged(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{})
	db := connect(t, s)
	c := db.Collection("orders", options.Collection().SetWriteConcern(writeconcern.Unacknowledged()))
	if _, err := c.InsertOne(t.Context(), d("_id", 1)); err != nil {
		t.Fatal(err)
	}
	for len(all(t, db.Collection("orders"), d())) == 0 { // it comes, without an answer; the test's time limit is the end
	}
}

func TestCommandsRefused(t *testing.T) {
	t.Parallel()
	db := connect(t, start(t, mongotest.Options{}))
	for name, test := range map[string]struct {
		command bson.D
		code    int
		part    string
	}{
		"no such command":       {d("shutdownn", 1), 59, "no such command: 'shutdownn'"},
		"an unknown field":      {d("find", "orders", "filtre", d()), 40415, "BSON field 'find.filtre' is an unknown field"},
		"a known option":        {d("find", "orders", "collation", d("locale", "pt")), 238, "collation of find"},
		"a transaction":         {d("insert", "orders", "documents", a(d("_id", 1)), "lsid", d("id", 1), "txnNumber", int64(1), "autocommit", false, "startTransaction", true), 238, "transactions"},
		"a number alone":        {d("insert", "orders", "documents", a(d("_id", 1)), "lsid", d("id", 1), "txnNumber", int64(1)), 20, "only allowed on a replica set member"},
		"no documents":          {d("insert", "orders", "documents", a()), 16, "Write batch sizes must be between 1 and 100000"},
		"documents missing":     {d("insert", "orders"), 40414, "'insert.documents' is missing"},
		"a bad name":            {d("insert", "or$ders", "documents", a(d())), 73, "Invalid namespace"},
		"a negative skip":       {d("find", "orders", "skip", -1), 51024, "'skip' value must be >= 0"},
		"a cursor that is gone": {d("getMore", int64(7), "collection", "orders"), 43, "cursor id 7 not found"},
		"a stage":               {d("aggregate", "orders", "cursor", d(), "pipeline", a(d("$lookup", d()))), 238, "the stage $lookup"},
		"a stage of nobody":     {d("aggregate", "orders", "cursor", d(), "pipeline", a(d("$wat", d()))), 40324, "Unrecognized pipeline stage name: '$wat'"},
		"indexes of nothing":    {d("listIndexes", "none"), 26, "ns does not exist: shop.none"},
		"a collection twice":    {d("create", "twice"), 48, "already exists"},
		"update and remove":     {d("findAndModify", "orders", "remove", true, "update", d()), 9, "not both"},
		"many by replacement":   {d("update", "orders", "updates", a(d("q", d(), "u", d("a", 1), "multi", true))), 9, "multi update is not supported"},
		"an unknown parameter":  {d("getParameter", 1, "what", 1), 72, "no option found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "a collection twice" {
				if err := db.CreateCollection(t.Context(), "twice"); err != nil {
					t.Fatal(err)
				}
			}
			err := db.RunCommand(t.Context(), test.command).Err()
			wantCode(t, err, test.code, test.part)
		})
	}
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{})
	db := connect(t, s)
	ctx := t.Context()
	for _, name := range []string{"runs", "orders"} {
		if _, err := db.Collection(name).InsertOne(ctx, d("_id", 1)); err != nil {
			t.Fatal(err)
		}
	}
	if names, err := db.ListCollectionNames(ctx, d()); err != nil || !cmp.Equal(names, []string{"orders", "runs"}) {
		t.Errorf("ListCollectionNames() = %v, %v", names, err)
	}
	if specs, err := db.ListCollectionSpecifications(ctx, d("name", "runs")); err != nil || len(specs) != 1 || specs[0].Type != "collection" || specs[0].IDIndex.Name != "_id_" {
		t.Errorf("ListCollectionSpecifications() = %+v, %v", specs, err)
	}
	if err := db.Collection("runs").Drop(ctx); err != nil {
		t.Error(err)
	}
	if err := db.Collection("runs").Drop(ctx); err != nil {
		t.Error(err)
	}
	if names, err := db.Client().ListDatabaseNames(ctx, d()); err != nil || !cmp.Equal(names, []string{"shop"}) {
		t.Errorf("ListDatabaseNames() = %v, %v", names, err)
	}
	if err := db.Drop(ctx); err != nil {
		t.Error(err)
	}
	if names, err := db.ListCollectionNames(ctx, d()); err != nil || len(names) != 0 {
		t.Errorf("after Drop(): %v, %v", names, err)
	}
	for _, command := range []bson.D{d("serverStatus", 1), d("connectionStatus", 1), d("getParameter", 1, "featureCompatibilityVersion", 1), d("ping", 1)} {
		if err := db.Client().Database("admin").RunCommand(ctx, command).Err(); err != nil {
			t.Errorf("%s: %v", shown(t, command), err)
		}
	}
}

func TestCountDistinctAndCursors(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{})
	c := connect(t, s).Collection("orders")
	var docs []any
	for i := range 250 {
		docs = append(docs, d("_id", i, "s", fmt.Sprint(i%3), "l", a(i%2, 7)))
	}
	if _, err := c.InsertMany(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if n, err := c.EstimatedDocumentCount(ctx); err != nil || n != 250 {
		t.Errorf("EstimatedDocumentCount() = %d, %v", n, err)
	}
	if n, err := c.CountDocuments(ctx, d("s", "1")); err != nil || n != 83 {
		t.Errorf("CountDocuments() = %d, %v; want 83", n, err)
	}
	if n, err := c.CountDocuments(ctx, d("s", "9")); err != nil || n != 0 {
		t.Errorf("CountDocuments() of none = %d, %v", n, err)
	}
	var found []int
	if err := c.Distinct(ctx, "l", d("_id", d("$gt", 5))).Decode(&found); err != nil || !cmp.Equal(found, []int{0, 7, 1}) {
		t.Errorf("Distinct() = %v, %v", found, err)
	}
	if n := len(all(t, c, d(), options.Find().SetBatchSize(100))); n != 250 {
		t.Errorf("found %d by batches of 100", n)
	}
	cursor, err := c.Find(ctx, d(), options.Find().SetBatchSize(2))
	if err != nil || cursor.ID() == 0 {
		t.Fatalf("Find() = %v, %v; want an open cursor", cursor, err)
	}
	// What is found is as it was when it was asked for.
	if _, err := c.UpdateMany(ctx, d(), d("$set", d("s", "later"))); err != nil {
		t.Fatal(err)
	}
	for cursor.Next(ctx) {
		if got := cursor.Current.Lookup("s").StringValue(); got == "later" {
			t.Fatalf("document %v was changed after it was asked for", cursor.Current)
		}
	}
	half, err := c.Find(ctx, d(), options.Find().SetBatchSize(2))
	if err != nil {
		t.Fatal(err)
	}
	id := half.ID()
	if err := half.Close(ctx); err != nil {
		t.Error(err)
	}
	wantCode(t, c.Database().RunCommand(ctx, d("getMore", id, "collection", "orders")).Err(), 43, "not found")
}

// TestManyClients adds to few documents from many connections at once, with a reader beside
// them that must never see half of an update.
func TestManyClients(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{ReplicaSet: "rs0"})
	c := connect(t, s).Collection("orders")
	ctx := t.Context()
	if _, err := c.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: d("n", 1)}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.InsertMany(ctx, a(d("_id", 1, "n", 0, "g", 1), d("_id", 2, "n", 0, "g", 1))); err != nil {
		t.Fatal(err)
	}
	const clients, times = 8, 50
	var wg sync.WaitGroup
	for i := range clients {
		own := connect(t, s).Collection("orders")
		wg.Go(func() {
			for j := range times {
				if _, err := own.UpdateMany(ctx, d("g", 1), d("$inc", d("n", 1))); err != nil {
					t.Error(err)
				}
				if _, err := own.InsertOne(ctx, d("_id", fmt.Sprint(i, " ", j), "n", -1)); err != nil {
					t.Error(err)
				}
				got := all(t, own, d("g", 1), options.Find().SetProjection(d("_id", 0, "n", 1)))
				if len(got) != 2 || got[0] != got[1] {
					t.Errorf("half an update was seen: %v", got)
				}
			}
		})
	}
	wg.Wait()
	if got := ids(t, c, d("n", clients*times)); got != "1 2" {
		t.Errorf("documents at %d: %s", clients*times, got)
	}
	if n, err := c.CountDocuments(ctx, d("n", -1)); err != nil || n != clients*times {
		t.Errorf("CountDocuments() = %d, %v; want %d", n, err, clients*times)
	}
}
