package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/config"
	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/memstore"
	"github.com/filavip/filavip/internal/wire"
)

// fleetPatience guards against hanging; nothing is expected to take nearly as long.
const fleetPatience = time.Minute

// fleet is some processes over one store in memory, in place of engines that several
// machines reach.
type fleet struct {
	*testing.T
	store *memstore.Store
	turn  chan struct{} // holds one: the term

	mu      sync.Mutex // guards what follows
	members map[string]store.Member
	leader  string
	ping    error
	saved   map[string]int // blocks of samples, by who saved them
}

func newFleet(t *testing.T) *fleet {
	return &fleet{T: t, store: memstore.New(), turn: make(chan struct{}, 1), members: map[string]store.Member{}, saved: map[string]int{}}
}

// seat is the fleet as one process sees it.
type seat struct {
	*memstore.Store
	f    *fleet
	node string
}

// Close leaves the store to the others.
func (s seat) Close() error { return nil }

func (s seat) SaveSamples(ctx context.Context, run order.RunID, seq uint32, block []byte) error {
	s.f.mu.Lock()
	s.f.saved[s.node]++
	s.f.mu.Unlock()
	return s.Store.SaveSamples(ctx, run, seq, block)
}

func (s seat) Lead(ctx context.Context, lead func(context.Context)) error {
	for {
		select {
		case s.f.turn <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		s.f.setLeader(s.node)
		lead(ctx)
		s.f.setLeader("")
		<-s.f.turn
	}
}

func (f *fleet) setLeader(node string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.leader = node
}

func (s seat) Leading() bool {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	return s.f.leader == s.node
}

func (s seat) Join(ctx context.Context, self func() store.Member) error {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		m := self()
		m.Seen, m.Alive = time.Now(), true
		s.f.setMember(m)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			s.f.mu.Lock()
			defer s.f.mu.Unlock()
			delete(s.f.members, m.Node)
			return nil
		}
	}
}

func (f *fleet) setMember(m store.Member) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.members[m.Node] = m
}

func (s seat) Members(context.Context) ([]store.Member, error) {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	all := slices.Collect(maps.Values(s.f.members))
	slices.SortFunc(all, func(a, b store.Member) int { return strings.Compare(a.Node, b.Node) })
	return all, nil
}

func (s seat) Ping(context.Context) error {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	return s.f.ping
}

// node is one process of a fleet.
type node struct {
	*App
	f    *fleet
	base string
	stop func()

	retired atomic.Bool // the store was told that the process ends

	mu     sync.Mutex // guards phases
	phases []string
}

// start starts a process of that name; a worker serves its probes.
func (f *fleet) start(name string, role Role, flags map[string]string) *node {
	f.Helper()
	given := map[string]string{"data": f.TempDir(), "port": "0", "backend-logs": "false", "node": name, "workers": "2"}
	maps.Copy(given, flags)
	cfg, err := config.Load(config.Sources{Flags: given, Environ: []string{"MONGO_URI=mongodb://user:pencil@db.example/orders"}})
	if err != nil {
		f.Fatal(err)
	}
	n := &node{f: f}
	s := seat{f.store, f, name}
	a, err := New(cfg, Options{Role: role, OnPhase: n.heard, open: func(context.Context) (backend, error) {
		usage := func(context.Context) (wire.Storage, error) { return wire.Storage{Path: cfg.MongoURI.String()}, nil }
		return backend{Store: s, engine: distributed, fleet: s, retire: func() { n.retired.Store(true) }, usage: usage}, nil
	}})
	if err != nil {
		f.Fatalf("New = %v", err)
	}
	n.App = a
	listen := a.Listen
	if role == RoleWorker {
		listen = a.ListenProbes
	}
	if err := listen(f.Context()); err != nil {
		f.Fatalf("listen: %v", err)
	}
	n.base = "http://" + a.Addr()
	if _, err := a.Start(f.Context()); err != nil {
		f.Fatalf("Start = %v", err)
	}
	n.serve()
	return n
}

