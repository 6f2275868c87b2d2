package mongoredis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Every open store has an entry among the nodes, which it keeps fresh by the server's
// clock. An entry that is older than its lease is that of a process that is no more, or
// that is cut off: what it has claimed is given back.

// nodeDoc is the entry of a process. Those without a role have not joined the fleet.
type nodeDoc struct {
	ID      string    `bson:"_id"`
	Name    string    `bson:"name"`
	Host    string    `bson:"host"`
	PID     int       `bson:"pid"`
	Role    string    `bson:"role"`
	Version string    `bson:"version"`
	Addr    string    `bson:"addr"`
	Workers int       `bson:"workers"`
	InHand  int       `bson:"inHand"`
	Started time.Time `bson:"started"`
	Seen    time.Time `bson:"seen"`
	Lease   int64     `bson:"lease"` // in milliseconds
}

// An entry is forgotten once it has been silent for so many leases, and for so long.
const (
	forgetLeases = 10
	forgetAfter  = 10 * time.Minute
)

// membership is what a process says of itself.
type membership struct {
	mu      sync.Mutex // held while the entry is written, so that the last word stands
	self    func() store.Member
	entered bool // the entry is there
}

// beat makes this process's entry fresh.
func (s *DB) beat(ctx context.Context) error {
	s.member.mu.Lock()
	defer s.member.mu.Unlock()
	var m store.Member
	if s.member.self != nil {
		m = s.member.self()
	}
	host, _ := os.Hostname()
	_, err := s.nodes.UpdateOne(ctx, byID(s.node), bson.D{
		{Key: "$set", Value: bson.D{
			{Key: "name", Value: nodeName(s.opts.Node)}, {Key: "host", Value: cmp.Or(m.Host, host)}, {Key: "pid", Value: cmp.Or(m.PID, os.Getpid())},
			{Key: "role", Value: m.Role}, {Key: "version", Value: m.Version}, {Key: "addr", Value: m.Addr},
			{Key: "workers", Value: m.Workers}, {Key: "inHand", Value: m.InHand}, {Key: "started", Value: m.Started},
			{Key: "lease", Value: s.opts.Lease.Milliseconds()},
		}},
		{Key: "$currentDate", Value: bson.D{{Key: "seen", Value: true}}},
	}, orInsert())
	if err != nil {
		return s.mongo.trouble(err)
	}
	s.member.entered = true
	return nil
}

// keepBeating keeps the entry fresh until the store is closed.
func (s *DB) keepBeating() {
	failing := false
	for again := s.opts.Lease / 3; pause(s.closing, again); {
		ctx, cancel := context.WithTimeout(s.closing, s.opts.Lease/3)
		err := s.beat(ctx)
		cancel()
		if err != nil && !failing && s.closing.Err() == nil {
			s.opts.Logger.Warn("sign of life not given; what is claimed here is others' once the lease has ended", "error", err)
		}
		failing, again = err != nil, s.opts.Lease/3
		if failing {
			again = min(again, time.Second) // others take this process for dead
		}
	}
}

// leave removes this process's entry.
func (s *DB) leave(ctx context.Context) error {
	s.member.mu.Lock()
	defer s.member.mu.Unlock()
	if !s.member.entered {
		return nil
	}
	_, err := s.nodes.DeleteOne(ctx, byID(s.node))
	return unreachable("MongoDB", err)
}

// Join implements [store.Fleet]. The entry itself stays until the store is closed, for
// what this process has claimed; without a role it is no member's.
func (s *DB) Join(ctx context.Context, self func() store.Member) error {
	ctx, done, err := s.tie(ctx)
	if err != nil {
		return fmt.Errorf("join: %w", err)
	}
	defer done()
	s.introduce(ctx, self)
	<-ctx.Done()
	last, cancel := context.WithTimeout(s.lost, lastWords)
	defer cancel()
	s.introduce(last, nil)
	return nil
}

// introduce changes what the entry says. If it cannot be written now, the next beat does.
func (s *DB) introduce(ctx context.Context, self func() store.Member) {
	s.member.mu.Lock()
	s.member.self = self
	s.member.mu.Unlock()
	if err := s.beat(ctx); err != nil && ctx.Err() == nil {
		s.opts.Logger.Warn("entry among the nodes not written", "error", err)
	}
}

// silence is for how long a node's entry has not been fresh, in milliseconds.
func silence() bson.D {
	return bson.D{{Key: "$subtract", Value: bson.A{"$$NOW", "$seen"}}}
}

// isAlive is the condition that a node was seen within its lease.
func isAlive() bson.E {
	return bson.E{Key: "$expr", Value: bson.D{{Key: "$lt", Value: bson.A{silence(), "$lease"}}}}
}

