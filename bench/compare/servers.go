package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// servers are the Redis and the MongoDB that both sides work on.
type servers struct {
	redisURL string
	redis    *redis.Client
	ownRedis *redistest.Server // nil: it was given

	uri      string
	database string // a name that nobody else has
	mongo    *mongo.Client
	double   *double // nil: a real one was given
}

func startServers(ctx context.Context, stderr io.Writer) (*servers, error) {
	s := &servers{
		redisURL: os.Getenv("REDIS_URL"),
		uri:      os.Getenv("MONGO_TEST_URI"),
		database: "filavip_compare_" + strings.ToLower(rand.Text()[:10]),
	}
	if err := errors.Join(s.startRedis(ctx), s.startMongo(ctx, stderr)); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *servers) startRedis(ctx context.Context) (err error) {
	if s.redisURL == "" {
		if s.ownRedis, err = redistest.New(redistest.Options{}); err != nil {
			return err
		}
		s.redisURL = s.ownRedis.URL()
	}
	o, err := redis.ParseURL(s.redisURL)
	if err != nil {
		return fmt.Errorf("REDIS_URL: %w", err)
	}
	client := redis.NewClient(o)
	keys, err := client.DBSize(ctx).Result()
	if err == nil && keys > 0 {
		err = fmt.Errorf("REDIS_URL names a database with %d keys; it would be emptied, so give an empty one", keys)
	}
	if err != nil {
		return errors.Join(err, client.Close())
	}
	s.redis = client // from here on it is ours to empty
	return nil
}

func (s *servers) startMongo(ctx context.Context, stderr io.Writer) (err error) {
	if s.uri == "" {
		if s.double, err = startDouble(ctx, stderr); err != nil {
			return err
		}
		s.uri = s.double.uri
	}
	client, err := mongo.Connect(options.Client().ApplyURI(s.uri).SetServerSelectionTimeout(10 * time.Second))
	if err != nil {
		return fmt.Errorf("MONGO_TEST_URI: %w", err)
	}
	if err := client.Ping(ctx, nil); err != nil {
		return errors.Join(err, client.Disconnect(ctx))
	}
	s.mongo = client
	return nil
}

// mongoURI is the address with the comparison's own database in it.
func (s *servers) mongoURI() string {
	scheme, rest, _ := strings.Cut(s.uri, "://")
	rest, query, hasQuery := strings.Cut(rest, "?")
	hosts, _, _ := strings.Cut(rest, "/")
	uri := scheme + "://" + hosts + "/" + s.database
	if hasQuery {
		uri += "?" + query
	}
	return uri
}

func (s *servers) db() *mongo.Database { return s.mongo.Database(s.database) }

// empty removes everything that a run has left.
func (s *servers) empty(ctx context.Context) error {
	return errors.Join(s.redis.FlushDB(ctx).Err(), s.db().Drop(ctx))
}

// countDone counts the orders that are processado, in whatever collection.
func (s *servers) countDone(ctx context.Context) (int64, error) {
	names, err := s.db().ListCollectionNames(ctx, bson.D{})
	if err != nil {
		return 0, err
	}
	var all int64
	for _, name := range names {
		n, err := s.db().Collection(name).CountDocuments(ctx, bson.D{{Key: "status", Value: "processado"}})
		if err != nil {
			return 0, err
		}
		all += n
	}
	return all, nil
}

// close removes what is left and ends what was started here. It is not interrupted.
func (s *servers) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var errs []error
	if s.mongo != nil {
		errs = append(errs, s.db().Drop(ctx), s.mongo.Disconnect(ctx))
	}
	if s.double != nil {
		errs = append(errs, s.double.stop())
	}
	if s.redis != nil {
		errs = append(errs, s.redis.FlushDB(ctx).Err(), s.redis.Close())
	}
	if s.ownRedis != nil {
		errs = append(errs, s.ownRedis.Close())
	}
	return errors.Join(errs...)
}
