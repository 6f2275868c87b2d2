package history

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/order"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// epoch is when the tests' clocks start; it lies on no whole second.
func epoch() time.Time { return time.Date(2026, 11, 23, 8, 0, 0, 730_000_000, time.UTC) }

// bed is a recorder that sees what the test says.
type bed struct {
	*testing.T
	*Recorder
	archive   *archive
	now       Observation
	settling  *metrics.Histogram
	published []event.Metrics
	log       strings.Builder
}

func newBed(t *testing.T) *bed {
	t.Helper()
	b := &bed{T: t, archive: newArchive(), settling: (*metrics.Registry)(nil).Histogram("filavip_s_seconds", "S.", metrics.HistogramOptions{})}
	b.now = Observation{At: epoch(), Generation: 1, Workers: 25}
	b.restart()
	b.look()
	return b
}

// restart puts a new recorder, of another process, in place of the one there is.
func (b *bed) restart() {
	b.Recorder = New(Options{
		Observe: func(context.Context) (Observation, error) { return b.now, nil },
		Archive: b.archive,
		Publish: func(m event.Metrics) { b.published = append(b.published, m) },
		Log:     slog.New(slog.NewTextHandler(&b.log, nil)),
	})
}

// archive keeps runs and samples in memory.
type archive struct {
	mu     sync.Mutex // guards what follows
	runs   map[order.RunID]order.Run
	blocks map[order.RunID]map[uint32][]byte
	fails  error // what it answers, if set
	saves  int   // calls of SaveSamples
}

func newArchive() *archive {
	return &archive{runs: map[order.RunID]order.Run{}, blocks: map[order.RunID]map[uint32][]byte{}}
}

func (a *archive) Run(_ context.Context, id order.RunID) (order.Run, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if run, ok := a.runs[id]; ok {
		return run, a.fails
	}
	return order.Run{}, order.ErrNotFound
}

func (a *archive) SaveSamples(_ context.Context, run order.RunID, seq uint32, block []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.saves++
	if a.fails != nil {
		return a.fails
	}
	if _, ok := a.runs[run]; !ok {
		return order.ErrNotFound
	}
	if a.blocks[run] == nil {
		a.blocks[run] = map[uint32][]byte{}
	}
	a.blocks[run][seq] = block
	return nil
}

func (a *archive) Samples(_ context.Context, run order.RunID) ([][]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var blocks [][]byte
	for _, seq := range slices.Sorted(maps.Keys(a.blocks[run])) {
		blocks = append(blocks, a.blocks[run][seq])
	}
	return blocks, a.fails
}

// all returns the blocks of a run.
func (a *archive) all(run order.RunID) [][]byte {
	blocks, _ := a.Samples(context.Background(), run)
	return blocks
}

// put keeps a run's document.
func (a *archive) put(run order.Run) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.runs[run.ID] = run
}

// trouble makes every call fail, none if err is nil.
func (a *archive) trouble(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fails = err
}

// reset forgets everything.
func (a *archive) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.runs)
	clear(a.blocks)
}

// look makes the recorder do what it does at each tick.
func (b *bed) look() {
	b.Helper()
	b.now.Settle = b.settling.Snapshot()
	b.Look(b.Context())
	b.save(b.Context(), false)
}

// pass lets time pass, tick by tick, and change do something in each.
func (b *bed) pass(d time.Duration, change func()) {
	b.Helper()
	b.passBy(d, tick, change)
}

func (b *bed) passBy(d, by time.Duration, change func()) {
	b.Helper()
	for ; d > 0; d -= by {
		b.now.At = b.now.At.Add(min(by, d))
		if change != nil {
			change()
		}
		b.look()
	}
}

// begin starts a run of n orders.
func (b *bed) begin(n int64) order.Run {
	b.Helper()
	run := order.Run{
		ID: order.NewRunID(b.now.At.UnixMilli(), 1), Phase: order.Generating, Accepted: b.now.At,
		Spec: order.Spec{Kind: order.Generated, Target: n},
	}
	run.Entered[order.Generating] = b.now.At
	b.archive.put(run)
	b.now.Run, b.now.OfRun = &run, [order.PriorityCount]Flow{}
	return run
}

// advance moves the run to a phase.
func (b *bed) advance(to order.Phase) {
	b.Helper()
	run := *b.now.Run
	for run.Phase < to {
		run.Phase++
		run.Entered[run.Phase] = b.now.At
	}
	if to.Ended() {
		run.Ended = b.now.At
	}
	b.archive.put(run)
	b.now.Run = &run
}

// generate lets n orders of a lane come in, and settle lets n of them be processed.
func (b *bed) generate(lane order.Priority, n int64) {
	b.now.Flow[lane].Generated += n
	b.now.OfRun[lane].Generated += n
	b.now.Depth[lane] += n
	run := *b.now.Run
	run.Cursor.Next += uint64(n)
	b.now.Run = &run
}

func (b *bed) settle(lane order.Priority, n int64) {
	b.now.Flow[lane].Processed += n
	b.now.OfRun[lane].Processed += n
	b.now.Depth[lane] -= n
	b.settling.Observe(3 * time.Millisecond)
}

// series asks for the samples of the run, or with zero of the latest.
func (b *bed) ofRun(id order.RunID, step time.Duration) Series {
	b.Helper()
	s, err := b.Series(b.Context(), Query{OfRun: true, Run: id, Step: step})
	if err != nil {
		b.Fatalf("Series = %v", err)
	}
	return s
}

func (b *bed) window(window, step time.Duration) Series {
	b.Helper()
	s, err := b.Series(b.Context(), Query{Window: window, Step: step})
	if err != nil {
		b.Fatalf("Series = %v", err)
	}
	return s
}

// sums adds up what happened within samples, and checks that they follow one another.
func sums(t *testing.T, samples []event.Sample) (generated, settled int64, over time.Duration) {
	t.Helper()
	for i := range samples {
		s := &samples[i]
		if i > 0 && !s.At.After(samples[i-1].At) {
			t.Errorf("sample %d at %v comes behind one at %v", i, s.At, samples[i-1].At)
		}
		generated += s.Generated[order.VIP] + s.Generated[order.Normal]
		settled += s.Settled()
		over += s.Over
	}
	return generated, settled, over
}

// pass lets that much of a synctest bubble's fake time go by, in which everything else in
// it gets as far as it can. It takes no time.
func pass(d time.Duration) { time.Sleep(d) } // fake: only bubbles call it