// serve answers until the process is stopped, which happens at the test's end at the latest.
func (n *node) serve() {
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- n.Serve(ctx) }()
	n.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			n.f.Errorf("Serve = %v, want no error", err)
		}
		http.DefaultClient.CloseIdleConnections()
		if err := n.Stop(context.Background()); err != nil {
			n.f.Errorf("Stop = %v, want no error", err)
		}
	})
	n.f.Cleanup(n.stop)
}

func (n *node) heard(c event.PhaseChange) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.phases = append(n.phases, c.From.String()+">"+c.To.String())
}

// call makes a request, whose answer must have that status.
func (n *node) call(method, path string, status int, into any) string {
	n.f.Helper()
	req, err := http.NewRequestWithContext(n.f.Context(), method, n.base+path, nil)
	if err != nil {
		n.f.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		n.f.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status {
		n.f.Fatalf("%s %s = %s, %v, want %d\n%s", method, path, resp.Status, err, status, body)
	}
	if into != nil {
		if err := json.Unmarshal(body, into); err != nil {
			n.f.Fatalf("%s %s: %v in %s", method, path, err, body)
		}
	}
	return string(body)
}

// eventually waits for something that is going to be.
func (f *fleet) eventually(what string, is func() bool) {
	f.Helper()
	for deadline := time.Now().Add(fleetPatience); !is(); {
		if time.Now().After(deadline) {
			f.Fatalf("in vain waited for: %s", what)
		}
		time.Sleep(time.Millisecond) // what is waited for happens in other goroutines, on real clocks
	}
}

// begins starts a run of so many orders.
func (n *node) begins(path string) order.RunID {
	n.f.Helper()
	var started wire.Started
	n.call(http.MethodPost, path, http.StatusAccepted, &started)
	return started.RunID
}

// ended waits until the process says that the run has ended: what it shows may be of a
// moment ago.
func (n *node) ended(run order.RunID, as order.Phase) (s wire.Status) {
	n.f.Helper()
	n.f.eventually("the run's end", func() bool {
		n.call(http.MethodGet, "/pedidos", http.StatusOK, &s)
		return s.Phase == as && (run.IsZero() || s.LastRunID == run)
	})
	return s
}

// announced waits for phase changes, and checks that there were these and no others.
func (n *node) announced(want ...string) {
	n.f.Helper()
	get := func() []string {
		n.mu.Lock()
		defer n.mu.Unlock()
		return slices.Clone(n.phases)
	}
	n.f.eventually("phase changes", func() bool { return len(get()) >= len(want) })
	if diff := cmp.Diff(want, get()); diff != "" {
		n.f.Errorf("phase changes of %s (-want +got):\n%s", n.node, diff)
	}
}

func allChanges() []string {
	return []string{
		"IDLE>GENERATING", "GENERATING>ENQUEUE_VIP", "ENQUEUE_VIP>WAITING_VIP_DRAIN", "WAITING_VIP_DRAIN>ENQUEUE_NORMAL",
		"ENQUEUE_NORMAL>WAITING_NORMAL_DRAIN", "WAITING_NORMAL_DRAIN>DONE",
	}
}

// TestFleetServesAlike: whichever process is asked to begin, all of them tell the run's
// whole way, once.
func TestFleetServesAlike(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a := f.start("a", RoleServe, nil)
	f.eventually("a coordinates", a.leading)
	b := f.start("b", RoleServe, nil)
	for i, asked := range []*node{b, a, b} {
		run := asked.begins("/pedidos/generate?quantity=5000")
		first, second := a.ended(run, order.Done), b.ended(run, order.Done)
		if first.Counts != second.Counts || first.Counts.Total != 5000 {
			t.Errorf("a says %v, b says %v", first.Counts, second.Counts)
		}
		want := slices.Repeat(allChanges(), i+1)
		a.announced(want...)
		b.announced(want...)
	}
	checked, err := b.Verify(t.Context())
	if err != nil || !checked.Clean() || len(checked.Known) != 3 {
		t.Errorf("Verify = %+v, %v; want three runs as foretold", checked, err)
	}
	for _, n := range []*node{a, b} {
		var members []wire.Member
		f.eventually("the coordinator is known", func() bool {
			n.call(http.MethodGet, "/fleet", http.StatusOK, &members)
			return len(members) == 2 && members[0].Coordinator
		})
		if a, b := members[0], members[1]; a.Node != "a" || b.Node != "b" || b.Coordinator || !a.Alive || !b.Alive || a.Addr == b.Addr || a.Workers != 2 || b.Role != "serve" {
			t.Errorf("%s lists %+v", n.node, members)
		}
	}
	for n, want := range map[*node]string{a: "filavip_coordinator 1\n", b: "filavip_coordinator 0\n"} {
		page := n.call(http.MethodGet, "/metrics", http.StatusOK, nil)
		for _, want := range []string{want, `filavip_fleet_members{role="serve",state="alive"} 2`, `filavip_fleet_members{role="worker",state="silent"} 0`} {
			if !strings.Contains(page, want) {
				t.Errorf("metrics of %s lack %s", n.node, want)
			}
		}
	}
}

// TestFleetCoordinatorStops: another goes on with the run, and no phase is told twice.
func TestFleetCoordinatorStops(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a := f.start("a", RoleServe, nil)
	f.eventually("a coordinates", a.leading)
	b := f.start("b", RoleServe, map[string]string{"simulate-work": "1ms"})
	run := b.begins("/pedidos/generate?quantity=1000")
	f.eventually("some work is done", func() bool {
		var s wire.Status
		b.call(http.MethodGet, "/pedidos", http.StatusOK, &s)
		return s.Counts.Total > 50
	})
	a.stop()
	f.eventually("b coordinates", b.leading)
	b.ended(run, order.Done)
	b.announced(allChanges()...)
	c := f.start("c", RoleServe, nil)
	c.ended(run, order.Done)
	c.ended(b.begins("/pedidos/generate?quantity=10"), order.Done)
	c.announced(allChanges()...) // of the second run alone: the first was there before it
}

// TestFleetWorkers: one process serves and others work, on all of it.
func TestFleetWorkers(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a := f.start("a", RoleServe, map[string]string{"workers": "0"})
	w := []*node{f.start("w1", RoleWorker, map[string]string{"workers": "3"}), f.start("w2", RoleWorker, map[string]string{"workers": "4"})}
	f.eventually("all have joined", func() bool {
		all, err := a.Members(t.Context())
		return err == nil && len(all) == 3
	})
	s := a.ended(a.begins("/pedidos/generate?quantity=5000"), order.Done)
	if workers, _ := a.workers(t.Context()); workers != 7 || s.Counts.Total != 5000 {
		t.Errorf("%d workers processed %d orders, want 7 and 5000", workers, s.Counts.Total)
	}
	for _, n := range w {
		if n.leading() {
			t.Errorf("worker %s coordinates", n.node)
		}
		n.call(http.MethodGet, "/livez", http.StatusOK, nil)
		n.call(http.MethodGet, "/readyz", http.StatusOK, nil)
		n.call(http.MethodGet, "/pedidos", http.StatusNotFound, nil)
		if page := n.call(http.MethodGet, "/metrics", http.StatusOK, nil); !strings.Contains(page, "filavip_workers ") {
			t.Errorf("metrics of a worker lack its workers:\n%s", page)
		}
		n.call(http.MethodPost, "/pedidos/reset", http.StatusNotFound, nil)
	}
	w[0].stop()
	f.eventually("the first worker is gone", func() bool { workers, _ := a.workers(t.Context()); return workers == 4 })
}

// TestFleetEnds: cancel and reset work from a process that does not coordinate, and closing
// the queue waits for the workers of others.
func TestFleetEnds(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a := f.start("a", RoleServe, map[string]string{"simulate-work": "20ms"})
	f.eventually("a coordinates", a.leading)
	b := f.start("b", RoleServe, map[string]string{"simulate-work": "20ms", "workers": "0"})
	run := b.begins("/pedidos/generate?quantity=100000")
	inHand := func() int64 {
		totals, err := f.store.Totals(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return totals.Counts[order.VIP].Claimed
	}
	f.eventually("a works", func() bool { return inHand() > 0 })
	b.call(http.MethodPost, "/pedidos/queue/close", http.StatusOK, nil)
	if n := inHand(); n != 0 {
		t.Errorf("%d orders are in hand once the queue is closed", n)
	}
	b.call(http.MethodPost, "/pedidos/queue/resume", http.StatusOK, nil)
	b.call(http.MethodPost, "/pedidos/cancel", http.StatusOK, nil)
	a.ended(run, order.Failed)
	b.begins("/pedidos/generate?quantity=100000&force=true")
	b.call(http.MethodPost, "/pedidos/generate?quantity=10", http.StatusConflict, nil) // it goes on, as far as anybody knows
	b.call(http.MethodPost, "/pedidos/reset", http.StatusOK, nil)
	if s := a.ended(order.RunID{}, order.Idle); s.Counts.Total != 0 {
		t.Errorf("after a reset: %+v", s.Counts)
	}
	a.ended(b.begins("/pedidos/generate?quantity=10"), order.Done)
}

// TestFleetSamples: all sample a run, one saves, and all can show it.
func TestFleetSamples(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a := f.start("a", RoleServe, nil)
	f.eventually("a coordinates", a.leading)
	b := f.start("b", RoleServe, nil)
	a.ended(b.begins("/pedidos/generate?quantity=5000"), order.Done)
	processed := func(n *node) (sum int64) {
		var s wire.TimeSeries
		n.call(http.MethodGet, "/pedidos/timeseries?window=run", http.StatusOK, &s)
		for _, p := range s.Samples {
			sum += p.Processed.VIP + p.Processed.Normal
		}
		return sum
	}
	for _, n := range []*node{a, b} {
		f.eventually(n.node+" shows the run", func() bool { return processed(n) == 5000 })
	}
	saved := func(node string) int {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.saved[node]
	}
	f.eventually("a has saved samples", func() bool { return saved("a") > 0 })
	if n := saved("b"); n != 0 {
		t.Errorf("samples were saved %d times by b, want by a alone", n)
	}
}

// TestFleetWithoutServers: readiness says which server is missing, and passes once it is
// back.
func TestFleetWithoutServers(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a, w := f.start("a", RoleServe, nil), f.start("w", RoleWorker, nil)
	for _, n := range []*node{a, w} {
		n.call(http.MethodGet, "/readyz", http.StatusOK, nil)
		f.set(&order.UnavailableError{Server: "redis", Err: errors.New("refused by 10.0.0.7")})
		if text := n.call(http.MethodGet, "/readyz", http.StatusServiceUnavailable, nil); !strings.Contains(text, "[-]servers failed: redis\n") {
			t.Errorf("readiness of %s without Redis = %q", n.node, text)
		}
		n.call(http.MethodGet, "/livez", http.StatusOK, nil)
		f.set(nil)
		n.call(http.MethodGet, "/readyz", http.StatusOK, nil)
	}
	var s wire.System
	a.call(http.MethodGet, "/pedidos/system", http.StatusOK, &s)
	if s.Engine != distributed || s.Storage.Path != "mongodb://***@db.example/orders" || len(s.Checks) != 3 {
		t.Errorf("system = %s in %s, checks %v", s.Engine, s.Storage.Path, s.Checks)
	}
}

// TestFleetOutage: the log says when a server goes and when it is back; a process that is
// stopped tells the store first, which then waits for no server.
func TestFleetOutage(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	for _, n := range []*node{f.start("a", RoleServe, nil), f.start("w", RoleWorker, nil)} {
		says := func(words ...string) func() bool {
			return func() bool {
				infos, warns, _ := n.book.Tail(100)
				return slices.ContainsFunc(append(infos, warns...), func(line string) bool {
					return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line, word) })
				})
			}
		}
		f.set(&order.UnavailableError{Server: "redis", Err: errors.New("refused by 10.0.0.7")})
		f.eventually(n.node+" says that Redis is away", says("[WARN] [servers] server does not answer", "server=redis", "refused by 10.0.0.7"))
		f.set(nil)
		f.eventually(n.node+" says that it is back", says("[INFO] [servers] server answers again", "server=redis"))
		if n.retired.Load() {
			t.Errorf("%s told the store that it ends before it did", n.node)
		}
		n.stop()
		if !n.retired.Load() {
			t.Errorf("%s did not tell the store that it ends", n.node)
		}
	}
}

