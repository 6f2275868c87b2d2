package mongoredis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/filavip/filavip/internal/order"
)

const (
	defaultDatabase = "filavip"
	appName         = "filavip"
	// callTimeout bounds a call of MongoDB whose context has no end of its own.
	callTimeout = 15 * time.Second
	// minWire is the version of MongoDB's protocol since 4.4.
	minWire    = 9
	minMongo   = "4.4"
	codeDenied = 13
	codeLogin  = 18
)

// deployment is the MongoDB that a store works with, as errors tell of it.
type deployment struct {
	place      string // host:port of its servers, separated by commas
	replicated bool   // others may take over what one of them does

	mu     sync.Mutex
	silent map[string]error // why servers do not answer, by host:port
}

// openMongo connects to MongoDB and returns the database to work with.
func (s *DB) openMongo(ctx context.Context) (*mongo.Database, error) {
	opts := options.Client().ApplyURI(s.opts.Mongo)
	if err := opts.Validate(); err != nil {
		return nil, badURI(s.opts.Mongo, err)
	}
	s.mongo.place = strings.Join(opts.Hosts, ",")
	name, err := databaseOf(s.opts.Mongo)
	if err != nil {
		return nil, err
	}
	asked := opts.WriteConcern
	client, err := mongo.Connect(s.mongo.options(opts, s.opts.ConnectTimeout))
	if err != nil {
		return nil, badURI(s.opts.Mongo, err)
	}
	s.client = client
	kind, err := s.mongo.hello(ctx, client)
	if err != nil {
		return nil, err
	}
	s.mongo.replicated = !kind.standalone()
	concern, err := s.writeConcern(kind, asked)
	if err != nil {
		return nil, err
	}
	return client.Database(name, options.Database().SetWriteConcern(concern)), nil
}

// badURI says what is wrong with a URI without showing what may be a password.
func badURI(uri string, err error) error {
	reason := oneLine(err)
	_, rest, _ := strings.Cut(uri, "://")
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		for _, secret := range strings.FieldsFunc(rest[:at], func(r rune) bool { return strings.ContainsRune(":/@?", r) }) {
			reason = strings.ReplaceAll(reason, secret, "***")
		}
	}
	return fmt.Errorf("%w: MONGO_URI: %s; expected mongodb://USER:PASSWORD@HOST:PORT/DATABASE, with special characters in user and password percent-encoded",
		order.ErrUnavailable, reason)
}

// databaseOf returns the database that a URI names.
func databaseOf(uri string) (string, error) {
	rest, _, _ := strings.Cut(uri, "?")
	_, rest, _ = strings.Cut(rest, "://")
	_, name, _ := strings.Cut(rest[strings.LastIndex(rest, "@")+1:], "/")
	name, err := url.PathUnescape(name)
	switch {
	case err != nil:
		return "", badURI(uri, err)
	case name == "":
		return defaultDatabase, nil
	case slices.Contains([]string{"admin", "local", "config"}, name):
		return "", fmt.Errorf("%w: MONGO_URI names the database %q, which is MongoDB's own: name another, and that one as authSource if the user is from there, such as mongodb://HOST/%s?authSource=%s",
			order.ErrUnavailable, name, defaultDatabase, name)
	}
	return name, nil
}

// options adds to those of the URI what the store relies on.
func (d *deployment) options(opts *options.ClientOptions, connect time.Duration) *options.ClientOptions {
	opts.SetAppName(appName).SetReadConcern(readconcern.Majority()).SetReadPreference(readpref.Primary()).
		SetWriteConcern(strongest()).SetServerMonitor(&event.ServerMonitor{
		ServerHeartbeatFailed:    func(e *event.ServerHeartbeatFailedEvent) { d.heard(e.ConnectionID, e.Failure) },
		ServerHeartbeatSucceeded: func(e *event.ServerHeartbeatSucceededEvent) { d.heard(e.ConnectionID, nil) },
	})
	if opts.ServerSelectionTimeout == nil || *opts.ServerSelectionTimeout > connect {
		opts.SetServerSelectionTimeout(connect)
	}
	if opts.ConnectTimeout == nil || *opts.ConnectTimeout > connect {
		opts.SetConnectTimeout(connect)
	}
	if opts.Timeout == nil {
		opts.SetTimeout(callTimeout)
	}
	return opts
}

// strongest acknowledges a write once a majority has it in its journal.
func strongest() *writeconcern.WriteConcern {
	return &writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: new(true)}
}

// heard notes whether a server has answered on a connection.
func (d *deployment) heard(connection string, failure error) {
	server, _, _ := strings.Cut(connection, "[")
	d.mu.Lock()
	defer d.mu.Unlock()
	if failure == nil {
		delete(d.silent, server)
		return
	}
	if d.silent == nil {
		d.silent = map[string]error{}
	}
	d.silent[server] = failure
}

// silence says why servers do not answer; "" if none is known not to.
func (d *deployment) silence() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []string
	for _, server := range slices.Sorted(maps.Keys(d.silent)) {
		all = append(all, oneLine(d.silent[server]))
	}
	return strings.Join(all, "; ")
}

// hello is what a server says of itself.
type hello struct {
	Writable bool   `bson:"isWritablePrimary"`
	Set      string `bson:"setName"`
	Message  string `bson:"msg"`
	Wire     int    `bson:"maxWireVersion"`
}

