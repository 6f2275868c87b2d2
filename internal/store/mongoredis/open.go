package mongoredis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

var _ store.Fleet = (*DB)(nil)

// Open opens the store that the servers hold, beginning one where there is none yet. It
// waits up to ConnectTimeout for the servers to answer.
//
// What makes a server unfit is an error that wraps [order.ErrUnavailable] and says in one
// line which server it is, what is wrong, and what to set; a store that a newer version of
// this program wrote is [order.ErrSchema]. Then nothing was changed, unless what failed is
// the last step, the creation of the indexes. Credentials are in no error.
func Open(ctx context.Context, opts Options) (*DB, error) {
	opts = opts.withDefaults()
	s := &DB{
		opts: opts, node: nodeName(opts.Node) + "-" + strings.ToLower(rand.Text()[:8]),
		verbs: keyLocks{seed: maphash.MakeSeed()},
	}
	s.prepare()
	err := s.open(ctx)
	if err == nil {
		err = s.start(ctx)
	}
	if err != nil {
		_ = s.Close() // what it could not give back goes with the lease
		return nil, fmt.Errorf("open store: %w", err)
	}
	return s, nil
}

// open looks at both servers before it changes anything on either.
func (s *DB) open(ctx context.Context) error {
	within, cancel := context.WithTimeout(ctx, s.opts.ConnectTimeout)
	defer cancel()
	db, err := s.openMongo(within)
	if err != nil {
		return orEnded(ctx, err)
	}
	s.use(db)
	if err := s.survey(within); err != nil {
		return orEnded(ctx, err)
	}
	if err := s.openRedis(within); err != nil {
		return orEnded(ctx, err)
	}
	if err := s.found(ctx); err != nil {
		return orEnded(ctx, err)
	}
	s.lanes.Store(newLanes(&s.redis, db.Name(), s.control.Load().Generation))
	if err := s.beat(ctx); err != nil {
		return orEnded(ctx, err)
	}
	s.loops.Go(s.keepBeating)
	s.registerMetrics()
	return nil
}

// orEnded returns the error of the caller's context if that has ended, which is why
// whatever was under way has failed.
func orEnded(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	return err
}

// nodeName returns the name, or one that is made up of what tells processes apart.
func nodeName(name string) string {
	if name != "" {
		return name
	}
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	return fmt.Sprintf("%s-%d", host, os.Getpid())
}

// use makes a database's collections those of the store.
func (s *DB) use(db *mongo.Database) {
	s.orders, s.blocks, s.runs = db.Collection(ordersName), db.Collection(blocksName), db.Collection(runsName)
	s.records, s.samples = db.Collection(recordsName), db.Collection(samplesName)
	s.nodes, s.state = db.Collection(nodesName), db.Collection(stateName)
}

// survey refuses, without a change, a database that holds a newer store or the documents
// of somebody else.
func (s *DB) survey(ctx context.Context) error {
	var c control
	found := s.state.FindOne(ctx, byID(controlID))
	switch err := found.Err(); {
	case errors.Is(err, mongo.ErrNoDocuments):
		return s.surveyUnclaimed(ctx)
	case err != nil:
		return s.mongo.trouble(err)
	case found.Decode(&c) != nil:
		return s.foreign(stateName)
	case c.Reader > schema:
		return fmt.Errorf("%w: the store in database %q of MongoDB at %s has schema %d and asks for programs that know %d; this one knows %d: start the newer version",
			order.ErrSchema, s.Database(), s.mongo.place, c.Schema, c.Reader, schema)
	case c.Schema < oldest || c.Generation == 0:
		return s.foreign(stateName)
	}
	return s.surveyOrders(ctx)
}

// surveyUnclaimed looks for documents where no store has begun. If it has meanwhile, they
// are its own.
func (s *DB) surveyUnclaimed(ctx context.Context) error {
	for _, name := range collections() {
		err := s.state.Database().Collection(name).FindOne(ctx, bson.D{}).Err()
		if errors.Is(err, mongo.ErrNoDocuments) {
			continue
		}
		if err != nil {
			return s.mongo.trouble(err)
		}
		if s.state.FindOne(ctx, byID(controlID)).Err() == nil {
			return s.survey(ctx)
		}
		return s.foreign(name)
	}
	return nil
}

// surveyOrders looks at the first and at the last order. Keys that are no UUIDs lie before
// or behind all that are, so documents of another program show there.
func (s *DB) surveyOrders(ctx context.Context) error {
	for _, direction := range []int{1, -1} {
		raw, err := s.orders.FindOne(ctx, bson.D{}, firstBy(direction)).Raw()
		if errors.Is(err, mongo.ErrNoDocuments) {
			continue
		}
		if err != nil {
			return s.mongo.trouble(err)
		}
		if _, err := raw.LookupErr(fieldRev); err != nil {
			return s.foreign(ordersName)
		}
	}
	return nil
}

func (s *DB) foreign(collection string) error {
	return fmt.Errorf("%w: the collection %q in database %q of MongoDB at %s holds documents that are not this program's; nothing was changed: name another database in MONGO_URI, such as mongodb://HOST/filavip",
		order.ErrUnavailable, collection, s.Database(), s.mongo.place)
}

// found begins the store if there is none yet, and creates what it lacks.
func (s *DB) found(ctx context.Context) error {
	err := s.upsert(ctx, controlID, bson.D{
		{Key: "schema", Value: schema}, {Key: "reader", Value: schema}, {Key: "generation", Value: int64(1)},
		{Key: "paused", Value: false}, {Key: "lastMillis", Value: int64(0)}, {Key: "wiping", Value: false},
	})
	if err == nil {
		err = s.upsert(ctx, coordinatorID, bson.D{
			{Key: "node", Value: ""}, {Key: "term", Value: int64(0)}, {Key: "until", Value: time.UnixMilli(0)},
		})
	}
	if err != nil {
		return s.mongo.trouble(err)
	}
	if err := s.ensureIndexes(ctx); err != nil {
		return err
	}
	_, err = s.readControl(ctx)
	return err
}

// upsert creates a shared document unless it is there.
func (s *DB) upsert(ctx context.Context, id string, fields bson.D) error {
	_, err := s.state.UpdateOne(ctx, byID(id), bson.D{{Key: "$setOnInsert", Value: fields}}, orInsert())
	if mongo.IsDuplicateKeyError(err) {
		return nil // by another process, at the same time
	}
	return err
}

// Database returns the name of the database in MongoDB.
func (s *DB) Database() string { return s.state.Database().Name() }

// Servers returns host and port of MongoDB's and of Redis's servers as they were given,
// separated by commas.
func (s *DB) Servers() (mongo, redis string) { return s.mongo.place, s.opts.Redis.place() }
