package mongoredis

import (
	"context"
	"fmt"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Usage is the room that a store takes, as far as its servers say: those of others may
// not be allowed to.
type Usage struct {
	Disk   int64 // bytes of MongoDB's files for the database, indexes included; 0 if it does not say
	Memory int64 // bytes that Redis uses, for whatever is in it; 0 if it does not say
	Runs   int64
}

// Usage returns how much room the store takes.
func (s *DB) Usage(ctx context.Context) (Usage, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return Usage{}, fmt.Errorf("usage: %w", err)
	}
	defer leave()
	runs, err := s.runs.EstimatedDocumentCount(ctx)
	if err != nil {
		return Usage{}, fmt.Errorf("usage: %w", unreachable("MongoDB", err))
	}
	u := Usage{Runs: runs}
	var stats struct {
		Storage float64 `bson:"storageSize"`
		Indexes float64 `bson:"indexSize"`
	}
	if s.state.Database().RunCommand(ctx, bson.D{{Key: "dbStats", Value: 1}}).Decode(&stats) == nil {
		u.Disk = int64(stats.Storage + stats.Indexes)
	}
	all, err := inform(ctx, s.redis.client())
	if err != nil {
		return u, nil // it is said of MongoDB, and Redis may come and go
	}
	for _, i := range all {
		if n, err := strconv.ParseInt(i["used_memory"], 10, 64); err == nil {
			u.Memory += n
		}
	}
	return u, nil
}