// standalone says whether the server is no member of anything.
func (h *hello) standalone() bool { return h.Set == "" && h.Message != "isdbgrid" }

// hello waits until a server answers, and refuses one that is too old or not to be
// written to.
func (d *deployment) hello(ctx context.Context, client *mongo.Client) (*hello, error) {
	var h hello
	if err := client.Database("admin").RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&h); err != nil {
		return nil, d.trouble(err)
	}
	switch {
	case h.Wire < minWire:
		return nil, d.tooOld(fmt.Errorf("it speaks version %d of the protocol", h.Wire))
	case !h.Writable:
		return nil, fmt.Errorf("%w: MongoDB at %s is not the primary of its replica set %q: take directConnection out of MONGO_URI, or name the primary",
			order.ErrUnavailable, d.place, h.Set)
	}
	return &h, nil
}

func (d *deployment) tooOld(why error) error {
	return fmt.Errorf("%w: MongoDB at %s is too old (%s): version %s or later is needed", order.ErrUnavailable, d.place, oneLine(why), minMongo)
}

// writeConcern returns what to write with, given what MONGO_URI asks for.
func (s *DB) writeConcern(h *hello, asked *writeconcern.WriteConcern) (*writeconcern.WriteConcern, error) {
	weak := asked != nil && (asked.W != nil && asked.W != writeconcern.WCMajority || asked.Journal != nil && !*asked.Journal)
	if h.standalone() {
		s.opts.Logger.Warn("MongoDB stands alone: what it loses is lost; use a replica set to keep orders",
			"server", s.mongo.place)
	}
	switch {
	case !asked.Acknowledged():
		return nil, fmt.Errorf("%w: MONGO_URI asks MongoDB at %s not to acknowledge writes, and without that no order is safe: take w out of it",
			order.ErrUnavailable, s.mongo.place)
	case weak && s.opts.UnsafeWriteConcern:
		s.opts.Logger.Warn("MongoDB acknowledges writes that a majority of its servers need not have: they may be lost in a failover",
			"server", s.mongo.place)
		return asked, nil
	case weak && !h.standalone():
		return nil, fmt.Errorf("%w: MONGO_URI asks MongoDB at %s for a write concern (%s) that a majority's journals need not have: take w and journal out of it, or set --unsafe-write-concern to risk orders",
			order.ErrUnavailable, s.mongo.place, concernText(asked))
	}
	return strongest(), nil
}

func concernText(c *writeconcern.WriteConcern) string {
	var all []string
	if c.W != nil {
		all = append(all, fmt.Sprintf("w=%v", c.W))
	}
	if c.Journal != nil {
		all = append(all, fmt.Sprintf("journal=%t", *c.Journal))
	}
	return strings.Join(all, ", ")
}

// trouble says what is wrong with MongoDB, and what to do about it.
func (d *deployment) trouble(err error) error {
	text := oneLine(err)
	command, _ := errors.AsType[mongo.CommandError](err)
	silence := d.silence()
	switch {
	case strings.Contains(text, "wire version"):
		return d.tooOld(err)
	case command.Code == codeLogin || strings.Contains(text, "auth error"):
		return fmt.Errorf("%w: MongoDB at %s refuses the user and password of MONGO_URI (%s): check both, and authSource, the database the user is from",
			order.ErrUnavailable, d.place, loginText(command, text))
	case command.Code == codeDenied && strings.Contains(text, "requires authentication"):
		return fmt.Errorf("%w: MongoDB at %s asks for a user and a password: put them into MONGO_URI, as in mongodb://USER:PASSWORD@HOST/DATABASE?authSource=admin",
			order.ErrUnavailable, d.place)
	case command.Code == codeDenied:
		return fmt.Errorf("%w: MongoDB at %s does not let the user of MONGO_URI do what is needed (%s): grant the role readWrite on the database",
			order.ErrUnavailable, d.place, command.Message)
	case silence != "":
		return fmt.Errorf("%w: MongoDB at %s does not answer (%s): check MONGO_URI and that MongoDB runs there", order.ErrUnavailable, d.place, silence)
	case strings.Contains(text, "server selection error"):
		return fmt.Errorf("%w: MongoDB at %s has no primary that answers: check MONGO_URI, its replicaSet, and the state of the replica set", order.ErrUnavailable, d.place)
	}
	return fmt.Errorf("%w: MongoDB at %s: %w", order.ErrUnavailable, d.place, err)
}

// why returns the cause of an error in as few words as are known; "" if there was no answer
// in time.
func (d *deployment) why(err error) string {
	if silence := d.silence(); silence != "" {
		return silence
	}
	return inTime(err)
}

// loginText returns what a server has said to a login.
func loginText(command mongo.CommandError, text string) string {
	if command.Message != "" {
		return command.Message
	}
	return text
}

// oneLine returns an error's text without line breaks.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// firstBy asks for the first document by _id, ascending or descending.
func firstBy(direction int) *options.FindOneOptionsBuilder {
	return options.FindOne().SetSort(byID(direction))
}

// orInsert makes an update insert what it does not find.
func orInsert() *options.UpdateOneOptionsBuilder { return options.UpdateOne().SetUpsert(true) }