// TestFleetKey: a worker asks for the key as a server does, and a session of one server is
// good on all.
func TestFleetKey(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	key := rand.Text()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := map[string]string{"api-key-file": file}
	a, b, w := f.start("a", RoleServe, flags), f.start("b", RoleServe, flags), f.start("w", RoleWorker, flags)
	for _, n := range []*node{a, b, w} {
		n.call(http.MethodGet, "/livez", http.StatusOK, nil)
		if text := n.call(http.MethodGet, "/readyz?verbose", http.StatusOK, nil); text != "ok\n" {
			t.Errorf("%s says %q to somebody without the key, want ok", n.node, text)
		}
		n.call(http.MethodGet, "/metrics", http.StatusUnauthorized, nil)
		n.call(http.MethodGet, "/pedidos", http.StatusUnauthorized, nil)
	}
	signIn, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.base+"/session", nil)
	if err != nil {
		t.Fatal(err)
	}
	signIn.Header.Set("Authorization", "Bearer "+key)
	signedIn, err := http.DefaultClient.Do(signIn)
	if err != nil {
		t.Fatal(err)
	}
	signedIn.Body.Close()
	for _, at := range []string{a.base + "/pedidos", b.base + "/pedidos", w.base + "/metrics"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range signedIn.Cookies() {
			r.AddCookie(c)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("GET %s with a session of a = %d, want 200", at, res.StatusCode)
		}
	}
}

