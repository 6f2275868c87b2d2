package mongotest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
)

// failed returns the indexes of the statements that failed, with their codes.
func failed(t *testing.T, err error) []bson.D {
	t.Helper()
	var bulk mongo.BulkWriteException
	if !errors.As(err, &bulk) {
		t.Fatalf("got %v, want errors of statements", err)
	}
	var all []bson.D
	for _, e := range bulk.WriteErrors {
		all = append(all, d("index", e.Index, "code", e.Code))
	}
	return all
}

func TestInsertErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ordered bool
		want    []bson.D
		left    string
	}{
		"ordered":   {true, []bson.D{d("index", 1, "code", 11000)}, "1 2"},
		"unordered": {false, []bson.D{d("index", 1, "code", 11000), d("index", 3, "code", 11000)}, "1 2 3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := orders(t, d("_id", 1))
			_, err := c.InsertMany(t.Context(), a(d("_id", 2), d("_id", 1), d("_id", 3), d("_id", 2)), options.InsertMany().SetOrdered(test.ordered))
			if diff := cmp.Diff(test.want, failed(t, err)); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if got := ids(t, c, d()); got != test.left {
				t.Errorf("left are %s, want %s", got, test.left)
			}
		})
	}
}

func TestDuplicateKeyTellsWhich(t *testing.T) {
	t.Parallel()
	c := orders(t, d("_id", "x", "ref", "r1", "k", d("a", 1)))
	ctx := t.Context()
	if _, err := c.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: d("ref", 1, "k.a", -1), Options: options.Index().SetUnique(true)}); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		doc                  bson.D
		message, pattern, at string
	}{
		"_id comes first": {d("_id", "x", "ref", "r1", "k", d("a", 1)),
			`E11000 duplicate key error collection: shop.orders index: _id_ dup key: { _id: "x" }`, `{"_id":1}`, `{"_id":"x"}`},
		"another index": {d("_id", "y", "ref", "r1", "k", d("a", 1)),
			`E11000 duplicate key error collection: shop.orders index: ref_1_k.a_-1 dup key: { ref: "r1", k.a: 1 }`, `{"ref":1,"k.a":-1}`, `{"ref":"r1","k.a":1}`},
	} {
		_, err := c.InsertOne(ctx, test.doc)
		var we mongo.WriteException
		if !errors.As(err, &we) || !mongo.IsDuplicateKeyError(err) {
			t.Fatalf("%s: got %v", name, err)
		}
		if got := we.WriteErrors[0].Message; got != test.message {
			t.Errorf("%s: got %q, want %q", name, got, test.message)
		}
		raw := we.WriteErrors[0].Raw
		if got := shown(t, raw.Lookup("keyPattern").Document()); got != test.pattern {
			t.Errorf("%s: keyPattern is %s, want %s", name, got, test.pattern)
		}
		if got := shown(t, raw.Lookup("keyValue").Document()); got != test.at {
			t.Errorf("%s: keyValue is %s, want %s", name, got, test.at)
		}
	}
	if _, err := c.InsertMany(ctx, a(d("_id", "a", "ref", "r1"), d("_id", "b", "ref", "r2", "k", d("a", 1)))); err != nil {
		t.Errorf("insert of other keys: %v", err)
	}
	_, err := c.UpdateOne(ctx, d("_id", "b"), d("$set", d("ref", "r1")))
	wantCode(t, err, 11000, "ref_1_k.a_-1")
	if got := ids(t, c, d("ref", "r2")); got != `"b"` {
		t.Errorf("after a refused update, r2 is %s", got)
	}
	if _, err := c.UpdateOne(ctx, d("_id", "x"), d("$set", d("ref", "r9"))); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UpdateOne(ctx, d("_id", "b"), d("$set", d("ref", "r1"))); err != nil {
		t.Errorf("update to a key that was given up: %v", err)
	}
}