// isForgotten is the condition that a node has been silent for so long that nobody wants
// to know.
func isForgotten() bson.E {
	after := bson.D{{Key: "$max", Value: bson.A{
		forgetAfter.Milliseconds(), bson.D{{Key: "$multiply", Value: bson.A{"$lease", int64(forgetLeases)}}},
	}}}
	return bson.E{Key: "$expr", Value: bson.D{{Key: "$gt", Value: bson.A{silence(), after}}}}
}

// nodeAlive says whether a process was seen within its lease; true if that is not known.
func (s *DB) nodeAlive(ctx context.Context, node string) bool {
	n, err := s.nodes.CountDocuments(ctx, append(byID(node), isAlive()))
	return err != nil || n > 0
}

// aliveNodes returns the processes that were seen within their leases.
func (s *DB) aliveNodes(ctx context.Context) (map[string]bool, error) {
	docs, err := s.readNodes(ctx, bson.D{isAlive()})
	if err != nil {
		return nil, err
	}
	alive := make(map[string]bool, len(docs))
	for i := range docs {
		alive[docs[i].ID] = true
	}
	return alive, nil
}

func (s *DB) readNodes(ctx context.Context, filter bson.D) ([]nodeDoc, error) {
	cursor, err := s.nodes.Find(ctx, filter)
	if err != nil {
		return nil, unreachable("MongoDB", err)
	}
	var docs []nodeDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, unreachable("MongoDB", err)
	}
	return docs, nil
}

// Members implements [store.Fleet].
func (s *DB) Members(ctx context.Context) ([]store.Member, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return nil, fmt.Errorf("list members: %w", err)
	}
	defer leave()
	members, err := s.members(ctx)
	if err != nil {
		return nil, fmt.Errorf("list members: %w", err)
	}
	return members, nil
}

func (s *DB) members(ctx context.Context) ([]store.Member, error) {
	docs, err := s.readNodes(ctx, bson.D{{Key: "role", Value: bson.D{{Key: "$ne", Value: ""}}}})
	if err != nil {
		return nil, err
	}
	alive, err := s.aliveNodes(ctx)
	if err != nil {
		return nil, err
	}
	coordinator, err := s.coordinator(ctx)
	if err != nil {
		return nil, err
	}
	members := make([]store.Member, len(docs))
	for i := range docs {
		members[i] = docs[i].member()
		members[i].Alive = alive[docs[i].ID]
		members[i].Coordinator = docs[i].ID == coordinator
	}
	if slices.ContainsFunc(members, func(m store.Member) bool { return !m.Alive }) {
		_, _ = s.nodes.DeleteMany(ctx, bson.D{isForgotten()}) // else the next list does
	}
	slices.SortFunc(members, func(a, b store.Member) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), a.Started.Compare(b.Started))
	})
	return members, nil
}

func (d *nodeDoc) member() store.Member {
	return store.Member{
		Node: d.Name, Host: d.Host, PID: d.PID, Role: d.Role, Version: d.Version, Addr: d.Addr,
		Workers: d.Workers, InHand: d.InHand, Started: d.Started, Seen: d.Seen,
	}
}

// pingTimeout bounds how long Ping waits for a server.
const pingTimeout = time.Second

// Ping implements [store.Fleet].
func (s *DB) Ping(ctx context.Context) error {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	defer leave()
	within, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	var mongoErr, redisErr error
	var asking sync.WaitGroup
	asking.Go(func() { mongoErr = s.client.Ping(within, nil) })
	asking.Go(func() { redisErr = s.redis.client().Ping(within).Err() })
	asking.Wait()
	if ctx.Err() != nil {
		return fmt.Errorf("ping: %w", ctx.Err())
	}
	if mongoErr != nil {
		mongoErr = noAnswer("mongodb", "MongoDB at "+s.mongo.place, s.mongo.why(mongoErr))
	}
	if redisErr != nil {
		redisErr = noAnswer("redis", s.opts.Redis.named(), inTime(redisErr))
	}
	if mongoErr != nil && redisErr != nil {
		return fmt.Errorf("%w; %w", mongoErr, redisErr)
	}
	return cmp.Or(mongoErr, redisErr)
}

// inTime returns the text of an error of a server that did answer in time; "" if it did not.
func inTime(err error) string {
	timeout, ok := errors.AsType[net.Error](err)
	if errors.Is(err, context.DeadlineExceeded) || ok && timeout.Timeout() || mongo.IsTimeout(err) {
		return ""
	}
	return oneLine(err)
}

func noAnswer(server, named, why string) error {
	if why == "" {
		return &order.UnavailableError{Server: server, Err: fmt.Errorf("%s does not answer in time", named)}
	}
	return &order.UnavailableError{Server: server, Err: fmt.Errorf("%s does not answer: %s", named, why)}
}
