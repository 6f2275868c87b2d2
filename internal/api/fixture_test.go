package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/api"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/memstore"
	"github.com/filavip/filavip/internal/wire"
)

// fixture is an API over a store in memory, with a clock that only the test moves.
type fixture struct {
	t     *testing.T
	api   *api.API
	store *memstore.Store
	pipe  *fakePipeline
	queue *fakeQueue
	logs  *fakeLogs
	log   *lockedBuffer
	clock *clock
}

// clock is a clock that stands still.
type clock struct {
	mu  sync.Mutex // guards now
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// lockedBuffer is a buffer that many may write to.
type lockedBuffer struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// newFixture returns an API over an empty store; change may be nil.
func newFixture(t *testing.T, change func(*api.Options)) *fixture {
	t.Helper()
	return fixtureOver(t, memstore.New(), change)
}

func fixtureOver(t *testing.T, mem *memstore.Store, change func(*api.Options)) *fixture {
	t.Helper()
	c := &clock{now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	f := &fixture{
		t:     t,
		store: mem,
		pipe:  &fakePipeline{store: mem, now: c.Now},
		queue: &fakeQueue{store: mem},
		logs:  &fakeLogs{lines: 20_000},
		log:   &lockedBuffer{},
		clock: c,
	}
	opts := api.Options{
		Pipeline: f.pipe,
		Queue:    f.queue,
		Store:    mem,
		Logs:     f.logs,
		NewSpec:  newSpec,
		Now:      c.Now,
		Log:      slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Metrics:  http.NotFoundHandler(),
	}
	if change != nil {
		change(&opts)
	}
	a, err := api.New(opts)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	f.api = a
	return f
}

func newSpec(quantity int64) order.Spec {
	return order.Spec{
		Kind: order.Generated, Target: quantity, Seed: 42, Weights: order.Weights{1, 1, 1, 1},
		Work: order.Work{Handler: "mark", Attempts: 3}, ChunkSize: 10, BlockSize: 5,
	}
}

// slog returns a logger into the fixture's log.
func (f *fixture) slog() *slog.Logger { return slog.New(slog.NewTextHandler(f.log, nil)) }

// do sends a request. Headers are given as name, value, name, value.
func (f *fixture) do(method, target, body string, headers ...string) *http.Response {
	f.t.Helper()
	return f.send(newRequest(method, target, body, headers...))
}

func newRequest(method, target, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "localhost:3000"
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func (f *fixture) send(r *http.Request) *http.Response {
	f.t.Helper()
	w := httptest.NewRecorder()
	f.api.ServeHTTP(w, r)
	return w.Result()
}

func (f *fixture) get(target string, headers ...string) *http.Response {
	f.t.Helper()
	return f.do(http.MethodGet, target, "", headers...)
}

func (f *fixture) post(target string, headers ...string) *http.Response {
	f.t.Helper()
	return f.do(http.MethodPost, target, "", headers...)
}

// read decodes an answer that must have that status code and nothing unknown in it.
func read[T any](t *testing.T, res *http.Response, status int) T {
	t.Helper()
	text := textOf(t, res)
	if res.StatusCode != status {
		t.Fatalf("status = %d, want %d; body %s", res.StatusCode, status, text)
	}
	var v T
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("decode %s: %v", text, err)
	}
	return v
}

func textOf(t *testing.T, res *http.Response) string {
	t.Helper()
	var buf bytes.Buffer
	if _, err := buf.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// readProblem decodes an answer that must be a problem of that kind, whole and
// consistent.
func readProblem(t *testing.T, res *http.Response, status int, kind string) wire.Problem {
	t.Helper()
	if got := res.Header.Get("Content-Type"); got != wire.ProblemType {
		t.Errorf("Content-Type = %q, want %q", got, wire.ProblemType)
	}
	p := read[wire.Problem](t, res, status)
	if want := "/problems/" + kind; p.Type != want {
		t.Errorf("type = %q, want %q; detail %q", p.Type, want, p.Detail)
	}
	if p.Status != status || p.StatusCode != status || p.Err != http.StatusText(status) || p.Message != p.Detail || p.Title == "" || p.Detail == "" {
		t.Errorf("problem is not whole: %+v", p)
	}
	return p
}

// started starts a run of n orders and inserts them all: order i is DIAMOND, and so
// VIP, if i is a multiple of 4. VIP blocks are ready.
func (f *fixture) started(n int) order.Run {
	f.t.Helper()
	ctx := context.Background()
	run, err := f.store.Begin(ctx, newSpec(int64(n)), f.clock.Now(), nil)
	if err != nil {
		f.t.Fatal(err)
	}
	chunk := store.Chunk{Next: order.Cursor{Next: uint64(n), End: true}, Ready: []order.Priority{order.VIP}}
	for i := range n {
		o := order.Order{
			Key: run.ID.Key(uint64(i)), Customer: fmt.Sprintf("Cliente %d", i), Amount: order.Cents(100 + i),
			Tier: order.Gold, Note: "Compra em lote", CreatedAt: f.clock.Now(),
		}
		if i%4 == 0 {
			o.Tier = order.Diamond
		}
		chunk.Orders = append(chunk.Orders, o)
	}
	if _, err := f.store.Insert(ctx, store.Fence{Run: run.ID, Epoch: run.Epoch}, chunk); err != nil {
		f.t.Fatal(err)
	}
	return run
}

// settle claims one block and settles all of it with that status.
func (f *fixture) settle(status order.Status) {
	f.t.Helper()
	ctx := context.Background()
	claims, _, err := f.store.Claim(ctx, "test", f.clock.Now(), 1)
	if err != nil || len(claims) == 0 {
		f.t.Fatalf("Claim = %v, %v, want a claim", claims, err)
	}
	s := store.Settlement{Claim: claims[0], Started: f.clock.Now(), At: f.clock.Now()}
	for _, index := range claims[0].Indexes {
		out := store.Outcome{Index: index, Status: status, At: f.clock.Now()}
		if status != order.Processed {
			out.Reason, out.Due = "boom", f.clock.Now().Add(time.Minute)
		}
		s.Outcomes = append(s.Outcomes, out)
	}
	if err := f.store.Settle(ctx, s); err != nil {
		f.t.Fatal(err)
	}
}

// runs returns how many runs the store has.
func (f *fixture) runs() int {
	f.t.Helper()
	runs, err := f.store.Runs(context.Background(), order.RunID{}, 1000)
	if err != nil {
		f.t.Fatal(err)
	}
	return len(runs)
}