func TestBulkWrite(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{})
	c := connect(t, s).Collection("orders")
	ctx := t.Context()
	if _, err := c.InsertMany(ctx, a(d("_id", 1, "n", 1), d("_id", 2, "n", 1), d("_id", 3, "n", 1))); err != nil {
		t.Fatal(err)
	}
	one := mongo.NewUpdateOneModel
	done, err := c.BulkWrite(ctx, []mongo.WriteModel{
		one().SetFilter(d("_id", 1, "n", 1)).SetUpdate(d("$set", d("n", 2))),
		one().SetFilter(d("_id", 2, "n", 9)).SetUpdate(d("$set", d("n", 2))),
		one().SetFilter(d("_id", 3)).SetUpdate(d("$set", d("n", 1))),
		one().SetFilter(d("_id", 7)).SetUpdate(d("$set", d("n", 1))).SetUpsert(true),
		mongo.NewUpdateManyModel().SetFilter(d("n", d("$lte", 1))).SetUpdate(d("$inc", d("n", 10))),
	}, options.BulkWrite().SetOrdered(false))
	if err != nil || done.MatchedCount != 5 || done.ModifiedCount != 4 || done.UpsertedCount != 1 || done.UpsertedIDs[3] != int32(7) {
		t.Fatalf("BulkWrite() = %+v, %v", done, err)
	}
	if got := s.Commands()["update"]; got != 2 {
		t.Errorf("%d update commands, want 2: the driver sends those of one document apart", got)
	}
	_, err = c.BulkWrite(ctx, []mongo.WriteModel{
		one().SetFilter(d("_id", 1)).SetUpdate(d("$inc", d("n", "x"))),
		one().SetFilter(d("_id", 2)).SetUpdate(d("$set", d("n", 0))),
	}, options.BulkWrite().SetOrdered(true))
	if diff := cmp.Diff([]bson.D{d("index", 0, "code", 14)}, failed(t, err)); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if got := ids(t, c, d("n", 0)); got != "" {
		t.Errorf("an ordered bulk went on after its first error: %s", got)
	}
	_, err = c.BulkWrite(ctx, []mongo.WriteModel{
		one().SetFilter(d("_id", 1)).SetUpdate(d("$inc", d("n", "x"))),
		one().SetFilter(d("_id", 2)).SetUpdate(d("$set", d("n", 0))),
	}, options.BulkWrite().SetOrdered(false))
	if diff := cmp.Diff([]bson.D{d("index", 0, "code", 14)}, failed(t, err)); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if got := ids(t, c, d("n", 0)); got != "2" {
		t.Errorf("an unordered bulk did not go on: %s", got)
	}
	if got := s.Stats(); got.Inserted != 4 || got.Modified != 5 {
		t.Errorf("Stats() = %+v, want 4 inserted, 5 modified", got)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	c := orders(t, d("_id", 1, "n", 1), d("_id", 2, "n", 1), d("_id", 3, "n", 2), d("_id", 4, "n", 2))
	ctx := t.Context()
	if done, err := c.DeleteOne(ctx, d("n", 1)); err != nil || done.DeletedCount != 1 {
		t.Fatalf("DeleteOne() = %+v, %v", done, err)
	}
	if done, err := c.DeleteMany(ctx, d("n", d("$gte", 2))); err != nil || done.DeletedCount != 2 {
		t.Fatalf("DeleteMany() = %+v, %v", done, err)
	}
	if got := ids(t, c, d()); got != "2" {
		t.Errorf("left are %s", got)
	}
	_, err := c.DeleteMany(ctx, d("n", d("$what", 2)))
	wantCode(t, err, 2, "unknown operator")
	if done, err := c.Database().Collection("none").DeleteMany(ctx, d()); err != nil || done.DeletedCount != 0 {
		t.Errorf("DeleteMany() in no collection = %+v, %v", done, err)
	}
}

// TestManyBatches inserts more than one command can hold, and reads it back by a cursor.
func TestManyBatches(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{})
	c := connect(t, s).Collection("orders")
	pad := strings.Repeat("x", 2000)
	var docs []any
	for i := range 30_000 {
		docs = append(docs, d("_id", i, "pad", pad))
	}
	if _, err := c.InsertMany(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	if got := s.Commands()["insert"]; got < 2 {
		t.Errorf("%d insert commands, want several: a message holds 48 MB", got)
	}
	cursor, err := c.Find(t.Context(), d(), options.Find().SetSort(d("_id", 1)))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; cursor.Next(t.Context()); n++ {
		if got := cursor.Current.Lookup("_id").AsInt64(); got != int64(n) {
			t.Fatalf("document %d has the _id %d", n, got)
		}
	}
	if n != len(docs) || cursor.Err() != nil {
		t.Errorf("read %d documents, %v; want %d", n, cursor.Err(), len(docs))
	}
	if got := s.Commands()["getMore"]; got < 3 {
		t.Errorf("%d getMore commands for 60 MB, want at least 3", got)
	}
}
