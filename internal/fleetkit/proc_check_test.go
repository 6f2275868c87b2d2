package fleetkit

import (
	"context"
	"strconv"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store/mongoredis"
	"github.com/filavip/filavip/internal/wire"
)

// begin starts a run as planned.
func (f *fleet) begin(asked *process, p plan) order.RunID {
	f.Helper()
	started, err := asked.client.Generate(f.Context(), client.GenerateOptions{Quantity: p.orders, Seed: strconv.FormatUint(p.seed, 10)})
	if err != nil {
		f.Fatalf("generate on %s: %v", asked.name, err)
	}
	return started.RunID
}

// status returns what a server answers about the current or latest run.
func (f *fleet) status(asked *process) wire.Status {
	f.Helper()
	s, err := asked.client.Status(f.Context())
	if err != nil {
		f.Fatalf("status of %s: %v", asked.name, err)
	}
	return s
}

// done waits until a server shows that a run is done.
func (f *fleet) done(asked *process, run order.RunID) (s wire.Status) {
	f.Helper()
	for deadline := time.Now().Add(patience); ; {
		s = f.status(asked)
		switch {
		case s.LastRunID == run && s.Phase == order.Done:
			return s
		case s.LastRunID == run && s.Phase == order.Failed:
			f.Fatalf("run %s ended in ERROR: %+v", run, s.Error)
		case time.Now().After(deadline):
			f.Fatalf("run %s is not done; %s shows %+v", run, asked.name, s)
		}
		time.Sleep(10 * time.Millisecond) // the run goes on in other processes, on real clocks
	}
}

// census is what the documents of a run say when they are read and counted one by one.
type census struct {
	orders map[string]string // documents by key
	status map[string]int64
	blocks order.Counts // sums over the blocks
	open   int
}

// count reads a run's documents, or those of all runs.
func (f *fleet) count(run order.RunID) census {
	f.Helper()
	c := census{orders: map[string]string{}, status: map[string]int64{}}
	f.each("orders", "runId", run, func(doc bson.Raw) {
		c.orders[string(doc.Lookup("_id").Value)] = string(doc)
		c.status[text(doc, "status")]++
	})
	f.each("blocks", "run", run, func(doc bson.Raw) {
		lane := &c.blocks[number(doc, "lane")]
		lane.Generated += number(doc, "generated")
		lane.Processed += number(doc, "processed")
		lane.Dead += number(doc, "dead")
		lane.Removed += number(doc, "removed")
		lane.Waiting += number(doc, "waiting")
		lane.Delayed += number(doc, "delayed")
		lane.Claimed += number(doc, "claimed")
		if open, _ := doc.Lookup("open").BooleanOK(); open {
			c.open++
		}
	})
	return c
}

// each calls visit with the documents of a run, of all runs if it names none.
func (f *fleet) each(collection, field string, run order.RunID, visit func(bson.Raw)) {
	f.Helper()
	filter := bson.D{}
	if !run.IsZero() {
		filter = bson.D{{Key: field, Value: bson.Binary{Subtype: bson.TypeBinaryUUID, Data: run[:]}}}
	}
	cursor, err := f.db.Collection(collection).Find(f.Context(), filter)
	if err != nil {
		f.Fatalf("read %s: %v", collection, err)
	}
	defer cursor.Close(context.WithoutCancel(f.Context()))
	for cursor.Next(f.Context()) {
		visit(cursor.Current)
	}
	if err := cursor.Err(); err != nil {
		f.Fatalf("read %s: %v", collection, err)
	}
}

// holds returns how many parts of blocks a process has claimed, by the blocks' documents.
func (f *fleet) holds(p *process) (n int) {
	f.Helper()
	f.each("blocks", "", order.RunID{}, func(doc bson.Raw) {
		for _, node := range holders(doc) {
			if named(node) == p.name {
				n++
			}
		}
	})
	return n
}

// complete waits until a run is done, as one of the servers shows it, and fails the test
// unless it came to what was planned, order by order. Its digest is left to verify.
func (f *fleet) complete(asked *process, run order.RunID, p plan) {
	f.Helper()
	s := f.done(asked, run)
	want := p.foretell(f.T)
	f.eventually("the outcomes are in the orders' documents", func() bool {
		settled, _ := f.trace.settled(run)
		return int64(settled) == p.orders
	})
	c := f.count(run)
	if got, want := c.status, wanted(want); !cmp.Equal(got, want) {
		f.Errorf("run %s: orders are %v, want %v", run, got, want)
	}
	if c.blocks.Processed() != want.processed || c.blocks.Dead() != want.dead || c.blocks.Generated() != p.orders || !c.blocks.Conserved() || c.open != 0 {
		f.Errorf("run %s: blocks count %+v with %d open, want %+v of %d", run, c.blocks, c.open, want, p.orders)
	}
	if s.Generated != p.orders || s.Counts.Total != p.orders || s.Counts.Failed != want.dead || s.Counts.Pending != 0 || s.Counts.Removed != 0 {
		f.Errorf("%s shows %d orders, %+v; want %+v of %d", asked.name, s.Generated, s.Counts, want, p.orders)
	}
	for _, problem := range f.trace.problems(run) {
		f.Errorf("run %s: %s", run, problem)
	}
	f.runs[run] = want
}

func wanted(o outcome) map[string]int64 {
	m := map[string]int64{"processado": o.processed}
	if o.dead > 0 {
		m["falhou"] = o.dead
	}
	return m
}

// verify opens the store as the program does and has it check everything, which must be
// clean. The runs that were found complete must have the digests that they had to come to.
func (f *fleet) verify() {
	f.Helper()
	db, err := mongoredis.Open(f.Context(), mongoredis.Options{
		Mongo: f.site.double.URI(f.database), Redis: mongoredis.Redis{Addrs: []string{f.site.redis.Addr()}},
		Node: "check", Lease: lease, ConnectTimeout: patience,
	})
	if err != nil {
		f.Fatalf("open the store: %v", err)
	}
	defer db.Close()
	report, err := db.Verify(f.Context())
	if err != nil {
		f.Fatalf("Verify() = %v", err)
	}
	if !report.Clean() {
		f.Errorf("Verify() found %d problems: %q", report.Found, report.Problems)
	}
	found := map[order.RunID]bool{}
	for _, r := range report.Runs {
		want, complete := f.runs[r.Run.ID]
		found[r.Run.ID] = true
		if complete && (r.Run.Phase != order.Done || r.Digest != want.digest) {
			f.Errorf("run %s: phase %v, digest %v, want %v and DONE", r.Run.ID, r.Run.Phase, r.Digest, want.digest)
		}
	}
	for run := range f.runs {
		if !found[run] {
			f.Errorf("run %s is not in the store", run)
		}
	}
}
