package mongotest_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
)

// TestFaults adds 1 to a number while a fault strikes. The driver repeats a write once on a
// replica set, and never on a standalone server.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault      mongotest.Fault
		standalone bool
		n          int32 // after it
		fails      bool
		commands   int
	}{
		"cut before":                   {mongotest.Fault{Action: mongotest.CutBefore}, false, 1, false, 2},
		"cut before, standalone":       {mongotest.Fault{Action: mongotest.CutBefore}, true, 0, true, 1},
		"cut after":                    {mongotest.Fault{Action: mongotest.CutAfter}, false, 1, false, 2},
		"cut after, standalone":        {mongotest.Fault{Action: mongotest.CutAfter}, true, 1, true, 1},
		"cut after, twice":             {mongotest.Fault{Action: mongotest.CutAfter, Times: 2}, false, 1, true, 2},
		"cut before, twice":            {mongotest.Fault{Action: mongotest.CutBefore, Times: 2}, false, 0, true, 2},
		"not primary":                  {mongotest.Fault{Action: mongotest.Refuse}, false, 1, false, 2},
		"not primary, standalone":      {mongotest.Fault{Action: mongotest.Refuse}, true, 0, true, 1},
		"stepped down":                 {mongotest.Fault{Action: mongotest.Refuse, Code: 189}, false, 1, false, 2},
		"refused":                      {mongotest.Fault{Action: mongotest.Refuse, Code: 50}, false, 0, true, 1},
		"refused, but labelled":        {mongotest.Fault{Action: mongotest.Refuse, Code: 112, Labels: []string{"RetryableWriteError"}}, false, 1, false, 2},
		"concern error":                {mongotest.Fault{Action: mongotest.ConcernError}, false, 1, true, 1},
		"concern error of a shutdown":  {mongotest.Fault{Action: mongotest.ConcernError, Code: 91}, false, 1, false, 2},
		"delay":                        {mongotest.Fault{Action: mongotest.Delay, Delay: time.Millisecond}, false, 1, false, 1},
		"of another command":           {mongotest.Fault{Action: mongotest.CutBefore, Command: "find"}, false, 1, false, 1},
		"of another collection":        {mongotest.Fault{Action: mongotest.CutBefore, Collection: "runs"}, false, 1, false, 1},
		"of this collection":           {mongotest.Fault{Action: mongotest.Refuse, Code: 50, Collection: "orders", Command: "update"}, false, 0, true, 1},
		"after one":                    {mongotest.Fault{Action: mongotest.CutBefore, Skip: 1}, false, 1, false, 1},
		"by a function":                {mongotest.Fault{Action: mongotest.Refuse, Code: 50, Match: func(i mongotest.Info) bool { return i.DB == "shop" }}, false, 0, true, 1},
		"by a function, which refuses": {mongotest.Fault{Action: mongotest.Refuse, Code: 50, Match: func(mongotest.Info) bool { return false }}, false, 1, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := mongotest.Options{ReplicaSet: "rs0"}
			if test.standalone {
				o.ReplicaSet = ""
			}
			s := start(t, o)
			c := connect(t, s).Collection("orders")
			if _, err := c.InsertOne(t.Context(), d("_id", 1, "n", 0)); err != nil {
				t.Fatal(err)
			}
			planted := s.Inject(test.fault)
			_, err := c.UpdateOne(t.Context(), d("_id", 1), d("$inc", d("n", 1)))
			if (err != nil) != test.fails {
				t.Errorf("UpdateOne() = %v, want an error: %v", err, test.fails)
			}
			if got := s.Commands()["update"]; got != test.commands {
				t.Errorf("%d update commands, want %d", got, test.commands)
			}
			planted.Remove()
			var doc struct{ N int32 }
			if err := c.FindOne(t.Context(), d("_id", 1)).Decode(&doc); err != nil || doc.N != test.n {
				t.Errorf("n = %d, %v; want %d", doc.N, err, test.n)
			}
			if got, want := s.Struck()[test.fault.Action], planted.Struck(); got != want {
				t.Errorf("Struck() = %d, the fault says %d", got, want)
			}
		})
	}
}

