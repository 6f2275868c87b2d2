package mongoredis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
)

// control is the document that all processes share: what holds for the whole store.
type control struct {
	ID         string `bson:"_id"`
	Version    int64  `bson:"v"`      // rises with every change
	Schema     int    `bson:"schema"` // of the documents
	Reader     int    `bson:"reader"` // the oldest schema a program must know to work with them
	Generation uint64 `bson:"generation"`
	Paused     bool   `bson:"paused"`
	LastMillis int64  `bson:"lastMillis"` // of the newest run's ID
	Wiping     bool   `bson:"wiping"`     // a reset is under way
	WipeBelow  int64  `bson:"wipeBelow"`  // of runs whose IDs have a lower millisecond
}

const controlID = "control"

// byID is the filter of one document.
func byID(id any) bson.D { return bson.D{{Key: "_id", Value: id}} }

// readControl reads the shared document and takes it for this process's view.
func (s *DB) readControl(ctx context.Context) (*control, error) {
	var c control
	err := s.state.FindOne(ctx, byID(controlID)).Decode(&c)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, fmt.Errorf("%w: the store's control document is gone", order.ErrCorrupt)
	}
	if err != nil {
		return nil, unreachable("MongoDB", err)
	}
	s.adopt(&c)
	return &c, nil
}

// adopt makes c this process's view, and that of its lanes, unless it has seen a later
// version: answers may overtake each other.
func (s *DB) adopt(c *control) {
	s.adopting.Lock()
	defer s.adopting.Unlock()
	old := s.control.Load()
	if old != nil && old.Version > c.Version {
		return
	}
	s.control.Store(c)
	if old != nil && old.Generation != c.Generation {
		s.lanes.Store(newLanes(&s.redis, s.state.Database().Name(), c.Generation))
		s.letGo(s.claims.all()...) // one may be of a run that began since
		s.gists.Clear()
		s.tallies.Clear()
	}
}

// setControl changes the shared document and returns it as it is then.
func (s *DB) setControl(ctx context.Context, update any) (*control, error) {
	var c control
	err := s.state.FindOneAndUpdate(ctx, byID(controlID), update,
		options.FindOneAndUpdate().SetReturnDocument(options.After)).Decode(&c)
	if err != nil {
		return nil, unreachable("MongoDB", err)
	}
	s.adopt(&c)
	return &c, nil
}

// raised is the version after a change, where that is a pipeline.
func raised() bson.E {
	return bson.E{Key: "v", Value: bson.D{{Key: "$add", Value: bson.A{bson.D{{Key: "$ifNull", Value: bson.A{"$v", 0}}}, 1}}}}
}

// nextMillis returns a millisecond above those of all runs before, and not before now.
func (s *DB) nextMillis(ctx context.Context, now time.Time) (int64, error) {
	next := bson.D{{Key: "$max", Value: bson.A{now.UnixMilli(), bson.D{{Key: "$add", Value: bson.A{"$lastMillis", 1}}}}}}
	c, err := s.setControl(ctx, bson.A{bson.D{{Key: "$set", Value: bson.D{{Key: "lastMillis", Value: next}, raised()}}}})
	if err != nil {
		return 0, err
	}
	return c.LastMillis, nil
}
