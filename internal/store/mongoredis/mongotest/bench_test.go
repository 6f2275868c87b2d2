package mongotest_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
)

// order is a document of the size that the program's are.
func order(i int) bson.D {
	return bson.D{
		{Key: "_id", Value: fmt.Sprintf("%08d-0000-4000-8000-%012d", i, i)}, {Key: "id", Value: int64(i)},
		{Key: "cliente", Value: "Cliente 12345"}, {Key: "valor", Value: 123.45}, {Key: "tier", Value: "BRONZE"},
		{Key: "prioridade", Value: "NORMAL"}, {Key: "observacoes", Value: ""}, {Key: "status", Value: "pendente"},
		{Key: "run", Value: "2f1c"}, {Key: "block", Value: int64(i / 1000)}, {Key: "attempts", Value: int32(0)}, {Key: "epoch", Value: int64(1)},
	}
}

// fill inserts n orders, 1,000 at a time, into a collection with two indexes.
func fill(b *testing.B, c *mongo.Collection, n int) {
	b.Helper()
	_, err := c.Indexes().CreateMany(b.Context(), []mongo.IndexModel{
		{Keys: bson.D{{Key: "run", Value: 1}, {Key: "block", Value: 1}}},
		{Keys: bson.D{{Key: "status", Value: 1}, {Key: "prioridade", Value: 1}}},
	})
	if err != nil {
		b.Fatal(err)
	}
	for at := 0; at < n; at += 1000 {
		docs := make([]any, 0, 1000)
		for i := at; i < min(at+1000, n); i++ {
			docs = append(docs, order(i))
		}
		if _, err := c.InsertMany(b.Context(), docs, options.InsertMany().SetOrdered(false)); err != nil {
			b.Fatal(err)
		}
	}
}

func perSecond(b *testing.B, n int) {
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "docs/s")
}

func BenchmarkInsertMany(b *testing.B) {
	c := connect(b, start(b, mongotest.Options{})).Collection("orders")
	b.ResetTimer()
	fill(b, c, b.N)
	perSecond(b, b.N)
}

func BenchmarkUpdateMany(b *testing.B) {
	c := connect(b, start(b, mongotest.Options{})).Collection("orders")
	fill(b, c, b.N)
	b.ResetTimer()
	for at := 0; at < b.N; at += 1000 {
		ids := make(bson.A, 0, 1000)
		for i := at; i < min(at+1000, b.N); i++ {
			ids = append(ids, order(i)[0].Value)
		}
		done, err := c.UpdateMany(b.Context(), bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}, {Key: "status", Value: "pendente"}, {Key: "attempts", Value: 0}},
			bson.D{{Key: "$set", Value: bson.D{{Key: "status", Value: "processado"}, {Key: "observacoes", Value: "sent with priority"}, {Key: "attempts", Value: 1}}}})
		if err != nil || done.ModifiedCount != int64(len(ids)) {
			b.Fatalf("UpdateMany() = %+v, %v", done, err)
		}
	}
	perSecond(b, b.N)
}

// BenchmarkUpdateEach is one command of 1,000 statements.
func BenchmarkUpdateEach(b *testing.B) {
	c := connect(b, start(b, mongotest.Options{ReplicaSet: "rs0"})).Collection("orders")
	fill(b, c, b.N)
	b.ResetTimer()
	for at := 0; at < b.N; at += 1000 {
		var models []mongo.WriteModel
		for i := at; i < min(at+1000, b.N); i++ {
			models = append(models, mongo.NewUpdateOneModel().SetFilter(bson.D{{Key: "_id", Value: order(i)[0].Value}, {Key: "status", Value: "pendente"}}).
				SetUpdate(bson.D{{Key: "$set", Value: bson.D{{Key: "status", Value: "processado"}}}}))
		}
		if _, err := c.BulkWrite(b.Context(), models, options.BulkWrite().SetOrdered(false)); err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b, b.N)
}

func BenchmarkUpdateOne(b *testing.B) {
	c := connect(b, start(b, mongotest.Options{ReplicaSet: "rs0"})).Collection("orders")
	fill(b, c, b.N)
	var next atomic.Int64
	b.SetParallelism(4)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			id := order(int(next.Add(1) - 1))[0].Value
			done, err := c.UpdateOne(context.Background(), bson.D{{Key: "_id", Value: id}, {Key: "status", Value: "pendente"}}, bson.D{{Key: "$set", Value: bson.D{{Key: "status", Value: "processado"}}}})
			if err != nil || done.ModifiedCount != 1 {
				b.Errorf("UpdateOne(%v) = %+v, %v", id, done, err)
			}
		}
	})
	perSecond(b, b.N)
}

func BenchmarkFindByIndex(b *testing.B) {
	c := connect(b, start(b, mongotest.Options{})).Collection("orders")
	fill(b, c, 100_000)
	b.ResetTimer()
	for i := range b.N {
		got, err := c.Find(b.Context(), bson.D{{Key: "run", Value: "2f1c"}, {Key: "block", Value: i % 100}}, options.Find().SetBatchSize(1000))
		if err != nil {
			b.Fatal(err)
		}
		if n := got.RemainingBatchLength(); n != 1000 {
			b.Fatalf("Find() = %d documents, want 1000", n)
		}
	}
	perSecond(b, b.N*1000)
}

func BenchmarkGroup(b *testing.B) {
	c := connect(b, start(b, mongotest.Options{})).Collection("orders")
	fill(b, c, 100_000)
	b.ResetTimer()
	for range b.N {
		_, err := c.Aggregate(b.Context(), bson.A{bson.D{{Key: "$group", Value: bson.D{{Key: "_id", Value: bson.D{{Key: "s", Value: "$status"}, {Key: "p", Value: "$prioridade"}}}, {Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}}}}}})
		if err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b, b.N*100_000)
}