func (f *fleet) set(ping error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ping = ping
}

// TestFleetImport: a file is read where it is, by the process that coordinates.
func TestFleetImport(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a := f.start("a", RoleRun, nil)
	f.eventually("a coordinates", a.leading)
	b := f.start("b", RoleRun, map[string]string{"connect-timeout": "100ms"})
	spec := NewImport(&b.cfg, "nowhere.ndjson", false)
	if _, _, err := b.Begin(t.Context(), spec, nil); !errors.Is(err, order.ErrLocked) || !strings.Contains(err.Error(), "that is a;") {
		t.Errorf("Begin of an import where a coordinates = %v, want it refused, naming a", err)
	}
	run, _, err := a.Begin(t.Context(), spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	if run, _, err = a.Wait(t.Context(), run.ID); err != nil || run.Failure == nil || run.Failure.Kind != "source" {
		t.Errorf("import of a missing file = %v, %+v, %v; want it ended by its source", run.Phase, run.Failure, err)
	}
}

func TestNodeName(t *testing.T) {
	t.Parallel()
	if got := nodeName("n-1", 7); got != "n-1" {
		t.Errorf("nodeName(n-1) = %s, want it as configured", got)
	}
	got := nodeName("", 1234567)
	if !strings.HasSuffix(got, "-1234567") || len(got) > maxNode || got == nodeName("", 1234568) {
		t.Errorf("nodeName() = %s, want the machine's name and the process's number", got)
	}
}
