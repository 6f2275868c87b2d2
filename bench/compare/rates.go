package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// rates are what the database does by itself, asked by the official Go driver, in
// documents per second. They bound both sides.
type rates struct {
	Update     float64 `json:"updateOne"`  // conditional, 25 in flight
	Bulk       float64 `json:"bulkWrite"`  // 1,000 such at once, unordered, 4 in flight
	UpdateMany float64 `json:"updateMany"` // 1,000 documents at once, 4 in flight
	Insert     float64 `json:"insertMany"` // 10,000 documents at once
}

const (
	ratedInserts    = 200_000
	ratedSingles    = 40_000
	insertedOnce    = 10_000
	updatedOnce     = 1_000
	singlesInFlight = 25
	bulksInFlight   = 4
)

func measureRates(ctx context.Context, s *servers) (rates, error) {
	c := s.db().Collection("rates")
	_, err := c.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: "id", Value: 1}}, Options: options.Index().SetUnique(true)})
	if err != nil {
		return rates{}, err
	}
	var r rates
	var errs []error
	take := func(n int, work func() error) float64 {
		begun := time.Now()
		errs = append(errs, work())
		return float64(n) / time.Since(begun).Seconds()
	}
	r.Insert = take(ratedInserts, func() error { return insertOrders(ctx, c) })
	half := ratedSingles + (ratedInserts-ratedSingles)/2/updatedOnce*updatedOnce
	r.Update = take(ratedSingles, func() error { return update(0, ratedSingles, 1, singlesInFlight, updateOne(ctx, c)) })
	r.Bulk = take(half-ratedSingles, func() error { return update(ratedSingles, half, updatedOnce, bulksInFlight, updateBulk(ctx, c)) })
	r.UpdateMany = take(ratedInserts-half, func() error { return update(half, ratedInserts, updatedOnce, bulksInFlight, updateMany(ctx, c)) })
	return r, errors.Join(errs...)
}

func insertOrders(ctx context.Context, c *mongo.Collection) error {
	for from := 0; from < ratedInserts; from += insertedOnce {
		chunk := make([]any, insertedOnce)
		for i := range chunk {
			chunk[i] = bson.D{
				{Key: "id", Value: orderID(from + i)}, {Key: "cliente", Value: fmt.Sprintf("Cliente %d", from+i)},
				{Key: "valor", Value: float64(i%100_000+1) / 100}, {Key: "tier", Value: "DIAMOND"}, {Key: "priority", Value: "VIP"},
				{Key: "observacoes", Value: "gerado"}, {Key: "status", Value: "pendente"}, {Key: "createdAt", Value: time.Now()},
			}
		}
		if _, err := c.InsertMany(ctx, chunk, options.InsertMany().SetOrdered(false)); err != nil {
			return err
		}
	}
	return nil
}

// orderID has the length of the identifiers that orders have.
func orderID(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i) }

func pending(i int) bson.D {
	return bson.D{{Key: "id", Value: orderID(i)}, {Key: "status", Value: "pendente"}}
}

func done() bson.D {
	return bson.D{{Key: "$set", Value: bson.D{{Key: "status", Value: "processado"}, {Key: "observacoes", Value: "enviado com prioridade"}}}}
}

// update changes the documents from one number up to another, so many at once and in so
// many requests at a time. each returns how many it has changed.
func update(from, to, atOnce, inFlight int, each func(from, to int) (int64, error)) error {
	var next atomic.Int64
	next.Store(int64(from))
	failed := make([]error, inFlight)
	var work sync.WaitGroup
	for w := range inFlight {
		work.Go(func() {
			for failed[w] == nil {
				at := int(next.Add(int64(atOnce))) - atOnce
				if at >= to {
					return
				}
				n, err := each(at, at+atOnce)
				if err == nil && n != int64(atOnce) {
					err = fmt.Errorf("the database changed %d documents, want %d", n, atOnce)
				}
				failed[w] = err
			}
		})
	}
	work.Wait()
	return errors.Join(failed...)
}

func updateOne(ctx context.Context, c *mongo.Collection) func(from, to int) (int64, error) {
	return func(from, _ int) (int64, error) {
		r, err := c.UpdateOne(ctx, pending(from), done())
		if err != nil {
			return 0, err
		}
		return r.ModifiedCount, nil
	}
}

func updateBulk(ctx context.Context, c *mongo.Collection) func(from, to int) (int64, error) {
	return func(from, to int) (int64, error) {
		models := make([]mongo.WriteModel, to-from)
		for i := range models {
			models[i] = mongo.NewUpdateOneModel().SetFilter(pending(from + i)).SetUpdate(done())
		}
		r, err := c.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
		if err != nil {
			return 0, err
		}
		return r.ModifiedCount, nil
	}
}

func updateMany(ctx context.Context, c *mongo.Collection) func(from, to int) (int64, error) {
	return func(from, to int) (int64, error) {
		ids := make([]string, to-from)
		for i := range ids {
			ids[i] = orderID(from + i)
		}
		r, err := c.UpdateMany(ctx, bson.D{{Key: "id", Value: bson.D{{Key: "$in", Value: ids}}}, {Key: "status", Value: "pendente"}}, done())
		if err != nil {
			return 0, err
		}
		return r.ModifiedCount, nil
	}
}
