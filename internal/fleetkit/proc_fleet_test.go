package fleetkit

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// lease is that of all processes.
const lease = 500 * time.Millisecond

// site is what the fleets of a test share: the binary and the servers.
type site struct {
	program string
	redis   *redistest.Server
	double  *mongotest.Server
	client  *mongo.Client // for a look at the documents themselves
	next    atomic.Int64

	mu     sync.RWMutex      // guards traces
	traces map[string]*trace // by database
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{
		program: build(t), traces: map[string]*trace{},
		redis:  redistest.Start(t, redistest.Options{Appendfsync: "everysec"}),
		double: mongotest.Start(t, mongotest.Options{ReplicaSet: "rs"}),
	}
	var err error
	if s.client, err = mongo.Connect(options.Client().ApplyURI(s.double.URI(""))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.client.Disconnect(context.Background()) })
	s.double.Observe(func(c mongotest.Change) {
		s.mu.RLock()
		found := s.traces[c.DB]
		s.mu.RUnlock()
		if found != nil {
			found.see(c)
		}
	})
	return s
}

// fleet is the processes over one database.
type fleet struct {
	*testing.T
	site     *site
	database string
	mongo    string // URIs that processes are started with
	redis    string
	db       *mongo.Database
	trace    *trace
	runs     map[order.RunID]outcome // that were found complete, and what they came to

	mu  sync.Mutex // guards all
	all []*process
}

func (s *site) newFleet(t *testing.T) *fleet {
	t.Helper()
	name := fmt.Sprintf("fleet%d", s.next.Add(1))
	f := &fleet{
		T: t, site: s, database: name, mongo: s.double.URI(name), redis: s.redis.URL(), db: s.client.Database(name),
		trace: newTrace(), runs: map[order.RunID]outcome{},
	}
	s.mu.Lock()
	s.traces[name] = f.trace
	s.mu.Unlock()
	t.Cleanup(f.end)
	return f
}

// end kills what still runs, and shows what it said if the test has failed.
func (f *fleet) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.all {
		p.kill()
		if f.Failed() {
			said := p.said()
			f.Logf("%s %q said:\n%s", p.name, p.given, said[max(0, len(said)-4<<10):])
		}
	}
	f.site.mu.Lock()
	defer f.site.mu.Unlock()
	delete(f.site.traces, f.database)
}

// serve starts a server, and worker a worker; both return once it works.
func (f *fleet) serve(name string, args ...string) *process {
	f.Helper()
	return f.working(f.launch(name, append([]string{"serve", "--backend-logs=false", "--data", f.TempDir()}, args...)...))
}

func (f *fleet) worker(name string, args ...string) *process {
	f.Helper()
	return f.working(f.launch(name, append([]string{"worker"}, args...)...))
}

func (f *fleet) working(p *process) *process {
	f.Helper()
	if !p.await(f.T) {
		f.Fatalf("%s ended as it started: %v\n%s", p.name, p.err, p.said())
	}
	return p
}

// again starts a process like one that has ended, under its name.
func (f *fleet) again(p *process) *process {
	f.Helper()
	return f.working(f.launch(p.name, p.given...))
}

// launch starts the binary with arguments, in an environment that says where the servers
// are.
func (f *fleet) launch(name string, args ...string) *process {
	f.Helper()
	cmd := exec.Command(f.site.program, append(slices.Clone(args), "--port", "0", "--node", name, "--lease", lease.String())...)
	cmd.Env = []string{
		"MONGO_URI=" + f.mongo, "REDIS_URL=" + f.redis,
		"FILAVIP_CONNECT_TIMEOUT=1m", "SYSTEMROOT=" + os.Getenv("SYSTEMROOT"),
	}
	p, err := launch(cmd, name)
	if err != nil {
		f.Fatalf("start %s: %v", cmd, err)
	}
	p.given = args
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, p)
	return p
}

// eventually waits for something that is going to be.
func (f *fleet) eventually(what string, is func() bool) {
	f.Helper()
	for deadline := time.Now().Add(patience); !is(); {
		if time.Now().After(deadline) {
			f.Fatalf("in vain waited for: %s", what)
		}
		time.Sleep(5 * time.Millisecond) // what is waited for happens in other processes, on real clocks
	}
}
