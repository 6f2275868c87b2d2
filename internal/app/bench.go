package app

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"time"

	"github.com/filavip/filavip/internal/config"
	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/ordergen"
	"github.com/filavip/filavip/internal/store/pebblestore"
)

// Measured is what one benchmark run took.
type Measured struct {
	Orders int64           `json:"orders"`
	VIP    int64           `json:"vip"`
	Wall   time.Duration   `json:"wall"`  // from acceptance to DONE
	Ready  time.Duration   `json:"ready"` // to open the empty store and start the workers
	Stages []MeasuredStage `json:"stages"`
	Disk   int64           `json:"disk"` // bytes in the data directory at the end
	Digest order.Digest    `json:"digest"`
	Run    order.RunID     `json:"run"`
}

// MeasuredStage is what was spent between two phase changes.
type MeasuredStage struct {
	Name    string        `json:"name"`
	Orders  int64         `json:"orders"` // settled in it; for GENERATING, stored in it
	Wall    time.Duration `json:"wall"`
	CPU     time.Duration `json:"cpu"`
	Bytes   int64         `json:"bytes"`
	Syncs   int64         `json:"syncs"`
	Commits int64         `json:"commits"`
}

// BenchOptions say what to measure.
type BenchOptions struct {
	Quantity int64
	Seed     uint64
	CPU      func() time.Duration // the processor time that this process has used

	// Nil, or called before the run begins, with the address where the API answers.
	Serving func(addr string) error
	// Called after the run with what was measured and processed orders recounted from
	// their rows, if the API answers. It stops when Hold returns.
	Hold func(m Measured, recount order.Counts) error
}

// Bench processes one run of generated orders in an empty data directory and measures
// it stage by stage.
func Bench(ctx context.Context, cfg config.Config, opts BenchOptions) (m Measured, err error) {
	began := time.Now()
	stages := stopwatch{cpu: opts.CPU, ended: make(chan struct{})}
	a, err := New(cfg, Options{OnPhase: stages.phase})
	if err != nil {
		return m, err
	}
	defer func() {
		if stopErr := a.Stop(context.WithoutCancel(ctx)); err == nil {
			err = stopErr
		}
	}()
	db, ok := a.store.Store.(*pebblestore.DB)
	if !ok {
		return m, fmt.Errorf("%w: bench measures the embedded engine alone", order.ErrInvalid)
	}
	stages.store = db
	if _, err := a.Start(ctx); err != nil {
		return m, err
	}
	m.Ready = time.Since(began)
	stages.lap("")
	if opts.Serving != nil {
		stopServing, err := a.answer(ctx)
		if err != nil {
			return m, err
		}
		defer stopServing()
		if err := opts.Serving(a.Addr()); err != nil {
			return m, err
		}
	}
	run, _, err := a.Begin(ctx, NewSpec(&cfg, opts.Quantity, opts.Seed), func(order.Spec) error { return nil })
	if err != nil {
		return m, err
	}
	run, counts, err := a.Wait(ctx, run.ID)
	if err != nil {
		return m, err
	}
	if run.Phase != order.Done {
		return m, fmt.Errorf("run ended in %v: %+v", run.Phase, run.Failure)
	}
	m.Run, m.Orders, m.VIP = run.ID, counts.Generated(), counts[order.VIP].Generated
	m.Wall, m.Digest = run.WallClock(run.Ended), counts.Digest()
	<-stages.ended // it is announced right after it is durable, so maybe after Wait
	m.Stages = stages.done(&counts)
	if m.Disk, err = diskUsage(cfg.Data); err != nil {
		return m, err
	}
	if opts.Serving == nil {
		return m, nil
	}
	report, err := a.store.Verify(ctx)
	if err != nil {
		return m, err
	}
	return m, opts.Hold(m, report.Runs[len(report.Runs)-1].Counts)
}

// answer serves the API on a free port until the function it returns is called.
func (a *App) answer(ctx context.Context) (stop func(), err error) {
	a.cfg.Host, a.cfg.Port = "127.0.0.1", 0
	if err := a.Listen(ctx); err != nil {
		return nil, err
	}
	serving, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { _ = a.Serve(serving) }) // a failure shows in the answers
	return func() { cancel(); all.Wait() }, nil
}

// stopwatch takes the figures at each phase change.
type stopwatch struct {
	store *pebblestore.DB
	cpu   func() time.Duration
	ended chan struct{} // closed once the run has ended

	mu   sync.Mutex // guards laps
	laps []lap
}

type lap struct {
	phase string // that ended
	at    time.Time
	cpu   time.Duration
	stats pebblestore.Stats
}

func (s *stopwatch) phase(c event.PhaseChange) {
	if c.From != order.Idle {
		s.lap(c.From.String())
	}
	if c.To.Ended() {
		close(s.ended)
	}
}

func (s *stopwatch) lap(phase string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.laps = append(s.laps, lap{phase, time.Now(), s.cpu(), s.store.Stats()})
}

// done returns the stages.
func (s *stopwatch) done(counts *order.Counts) []MeasuredStage {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []MeasuredStage
	for i := 1; i < len(s.laps); i++ {
		from, to := s.laps[i-1], s.laps[i]
		spent := to.stats.Sub(from.stats)
		all = append(all, MeasuredStage{
			Name: to.phase, Orders: stageOrders(to.phase, counts), Wall: to.at.Sub(from.at), CPU: to.cpu - from.cpu,
			Bytes: spent.Bytes, Syncs: spent.Syncs, Commits: spent.Commits,
		})
	}
	return all
}

func stageOrders(phase string, counts *order.Counts) int64 {
	switch phase {
	case order.Generating.String():
		return counts.Generated()
	case order.WaitingNormalDrain.String():
		return counts[order.Normal].Generated
	}
	return 0
}

// diskUsage adds up the files below dir, without the ballast, which holds no data.
func diskUsage(dir string) (int64, error) {
	var sum int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == pebblestore.BallastName {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	return sum, err
}

// MeasuredFloor is what the least that any durable store must do took.
type MeasuredFloor struct {
	Orders int64         `json:"orders"`
	Wall   time.Duration `json:"wall"`
	Bytes  int64         `json:"bytes"`
}

// BenchFloor measures that least for the same orders; see [pebblestore.Floor].
func BenchFloor(cfg config.Config, quantity int64, seed uint64) (MeasuredFloor, error) {
	began := time.Now()
	run := order.NewRunID(began.UnixMilli(), seed)
	written, err := pebblestore.Floor(cfg.Data, cfg.ChunkSize, func() func([]order.Order) int {
		gen, made := ordergen.New(seed, cfg.Tiers), int64(0)
		return func(dst []order.Order) int {
			n := min(int64(len(dst)), quantity-made)
			gen.Fill(dst[:n], run, uint64(made))
			made += n
			return int(n)
		}
	})
	return MeasuredFloor{Orders: quantity, Wall: time.Since(began), Bytes: written}, err
}
