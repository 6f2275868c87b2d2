package mongoredis

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// sampleDoc is the document of a block of samples. Its ID sorts by run, then number.
type sampleDoc struct {
	ID    string      `bson:"_id"`
	Run   bson.Binary `bson:"run"`
	Seq   int64       `bson:"seq"`
	Block []byte      `bson:"block"`
}

func sampleID(run order.RunID, seq uint32) string { return fmt.Sprintf("%s/%010d", run, seq) }

// SaveSamples implements [store.Samples].
func (s *DB) SaveSamples(ctx context.Context, id order.RunID, seq uint32, block []byte) error {
	if err := s.saveSamples(ctx, id, seq, block); err != nil {
		return fmt.Errorf("save samples of run %v: %w", id, err)
	}
	return nil
}

func (s *DB) saveSamples(ctx context.Context, id order.RunID, seq uint32, block []byte) error {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if _, err := s.readRun(ctx, id); err != nil {
		return err
	}
	if err := store.CheckSamples(block); err != nil {
		return err
	}
	doc := sampleDoc{ID: sampleID(id, seq), Run: uuid(id), Seq: int64(seq), Block: block}
	replace := func() error {
		_, err := s.samples.ReplaceOne(ctx, byID(doc.ID), doc, options.Replace().SetUpsert(true))
		return err
	}
	err = replace()
	if mongo.IsDuplicateKeyError(err) { // by a call at the same time
		err = replace()
	}
	return unreachable("MongoDB", err)
}

// Samples implements [store.Samples].
func (s *DB) Samples(ctx context.Context, id order.RunID) ([][]byte, error) {
	blocks, err := s.readSamples(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read samples of run %v: %w", id, err)
	}
	return blocks, nil
}

func (s *DB) readSamples(ctx context.Context, id order.RunID) ([][]byte, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if _, err := s.readRun(ctx, id); err != nil {
		if isNotFound(err) {
			return nil, nil // what a call left behind that a reset overtook
		}
		return nil, err
	}
	all := bson.D{{Key: "$gte", Value: sampleID(id, 0)}, {Key: "$lte", Value: sampleID(id, 1<<32-1)}}
	cursor, err := s.samples.Find(ctx, byID(all), options.Find().SetSort(byID(1)))
	if err != nil {
		return nil, unreachable("MongoDB", err)
	}
	var docs []sampleDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, unreachable("MongoDB", err)
	}
	var blocks [][]byte
	for i := range docs {
		blocks = append(blocks, docs[i].Block)
	}
	return blocks, nil
}
