package mongotest_test

import (
	"context"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.uber.org/goleak"

	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start starts a double.
func start(t testing.TB, o mongotest.Options) *mongotest.Server {
	t.Helper()
	return mongotest.Start(t, o)
}

// connect returns the database "shop" of a server, through the official driver.
func connect(t testing.TB, s *mongotest.Server, change ...func(*options.ClientOptions)) *mongo.Database {
	t.Helper()
	o := options.Client().ApplyURI(s.URI("shop")).SetServerSelectionTimeout(30 * time.Second)
	for _, f := range change {
		f(o)
	}
	client, err := mongo.Connect(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Disconnect(context.Background()); err != nil {
			t.Errorf("disconnect: %v", err)
		}
	})
	return client.Database("shop")
}

// orders starts a server and returns its collection of orders, with some in it.
func orders(t testing.TB, docs ...any) *mongo.Collection {
	t.Helper()
	c := connect(t, start(t, mongotest.Options{})).Collection("orders")
	if len(docs) > 0 {
		if _, err := c.InsertMany(t.Context(), docs); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// all returns what a find gives, as JSON.
func all(t testing.TB, c *mongo.Collection, filter any, o ...options.Lister[options.FindOptions]) []string {
	t.Helper()
	cursor, err := c.Find(t.Context(), filter, o...)
	if err != nil {
		t.Fatal(err)
	}
	return drain(t, cursor)
}

func drain(t testing.TB, cursor *mongo.Cursor) []string {
	t.Helper()
	var found []string
	for cursor.Next(t.Context()) {
		found = append(found, shown(t, cursor.Current))
	}
	if err := cursor.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

func shown(t testing.TB, doc any) string {
	t.Helper()
	b, err := bson.MarshalExtJSON(doc, false, false)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFirstSteps(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]mongotest.Options{
		"standalone":  {},
		"replica set": {ReplicaSet: "rs0"},
		"password":    {User: "app", Password: rand16(), ReplicaSet: "rs0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := connect(t, start(t, o)).Collection("orders")
			ctx := t.Context()
			if _, err := c.InsertMany(ctx, []any{bson.M{"_id": 1, "status": "pendente"}, bson.M{"_id": 2, "status": "pendente"}}); err != nil {
				t.Fatal(err)
			}
			updated, err := c.UpdateMany(ctx, bson.M{"_id": bson.M{"$in": bson.A{1, 2, 3}}, "status": "pendente"}, bson.M{"$set": bson.M{"status": "processado"}, "$inc": bson.M{"n": 1}})
			if err != nil || updated.MatchedCount != 2 || updated.ModifiedCount != 2 {
				t.Fatalf("UpdateMany() = %+v, %v", updated, err)
			}
			var doc bson.D
			err = c.FindOneAndUpdate(ctx, bson.M{"_id": 9}, bson.A{bson.M{"$set": bson.M{"at": "$$NOW", "n": bson.M{"$add": bson.A{1, bson.M{"$ifNull": bson.A{"$n", 0}}}}}}},
				options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After)).Decode(&doc)
			if err != nil {
				t.Fatal(err)
			}
			if got := all(t, c, bson.M{"n": 1}, options.Find().SetSort(bson.M{"_id": -1}).SetProjection(bson.M{"at": 0})); len(got) != 3 {
				t.Errorf("Find() = %v", got)
			}
			if _, err := c.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: "status", Value: 1}}}); err != nil {
				t.Fatal(err)
			}
			deleted, err := c.DeleteOne(ctx, bson.M{"status": "processado"})
			if err != nil || deleted.DeletedCount != 1 {
				t.Fatalf("DeleteOne() = %+v, %v", deleted, err)
			}
		})
	}
}

// rand16 makes a password.
func rand16() string { return bson.NewObjectID().Hex() }
