package fleetkit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/ordergen"
)

// finished fails the test unless the run is done, complete, and as its seed foretells: by
// its counts, by a recount, and by the documents in the database.
func (s *bed) finished(id order.RunID) {
	s.t.Helper()
	run := s.ended(id)
	counts := s.counts(id)
	if err := complete(&run, &counts); err != nil {
		s.t.Fatalf("run %s: %v", id, err)
	}
	s.sound()
	found := readOrders(s.t, s.mongo.URI(database), id)
	if err := foretold(&run, found); err != nil {
		s.t.Fatalf("run %s in the database: %v", id, err)
	}
	s.settled.Range(func(k, n any) bool {
		if n.(*atomic.Int32).Load() > 1 {
			s.t.Errorf("the outcome of order %v was reported durable twice", k)
		}
		return true
	})
}

// ended returns the run, which must be done.
func (s *bed) ended(id order.RunID) order.Run {
	s.t.Helper()
	run, err := s.db.Run(s.t.Context(), id)
	if err != nil || run.Phase != order.Done {
		counts, _ := s.db.Counts(s.t.Context(), id)
		s.t.Fatalf("Run(%s) = %v, %v; want it DONE; counts %+v", id, run.Phase, err, counts)
	}
	return run
}

func (s *bed) counts(id order.RunID) order.Counts {
	s.t.Helper()
	counts, err := s.db.Counts(s.t.Context(), id)
	if err != nil {
		s.t.Fatalf("Counts(%s) = %v", id, err)
	}
	return counts
}

// sound fails the test unless the store verifies clean and its counts are those of the
// recount.
func (s *bed) sound() {
	s.t.Helper()
	report, err := s.db.Verify(s.t.Context())
	if err != nil {
		s.t.Fatalf("Verify() = %v", err)
	}
	if !report.Clean() {
		s.t.Fatalf("Verify() found %d problems, want none: %q", report.Found, report.Problems)
	}
	for _, r := range report.Runs {
		if diff := cmp.Diff(r.Counts, s.counts(r.Run.ID)); diff != "" {
			s.t.Fatalf("Counts(%s) differs from the recount (-recount +counts):\n%s", r.Run.ID, diff)
		}
	}
}

// complete says what is wrong with a run that is done, nil if nothing is: every order
// settled once, the known digest, and VIP before NORMAL.
func complete(run *order.Run, counts *order.Counts) error {
	if counts.Generated() != run.Spec.Target || counts.Unsettled() != 0 || counts.Removed() != 0 || !counts.Conserved() {
		return fmt.Errorf("counts are %+v, want %d orders, all settled", *counts, run.Spec.Target)
	}
	h, err := handler.New(run.Spec.Work, run.Spec.Seed)
	if err != nil {
		return err
	}
	known := ordergen.New(run.Spec.Seed, run.Spec.Weights).Digest(uint64(run.Spec.Target), h.Foretell)
	if counts.Digest() != known {
		return fmt.Errorf("digest is %v, the seed foretells %v", counts.Digest(), known)
	}
	if vip, normal := counts[order.VIP].Last, counts[order.Normal].First; !normal.IsZero() && vip.After(normal) {
		return fmt.Errorf("the last VIP was done at %v, after the first NORMAL began at %v", vip, normal)
	}
	return nil
}

// document is what the oracle looks at in an order's document.
type document struct {
	Key      bson.Binary `bson:"_id"`
	Customer string      `bson:"cliente"`
	Amount   float64     `bson:"valor"`
	Tier     string      `bson:"tier"`
	Note     string      `bson:"observacoes"`
	Status   string      `bson:"status"`
	Attempts int         `bson:"attempts"`
}

// readOrders reads a run's orders from the database itself, by their keys.
func readOrders(t *testing.T, uri string, id order.RunID) (found []document) {
	t.Helper()
	// The test's own context would end before a cleanup that fails has told why.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatalf("connect to the database: %v", err)
	}
	defer func() { _ = client.Disconnect(ctx) }()
	cursor, err := client.Database(database).Collection("orders").Find(ctx,
		bson.D{{Key: "runId", Value: bson.Binary{Subtype: bson.TypeBinaryUUID, Data: id[:]}}},
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	if err == nil {
		err = cursor.All(ctx, &found)
	}
	if err != nil {
		t.Fatalf("read orders from the database: %v", err)
	}
	return found
}

// foretold says in what the orders in the database are not what their seed makes of them,
// nil if in nothing: each is there once, with the outcome and after the attempts that are
// a function of seed, index and attempt.
func foretold(run *order.Run, found []document) error {
	if int64(len(found)) != run.Spec.Target {
		return fmt.Errorf("%d orders, want %d", len(found), run.Spec.Target)
	}
	work := run.Spec.Work
	work.Delay = 0
	h, err := handler.New(work, run.Spec.Seed)
	if err != nil {
		return err
	}
	made := make([]order.Order, len(found))
	ordergen.New(run.Spec.Seed, run.Spec.Weights).Fill(made, run.ID, 0)
	for i := range made {
		o := &made[i]
		attempts := attemptsOf(h, o, work.Attempts)
		h.Foretell(o)
		status := map[order.Status]string{order.Processed: "processado", order.Dead: "falhou"}[o.Status]
		want := document{
			Key: bson.Binary{Subtype: bson.TypeBinaryUUID, Data: o.Key[:]}, Customer: o.Customer,
			Amount: float64(o.Amount) / 100, Tier: o.Tier.String(), Note: o.Note, Status: status, Attempts: attempts,
		}
		got := found[i]
		got.Amount = math.Round(got.Amount*100) / 100
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("order %d (-foretold +found):\n%s", i, diff)
		}
	}
	return nil
}

// attemptsOf returns how many attempts an order takes until its outcome.
func attemptsOf(h handler.Handler, o *order.Order, most int) int {
	tried := *o
	for tried.Attempts = range most {
		if err := h.Handle(context.Background(), &tried); !errors.Is(err, handler.ErrSimulated) {
			return tried.Attempts + 1
		}
	}
	return most
}
