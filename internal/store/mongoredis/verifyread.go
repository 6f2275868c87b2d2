package mongoredis

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
)

// eachRaw calls visit with the orders that match, by key, also with those that cannot be
// decoded, up to a limit; 0 means all.
func (c *check) eachRaw(ctx context.Context, filter bson.D, limit int64, visit func(bson.Raw, *orderDoc, error)) error {
	opts := options.Find().SetSort(byID(1)).SetHint(byID(1)).SetLimit(limit).SetBatchSize(window)
	cursor, err := c.db.orders.Find(ctx, filter, opts)
	if err != nil {
		return unreachable("MongoDB", err)
	}
	defer giveBack(ctx, cursor)
	for cursor.Next(ctx) {
		d, err := decodeOrder(cursor.Current)
		if err == nil {
			err = d.sound(cursor.Current)
		}
		visit(cursor.Current, &d, err)
	}
	return unreachable("MongoDB", cursor.Err())
}

// readBlocks reads the blocks that match, by ID, and checks each by itself. Those that
// make no sense it leaves out.
func (c *check) readBlocks(ctx context.Context, filter bson.D) ([]*block, error) {
	cursor, err := c.db.blocks.Find(ctx, filter, options.Find().SetSort(byID(1)))
	if err != nil {
		return nil, unreachable("MongoDB", err)
	}
	defer giveBack(ctx, cursor)
	var blocks []*block
	for cursor.Next(ctx) {
		var d blockDoc
		var b *block
		err := cursor.Decode(&d)
		if err == nil {
			b, err = d.block()
		}
		if err != nil {
			c.findings.problem("block %s cannot be read: %v", keyOf(cursor.Current), err)
			continue
		}
		if b.lane >= order.PriorityCount || b.run != c.run.ID || b.id != newBlockID(b.run, b.lane, b.first) {
			c.findings.problem("block %s says that it is of run %s, lane %d, from %d on", b.id, b.run, b.lane, b.first)
			continue
		}
		c.stated(&d, b)
		blocks = append(blocks, b)
	}
	return blocks, unreachable("MongoDB", cursor.Err())
}

// stated checks those fields of a block's document that follow from others, and are
// there for servers to look for and to add up.
func (c *check) stated(d *blockDoc, b *block) {
	want := b.doc()
	for _, f := range []struct {
		name      string
		got, want int64
	}{
		{"waiting orders", d.Waiting, want.Waiting},
		{"delayed orders", d.Delayed, want.Delayed},
		{"claimed orders", d.Claimed, want.Claimed},
		{"waiting parts", d.Ready, want.Ready},
		{"delayed parts", d.Late, want.Late},
		{"claimed parts", d.Held, want.Held},
	} {
		if f.got != f.want {
			c.findings.problem("block %s counts %d %s, it has %d", b.id, f.got, f.name, f.want)
		}
	}
	if d.Open != want.Open {
		c.findings.problem("block %s is open: %t, it has %d parts", b.id, d.Open, len(b.parts))
	}
	numbers := map[int]bool{}
	for i := range b.parts {
		p := &b.parts[i]
		if numbers[p.number] || p.number >= b.next {
			c.findings.problem("block %s has two parts %d, or will have", b.id, p.number)
		}
		numbers[p.number] = true
		if len(p.indexes) == 0 || !rising(p.indexes) {
			c.findings.problem("part %d of block %s is empty or not in order", p.number, b.id)
		}
	}
}

// rising says whether each index is above the one before it.
func rising(indexes []uint64) bool {
	for i := 1; i < len(indexes); i++ {
		if indexes[i] <= indexes[i-1] {
			return false
		}
	}
	return true
}

// changed returns which blocks are no longer in the versions in which they were read.
func (c *check) changed(ctx context.Context, all []*recount) (map[blockID]bool, error) {
	changed := map[blockID]bool{}
	for batch := range slices.Chunk(all, loadBatch) {
		ids := make([]blockID, 0, len(batch))
		for _, rc := range batch {
			if rc.block != nil {
				ids = append(ids, rc.id)
				changed[rc.id] = true
			}
		}
		versions, err := c.versionsOf(ctx, ids)
		if err != nil {
			return nil, err
		}
		for _, rc := range batch {
			if v, there := versions[rc.id]; rc.block != nil && there && v == rc.block.version {
				delete(changed, rc.id)
			}
		}
	}
	return changed, nil
}

func (c *check) versionsOf(ctx context.Context, ids []blockID) (map[blockID]int64, error) {
	opts := options.Find().SetProjection(bson.D{{Key: "v", Value: 1}}).SetBatchSize(loadBatch)
	cursor, err := c.db.blocks.Find(ctx, byID(bson.D{{Key: "$in", Value: ids}}), opts)
	if err != nil {
		return nil, unreachable("MongoDB", err)
	}
	var docs []struct {
		ID      blockID `bson:"_id"`
		Version int64   `bson:"v"`
	}
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, unreachable("MongoDB", err)
	}
	versions := make(map[blockID]int64, len(docs))
	for _, d := range docs {
		versions[d.ID] = d.Version
	}
	return versions, nil
}

// sumVersions returns how many blocks the run has and the sum of their versions, which
// only ever grow.
func (c *check) sumVersions(ctx context.Context) (blocks, versions int64, err error) {
	cursor, err := c.db.blocks.Aggregate(ctx, bson.A{
		bson.D{{Key: "$match", Value: committed(c.run)}},
		bson.D{{Key: "$group", Value: bson.D{
			{Key: "_id", Value: nil},
			{Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}}, {Key: "v", Value: bson.D{{Key: "$sum", Value: "$v"}}},
		}}},
	})
	var sums []struct{ N, V int64 }
	if err == nil {
		err = cursor.All(ctx, &sums)
	}
	if err != nil || len(sums) == 0 {
		return 0, 0, unreachable("MongoDB", err)
	}
	return sums[0].N, sums[0].V, nil
}

// keyOf returns the _id of a document as text, whatever it is.
func keyOf(raw bson.Raw) string {
	v := raw.Lookup("_id")
	if _, data, ok := v.BinaryOK(); ok && len(data) == len(order.Key{}) {
		return order.Key(data).String()
	}
	if text, ok := v.StringValueOK(); ok {
		return text
	}
	return v.String()
}
