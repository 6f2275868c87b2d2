package mongoredis

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
)

// errConflict says that a block is no longer in the version that was to be changed.
var errConflict = errors.New("block has changed")

// readBlocks reads the blocks with those IDs that exist.
func (s *DB) readBlocks(ctx context.Context, ids []blockID) (map[blockID]*block, error) {
	found := make(map[blockID]*block, len(ids))
	err := s.eachBlock(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, nil, func(b *block) error {
		found[b.id] = b
		return nil
	})
	return found, err
}

// eachBlock calls visit with the blocks that match.
func (s *DB) eachBlock(ctx context.Context, filter bson.D, opts *options.FindOptionsBuilder, visit func(*block) error) error {
	if opts == nil {
		opts = options.Find()
	}
	cursor, err := s.blocks.Find(ctx, filter, opts)
	if err != nil {
		return unreachable("MongoDB", err)
	}
	defer giveBack(ctx, cursor)
	for cursor.Next(ctx) {
		var d blockDoc
		if err := cursor.Decode(&d); err != nil {
			return fmt.Errorf("%w: block: %w", order.ErrCorrupt, err)
		}
		b, err := d.block()
		if err != nil {
			return err
		}
		if err := visit(b); err != nil {
			return err
		}
	}
	return unreachable("MongoDB", cursor.Err())
}

// swap writes changed blocks over the versions they were made from, each on its own, and
// raises their versions. It returns errConflict if not all of them were still in those
// versions: then, as after any other error, it is unknown which were written.
func (s *DB) swap(ctx context.Context, changed ...*block) error {
	if len(changed) == 0 {
		return nil
	}
	models := make([]mongo.WriteModel, len(changed))
	for i, b := range changed {
		doc := b.doc()
		doc.Version++
		models[i] = mongo.NewReplaceOneModel().
			SetFilter(bson.D{{Key: "_id", Value: doc.ID}, {Key: "v", Value: b.version}}).SetReplacement(doc).SetUpsert(makes)
	}
	result, err := s.blocks.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
	if err != nil {
		return unreachable("MongoDB", err)
	}
	if result.MatchedCount != int64(len(changed)) {
		return errConflict
	}
	for _, b := range changed {
		b.version++
	}
	return nil
}

// maxSwaps bounds how often a change of one block is tried anew because others change it.
const maxSwaps = 1000

// update changes one block by compare-and-set. change gets a copy that it may change, and
// returns false to leave the block as it is; it is called again after a conflict. The
// block is returned as it is afterwards, nil if there is none. Changes of orders that
// change has noted are written too.
func (s *DB) update(ctx context.Context, id blockID, change func(*block) (bool, error)) (*block, error) {
	for range maxSwaps {
		found, err := s.readBlocks(ctx, []blockID{id})
		if err != nil || found[id] == nil {
			return nil, err
		}
		b := found[id]
		if err := s.finish(ctx, b); err != nil {
			return nil, err
		}
		changed, err := change(b)
		if err != nil || !changed {
			return b, err
		}
		err = s.swap(ctx, b)
		if errors.Is(err, errConflict) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return b, s.finish(ctx, b)
	}
	return nil, fmt.Errorf("%w: block %s changes all the time", order.ErrUnavailable, id)
}

// finish writes what the blocks' orders still have to see, and takes the notes of it
// away. Whoever finds notes may call it: repeated, or late, it changes nothing more.
func (s *DB) finish(ctx context.Context, blocks ...*block) error {
	var models []mongo.WriteModel
	var ids []blockID
	var nonces []string
	for _, b := range blocks {
		for i := range b.todo {
			models = append(models, b.todo[i].models(b)...)
			nonces = append(nonces, b.todo[i].nonce)
		}
		if len(b.todo) > 0 {
			ids = append(ids, b.id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if _, err := s.orders.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false)); err != nil {
		return fmt.Errorf("write outcomes: %w", unreachable("MongoDB", err))
	}
	slices.Sort(nonces)
	if err := s.forget(ctx, ids, slices.Compact(nonces)); err != nil {
		return err
	}
	for _, b := range blocks {
		b.todo = nil
	}
	return nil
}

// forget takes notes away that have been seen to. The version stays: a note that comes
// back with a change of an older copy is seen to again, which does no harm.
func (s *DB) forget(ctx context.Context, ids []blockID, nonces []string) error {
	filter := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}
	pull := bson.D{{Key: "$pull", Value: bson.D{{Key: "todo", Value: bson.D{{Key: "nonce", Value: bson.D{{Key: "$in", Value: nonces}}}}}}}}
	if _, err := s.blocks.UpdateMany(ctx, filter, pull); err != nil {
		return fmt.Errorf("forget outcomes: %w", unreachable("MongoDB", err))
	}
	return nil
}
