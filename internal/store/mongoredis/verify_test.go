package mongoredis

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// damaged is a store in which somebody wrote who should not have.
type damaged struct {
	*testing.T
	db  *DB
	run order.RunID
}

// sound returns a store in which of the VIP orders 0 is processed, 1 dead, 2 to be tried
// again and 3 claimed, all of one block; 4 and 5 wait in the next one, and 6 and 7, which
// are NORMAL, in theirs. 8 lies past the cursor.
func sound(t *testing.T, sv *servers) *damaged {
	t.Helper()
	ctx := t.Context()
	db := mustOpen(t, sv.options())
	r, err := db.Begin(ctx, order.Spec{Kind: order.Generated, BlockSize: 4}, time.UnixMilli(1000), nil)
	if err != nil {
		t.Fatal(err)
	}
	chunk := store.Chunk{Next: order.Cursor{Next: 8}, Ready: slices.Collect(slices.Values([]order.Priority{order.VIP, order.Normal}))}
	for i := range uint64(8) {
		o := order.Order{Key: r.ID.Key(i), Customer: "c", Tier: order.Diamond}
		if i > 5 {
			o.Tier = order.Bronze
		}
		chunk.Orders = append(chunk.Orders, o)
	}
	if _, err := db.Insert(ctx, store.Fence{Run: r.ID, Epoch: r.Epoch}, chunk); err != nil {
		t.Fatal(err)
	}
	claims, _, err := db.Claim(ctx, "w", time.UnixMilli(2000), 4)
	if err != nil || len(claims) != 1 {
		t.Fatalf("Claim = %d claims, %v", len(claims), err)
	}
	at := time.UnixMilli(3000)
	processed, dead := chunk.Orders[0], chunk.Orders[1]
	processed.Process(at)
	dead.Kill(at, "timeout")
	err = db.Settle(ctx, store.Settlement{Claim: claims[0], Started: at, At: at, Outcomes: []store.Outcome{
		{Index: 0, Status: order.Processed, At: at, Sum: processed.Sum()},
		{Index: 1, Status: order.Dead, At: at, Reason: "timeout", Sum: dead.Sum()},
		{Index: 2, Status: order.Pending, At: at, Due: at.Add(time.Hour), Reason: "timeout"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	d := &damaged{t, db, r.ID}
	beyond := order.Order{Key: r.ID.Key(8), Customer: "c"}
	if _, err := db.orders.InsertOne(ctx, bson.Raw(appendOrder(nil, &beyond, 8))); err != nil {
		t.Fatal(err)
	}
	if report := d.verify(); !report.Clean() || report.Orders != 8 {
		t.Fatalf("Verify of a sound store = %+v", report)
	}
	return d
}

func (d *damaged) verify() store.Report {
	d.Helper()
	report, err := d.db.Verify(d.Context())
	if err != nil {
		d.Fatalf("Verify = %v", err)
	}
	return report
}

// order changes the document of one order.
func (d *damaged) order(index uint64, update bson.D) {
	d.Helper()
	result, err := d.db.orders.UpdateOne(d.Context(), byID(uuid(d.run.Key(index))), update)
	if err != nil || result.ModifiedCount != 1 {
		d.Fatalf("order %d not changed: %v", index, err)
	}
}

// block changes the document of the VIP block that begins at the index.
func (d *damaged) block(first uint64, update bson.D) {
	d.Helper()
	result, err := d.db.blocks.UpdateOne(d.Context(), byID(newBlockID(d.run, order.VIP, first)), update)
	if err != nil || result.ModifiedCount != 1 {
		d.Fatalf("block not changed: %v", err)
	}
}

func set(field string, value any) bson.D {
	return bson.D{{Key: "$set", Value: bson.D{{Key: field, Value: value}}}}
}

func TestVerifyFindsDamage(t *testing.T) {
	t.Parallel()
	sv := startServers(t)
	for name, c := range map[string]struct {
		damage func(d *damaged)
		want   string // in one of the problems
	}{
		"an amount changed":       {func(d *damaged) { d.order(0, set(fieldAmount, 5.0)) }, "digest"},
		"a status changed":        {func(d *damaged) { d.order(4, set(fieldStatus, statusName(order.Removed))) }, "not pending"},
		"an outcome is lost":      {func(d *damaged) { d.order(0, set(fieldStatus, statusName(order.Pending))) }, "in no part"},
		"attempts changed":        {func(d *damaged) { d.order(2, set(fieldAttempts, 2)) }, "attempts"},
		"an order is of no block": {func(d *damaged) { d.order(5, set(fieldBlock, int64(5))) }, "not there"},
		"an order's lane changed": {func(d *damaged) { d.order(6, set(fieldPriority, "VIP")) }, fieldPriority},
		"an order is ahead":       {func(d *damaged) { d.order(0, set(fieldRev, int64(99))) }, "version 99"},
		"a field is no date":      {func(d *damaged) { d.order(6, set(fieldCreatedAt, "today")) }, fieldCreatedAt},
		"a letter is lost":        {func(d *damaged) { d.order(1, bson.D{{Key: "$unset", Value: bson.D{{Key: fieldLetter, Value: ""}}}}) }, "letter"},
		"an order is gone": {func(d *damaged) {
			if _, err := d.db.orders.DeleteOne(d.Context(), byID(uuid(d.run.Key(7)))); err != nil {
				d.Fatal(err)
			}
		}, "counts 2 orders, there are 1"},
		"a block is gone": {func(d *damaged) {
			if _, err := d.db.blocks.DeleteOne(d.Context(), byID(newBlockID(d.run, order.VIP, 4))); err != nil {
				d.Fatal(err)
			}
		}, "not there"},
		"a counter is off":         {func(d *damaged) { d.block(0, set("processed", int64(2))) }, "counts 2 processed, there are 1"},
		"a derived counter is off": {func(d *damaged) { d.block(4, set("waiting", int64(5))) }, "counts 5 waiting orders"},
		"a count of parts is off":  {func(d *damaged) { d.block(4, set("parts_waiting", int64(0))) }, "counts 0 waiting parts"},
		"a block is not open":      {func(d *damaged) { d.block(4, set("open", false)) }, "open: false"},
		"a digest is off":          {func(d *damaged) { d.block(0, set("sum.d", int64(5))) }, "digest"},
		"a dead letter is missing": {func(d *damaged) { d.block(0, set("buried", []byte{})) }, "dead letters"},
		"a part is twice":          {func(d *damaged) { d.twice() }, "in two places"},
		"a part is lost":           {func(d *damaged) { d.block(4, set("parts", bson.A{})) }, "in no part"},
		"a part holds too much":    {func(d *damaged) { d.block(4, set("parts.0.indexes", pack([]uint64{4, 5, 9}))) }, "not pending"},
		"indexes are cut off":      {func(d *damaged) { d.block(4, set("parts.0.indexes", []byte{0x80})) }, "cannot be read"},
		"a block is another's":     {func(d *damaged) { d.block(4, set("run", uuid(order.NewRunID(5, 5)))) }, "says that it is of run"},
		"a run is unreadable": {func(d *damaged) {
			if _, err := d.db.runs.UpdateOne(d.Context(), byID(uuid(d.run)), set("run", "{")); err != nil {
				d.Fatal(err)
			}
		}, "run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := sound(t, sv)
			c.damage(d)
			report := d.verify()
			if report.Clean() || int64(len(report.Problems)) != report.Found {
				t.Fatalf("Verify = %+v, want problems, all of them spelled out", report)
			}
			if !slices.ContainsFunc(report.Problems, func(p string) bool { return strings.Contains(p, c.want) }) {
				t.Errorf("Verify found %q, want %q among it", report.Problems, c.want)
			}
		})
	}
}

// twice puts the order that is delayed into the part that is claimed too.
func (d *damaged) twice() {
	d.Helper()
	found, err := d.db.readBlocks(d.Context(), []blockID{newBlockID(d.run, order.VIP, 0)})
	if err != nil {
		d.Fatal(err)
	}
	for _, b := range found {
		for i := range b.parts {
			b.parts[i].indexes = []uint64{2, 3}
		}
		if err := d.db.swap(d.Context(), b); err != nil {
			d.Fatal(err)
		}
	}
}

// TestVerifyFinishes: outcomes that a process did not write before it died are no damage.
func TestVerifyFinishes(t *testing.T) {
	t.Parallel()
	d := sound(t, startServers(t))
	id := newBlockID(d.run, order.VIP, 4)
	found, err := d.db.readBlocks(d.Context(), []blockID{id})
	if err != nil {
		t.Fatal(err)
	}
	b := found[id]
	b.parts, b.counts.Removed = nil, 2
	b.note(change{kind: remove, nonce: newNonce(), indexes: []uint64{4, 5}})
	if err := d.db.swap(d.Context(), b); err != nil {
		t.Fatal(err)
	}
	if report := d.verify(); !report.Clean() {
		t.Fatalf("Verify = %q, want no problem", report.Problems)
	}
	o, err := d.db.Order(d.Context(), d.run.Key(5))
	if err != nil || o.Status != order.Removed {
		t.Errorf("Order after Verify = %v, %v, want it removed", o.Status, err)
	}
}

// TestVerifyBesideWork verifies again and again while orders are claimed and settled.
func TestVerifyBesideWork(t *testing.T) {
	t.Parallel()
	db := mustOpen(t, startServers(t).options())
	r, err := db.Begin(t.Context(), order.Spec{Kind: order.Generated, BlockSize: 5}, time.UnixMilli(1000), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	worked := make(chan error, 1)
	go func() { worked <- keepWorking(ctx, db, r) }()
	for range 30 {
		report, err := db.Verify(t.Context())
		if err != nil || !report.Clean() {
			t.Fatalf("Verify beside work = %q, %v, want no problem", report.Problems, err)
		}
	}
	stop()
	if err := <-worked; err != nil {
		t.Fatal(err)
	}
	report, err := db.Verify(t.Context())
	if err != nil || !report.Clean() || report.Orders == 0 {
		t.Errorf("Verify after work = %+v, %v, want some orders and no problem", report, err)
	}
}

// keepWorking inserts orders and gives them all kinds of outcomes until ctx is done.
func keepWorking(ctx context.Context, db *DB, r order.Run) error {
	within := context.WithoutCancel(ctx) // what has begun comes to its end
	for next := uint64(0); ctx.Err() == nil; next += 50 {
		chunk := store.Chunk{First: next, Next: order.Cursor{Next: next + 50}, Ready: []order.Priority{order.VIP, order.Normal}}
		for i := range uint64(50) {
			chunk.Orders = append(chunk.Orders, order.Order{Key: r.ID.Key(next + i), Customer: "c", Tier: order.Tier(i % order.TierCount)})
		}
		if _, err := db.Insert(within, store.Fence{Run: r.ID, Epoch: r.Epoch}, chunk); err != nil {
			return err
		}
		claims, _, err := db.Claim(within, "w", time.UnixMilli(2000), 40)
		if err != nil {
			return err
		}
		for _, c := range claims {
			if err := settleMixed(within, db, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// settleMixed processes some of the claim's orders, kills some, and has some tried again.
func settleMixed(ctx context.Context, db *DB, c *store.Claim) error {
	loaded, err := db.Load(ctx, c, new(store.Slab))
	if err != nil {
		return err
	}
	at := time.UnixMilli(3000)
	work := store.Settlement{Claim: c, Started: at, At: at}
	for i := range loaded {
		o, out := &loaded[i], store.Outcome{Index: loaded[i].Key.Index(), At: at, Due: at.Add(time.Hour), Reason: "timeout"}
		switch i % 3 {
		case 0:
			o.Process(at)
		case 1:
			o.Kill(at, out.Reason)
		}
		if out.Status = o.Status; out.Status != order.Pending {
			out.Sum = o.Sum()
		}
		work.Outcomes = append(work.Outcomes, out)
	}
	return db.Settle(ctx, work)
}