func TestConcernErrorTellsWhy(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{ReplicaSet: "rs0"})
	c := connect(t, s, func(o *options.ClientOptions) { o.SetWriteConcern(writeconcern.Majority()) }).Collection("orders")
	s.Inject(mongotest.Fault{Command: "insert", Action: mongotest.ConcernError, Code: 64})
	_, err := c.InsertOne(t.Context(), d("_id", 1))
	var we mongo.WriteException
	if !errors.As(err, &we) || we.WriteConcernError == nil || we.WriteConcernError.Code != 64 || we.WriteConcernError.Name != "WriteConcernTimeout" {
		t.Fatalf("InsertOne() = %v", err)
	}
	if got := shown(t, we.WriteConcernError.Details); got != `{"writeConcern":{"w":"majority"}}` {
		t.Errorf("errInfo is %s", got)
	}
	if got := ids(t, c, d()); got != "1" {
		t.Errorf("the insert was not executed: %q", got)
	}
}

// TestHooks holds an update between its execution and its answer, while another client sees
// what it did.
func TestHooks(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{ReplicaSet: "rs0"})
	c := connect(t, s).Collection("orders")
	executed, answer := make(chan mongotest.Info), make(chan struct{})
	s.Inject(mongotest.Fault{Command: "insert", Action: mongotest.Delay, After: func(i mongotest.Info) {
		executed <- i
		<-answer
	}})
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := c.InsertOne(t.Context(), d("_id", 1)); err != nil {
			t.Errorf("InsertOne() = %v", err)
		}
	})
	if got, want := <-executed, (mongotest.Info{Command: "insert", DB: "shop", Collection: "orders"}); got != want {
		t.Errorf("the hook was told %+v, want %+v", got, want)
	}
	if got := ids(t, c, d()); got != "1" {
		t.Errorf("found %q before the answer", got)
	}
	close(answer)
	wg.Wait()
}

// TestLateExecution: a write that its client gave up and sent again is still executed once.
func TestLateExecution(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{ReplicaSet: "rs0"})
	db := connect(t, s)
	session, err := db.Client().StartSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.EndSession(context.Background())
	command := d("update", "orders", "updates", a(d("q", d("_id", 1), "u", d("$inc", d("n", 1)), "upsert", true)), "lsid", d("id", bson.Binary{Subtype: 4, Data: make([]byte, 16)}), "txnNumber", int64(1))
	late, release := make(chan struct{}), make(chan struct{})
	s.Inject(mongotest.Fault{Command: "update", Action: mongotest.Delay, Before: func(mongotest.Info) {
		close(late)
		<-release
	}})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := raw(t, s, command); err != nil {
			t.Errorf("the first: %v", err)
		}
	})
	<-late
	if err := raw(t, s, command); err != nil {
		t.Errorf("the second: %v", err)
	}
	close(release)
	wg.Wait()
	if got := all(t, db.Collection("orders"), d()); !cmp.Equal(got, []string{`{"_id":1,"n":1}`}) {
		t.Errorf("orders are %v", got)
	}
	if got := s.Stats().Repeated; got != 1 {
		t.Errorf("Repeated = %d, want 1", got)
	}
}

func TestStorm(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{ReplicaSet: "rs0"})
	c := connect(t, s).Collection("orders")
	s.Storm(mongotest.Storm{Seed: 7, Commands: []string{"update", "find"}, MaxDelay: time.Millisecond,
		Chance: map[mongotest.Action]float64{mongotest.CutBefore: 0.1, mongotest.CutAfter: 0.1, mongotest.Refuse: 0.05, mongotest.ConcernError: 0.15, mongotest.Delay: 0.1}})
	const n = 25
	for i := range n {
		for {
			done, err := c.UpdateOne(t.Context(), d("_id", 1, "n", d("$not", d("$gte", i+1))), d("$set", d("n", i+1)), options.UpdateOne().SetUpsert(i == 0))
			if err == nil && done.MatchedCount+done.UpsertedCount == 1 {
				break
			}
			var doc struct{ N int }
			if c.FindOne(t.Context(), d("_id", 1)).Decode(&doc) == nil && doc.N == i+1 {
				break
			}
			if t.Context().Err() != nil {
				t.Fatal(err)
			}
		}
	}
	s.Storm(mongotest.Storm{})
	struck := s.Struck()
	for _, action := range []mongotest.Action{mongotest.CutBefore, mongotest.CutAfter, mongotest.Refuse, mongotest.ConcernError, mongotest.Delay} {
		if struck[action] == 0 {
			t.Errorf("%q never happened in %v", action, struck)
		}
	}
	if got := ids(t, c, d("n", n)); got != "1" {
		t.Errorf("after the storm: %v", all(t, c, d()))
	}
}
