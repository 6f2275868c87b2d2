package mongoredis

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// TestInsertAfterAnAttemptThatWasCutOff: an attempt wrote its orders and no block, and
// when it is repeated an order that was refused no longer is.
func TestInsertAfterAnAttemptThatWasCutOff(t *testing.T) {
	mongo := mongotest.Start(t, mongotest.Options{})
	redis := redistest.Start(t, redistest.Options{})
	db := mustOpen(t, Options{Mongo: mongo.URI("filavip"), Redis: Redis{Addrs: []string{redis.Addr()}}})
	ctx := context.Background()
	begin := func(kind order.Kind) order.Run {
		run, err := db.Begin(ctx, order.Spec{Kind: kind, Work: order.Work{Handler: "mark", Attempts: 3}, ChunkSize: 10, BlockSize: 2}, time.Now(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	chunk := func(run order.Run, refs ...string) (store.Fence, store.Chunk) {
		var all []order.Order
		for i, ref := range refs {
			all = append(all, order.Order{
				Key: run.ID.Key(uint64(i)), Ref: ref, Customer: "Cliente", Amount: 100, Tier: order.Gold, CreatedAt: time.UnixMilli(1e12).UTC(),
			})
		}
		return store.Fence{Run: run.ID, Epoch: run.Epoch}, store.Chunk{
			Orders: all, Next: order.Cursor{Next: uint64(len(refs))}, Ready: []order.Priority{order.Normal},
		}
	}
	holder := begin(order.Standing)
	fence, one := chunk(holder, "taken")
	if _, err := db.Insert(ctx, fence, one); err != nil {
		t.Fatal(err)
	}
	run := begin(order.Imported)
	fence, all := chunk(run, "taken", "a", "b", "c")
	cut := mongo.Inject(mongotest.Fault{Command: "insert", Collection: blocksName, Action: mongotest.CutBefore, Times: -1})
	if _, err := db.Insert(ctx, fence, all); !errors.Is(err, order.ErrUnavailable) {
		t.Fatalf("Insert without blocks = %v, want %v", err, order.ErrUnavailable)
	}
	cut.Remove()
	if _, err := db.Cancel(ctx, holder.ID, store.CancelOptions{At: time.Now()}, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := db.Insert(ctx, fence, all); err != nil || got.Added != 4 {
		t.Fatalf("Insert again = %+v, %v, want 4 added", got, err)
	}
	for index, want := range []int64{0, 0, 2, 2} {
		var doc bson.M
		if err := db.orders.FindOne(ctx, byID(uuid(run.ID.Key(uint64(index))))).Decode(&doc); err != nil {
			t.Fatal(err)
		}
		if doc[fieldBlock] != want {
			t.Errorf("order %d names block %v, want %d", index, doc[fieldBlock], want)
		}
	}
	if report, err := db.Verify(ctx); err != nil || !report.Clean() {
		t.Errorf("Verify = %v, %v, want nothing found", report.Problems, err)
	}
}
