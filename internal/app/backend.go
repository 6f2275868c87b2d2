package app

import (
	"context"
	"path/filepath"

	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/mongoredis"
	"github.com/filavip/filavip/internal/store/pebblestore"
	"github.com/filavip/filavip/internal/wire"
)

// The engines, as they are shown.
const (
	embedded    = "embedded"
	distributed = "distributed"
)

// backend is an engine with what the process wants of it beside the storage contract.
type backend struct {
	store.Store
	engine string
	fleet  store.Fleet // nil: no other process uses the store
	// retire says that the process is about to end, and waits for no server that does not
	// answer; nil: it never waits for any.
	retire func()
	// usage says where the orders are and what room they take; their number is left out.
	usage func(context.Context) (wire.Storage, error)
}

// openStore opens the engine that the configuration chooses.
func (a *App) openStore() error {
	open := a.openEmbedded
	if a.cfg.Distributed() {
		open = a.openDistributed
	}
	if a.opts.open != nil {
		open = a.opts.open
	}
	b, err := open(context.Background())
	if err != nil {
		return err
	}
	a.store = b
	a.growth = &growth{read: b.Totals}
	a.cleanups.push("store", func(context.Context) error { return b.Close() })
	if b.fleet != nil {
		a.inBackground("servers", func(ctx context.Context) { a.calm.Watch(ctx, b.fleet.Ping) })
	}
	return nil
}

func (a *App) openEmbedded(context.Context) (backend, error) {
	db, err := pebblestore.Open(filepath.Join(a.cfg.Data, "store"), pebblestore.Options{
		Logger:    a.component("store"),
		Metrics:   a.metrics,
		Exit:      a.exit,
		MustExist: a.opts.MustExist,
		MemTable:  a.opts.MemTable,
		Clock:     a.clock,
	})
	if err != nil {
		return backend{}, err
	}
	usage := func(ctx context.Context) (wire.Storage, error) {
		u, err := db.Usage(ctx)
		return wire.Storage{Path: a.cfg.Data, DiskBytes: u.Disk, FreeBytes: u.Free, Runs: u.Runs, L0Files: u.L0Files}, err
	}
	return backend{Store: db, engine: embedded, usage: usage}, nil
}

// openDistributed connects to MongoDB and Redis, which have the configured time to answer.
func (a *App) openDistributed(ctx context.Context) (backend, error) {
	redis := a.cfg.Redis
	db, err := mongoredis.Open(ctx, mongoredis.Options{
		Mongo: a.cfg.MongoURI.Reveal(),
		Redis: mongoredis.Redis{
			Addrs: redis.Addrs, Username: redis.Username, Password: redis.Password.Reveal(), Database: redis.DB, TLS: redis.TLS, Master: redis.Master,
		},
		Node:               a.node,
		Lease:              a.cfg.Lease,
		ConnectTimeout:     a.cfg.ConnectTimeout,
		UnsafeEviction:     a.cfg.UnsafeRedisEviction,
		UnsafeWriteConcern: a.cfg.UnsafeWriteConcern,
		Logger:             a.component("store"),
		Metrics:            a.metrics,
		Clock:              a.clock,
	})
	if err != nil {
		return backend{}, err
	}
	usage := func(ctx context.Context) (wire.Storage, error) {
		mongo, _ := db.Servers()
		return wire.Storage{Path: "mongodb://" + mongo + "/" + db.Database()}, ctx.Err()
	}
	return backend{Store: db, engine: distributed, fleet: db, retire: db.Retire, usage: usage}, nil
}
