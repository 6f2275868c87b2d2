package history

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
)

// Bounds on what may be asked for.
const (
	MinWindow = time.Second
	MaxWindow = time.Hour
	MinStep   = tick
	MaxStep   = time.Hour
	// MaxSamples bounds the samples of a Series whose step was given; a step that would
	// make more is widened.
	MaxSamples = 4000
	// maxChosen bounds the samples of a Series whose step was not given.
	maxChosen = 600
	// fair is the shortest time over which orders a second say how fast the work went:
	// workers settle tens of thousands at a time, and over less than this it is chance
	// how many such lots it holds.
	fair = 250 * time.Millisecond
)

// Query chooses samples.
type Query struct {
	// Window is how far back from now; from MinWindow to MaxWindow, and not looked at if
	// OfRun is set.
	Window time.Duration
	// OfRun asks for the samples of a run, from its acceptance to its end or to now.
	OfRun bool
	// Run is that run; the current or latest one if zero.
	Run order.RunID
	// Step is how long each sample is to be, from MinStep; chosen if zero. Samples that are
	// longer as they are stay as they are.
	Step time.Duration
}

// Series is samples in the order of time.
type Series struct {
	Run      order.RunID // OfRun: whose they are; zero before any run
	Step     time.Duration
	From, To time.Time
	Samples  []event.Sample
	Marks    []Mark  // within the time, in its order
	Peak     float64 // most orders settled a second, over the shortest stretch of at least 250 ms
	Mean     float64 // orders settled a second, over the time in which there was work
	Drain    event.Forecast
}

// Series returns the samples that q chooses. For a run that the archive does not know it
// returns [order.ErrNotFound].
func (r *Recorder) Series(ctx context.Context, q Query) (Series, error) {
	if q.OfRun {
		return r.ofRun(ctx, q)
	}
	if q.Window < MinWindow || q.Window > MaxWindow {
		return Series{}, fmt.Errorf("%w: window %v; allowed: %v to %v", order.ErrInvalid, q.Window, MinWindow, MaxWindow)
	}
	r.mu.Lock()
	s := Series{From: r.last.At.Add(-q.Window), To: r.last.At, Drain: r.forecast()}
	if r.last.At.IsZero() {
		s.From = time.Time{}
	}
	points, shortest := r.coarse.all(), time.Second
	if q.Window <= time.Minute {
		points, shortest = r.fine.all(), tick
	}
	s.Marks = within(r.marks, s.From, s.To)
	r.mu.Unlock()
	points = slices.DeleteFunc(points, func(p point) bool { return !p.At.After(s.From) })
	s.fill(points, q.Step, max(shortest, q.Window/maxChosen))
	return s, nil
}

// ofRun returns the samples of a run: those in the archive, and behind them those that
// are not complete there.
func (r *Recorder) ofRun(ctx context.Context, q Query) (Series, error) {
	r.mu.Lock()
	s := Series{Run: q.Run, To: r.last.At, Drain: r.forecast()}
	if s.Run.IsZero() && r.last.Run != nil {
		s.Run = r.last.Run.ID
	}
	points, first, recorded := r.unsaved(s.Run)
	r.mu.Unlock()
	if s.Run.IsZero() {
		s.From = s.To
		s.fill(nil, q.Step, tick)
		return s, nil
	}
	run, err := r.opts.Archive.Run(ctx, s.Run)
	if err != nil {
		return Series{}, fmt.Errorf("samples of run %s: %w", s.Run, err)
	}
	blocks, err := r.opts.Archive.Samples(ctx, s.Run)
	if err != nil {
		return Series{}, fmt.Errorf("samples of run %s: %w", s.Run, err)
	}
	if recorded {
		blocks = blocks[:min(len(blocks), first)]
	}
	var archived []point
	for _, block := range blocks {
		some, err := decode(s.Run, block)
		if err != nil {
			return Series{}, fmt.Errorf("samples of run %s: %w", s.Run, err)
		}
		archived = append(archived, some...)
	}
	s.From = run.Accepted
	if !run.Ended.IsZero() {
		s.To = run.Ended
	}
	s.Marks = marksOf(&run)
	s.fill(append(archived, points...), q.Step, s.To.Sub(s.From)/maxChosen)
	return s, nil
}

// unsaved returns the samples of a run from block first on, as memory has them. recorded
// says that there are such; what the archive has from that block on is then older. mu held.
func (r *Recorder) unsaved(run order.RunID) (points []point, first int, recorded bool) {
	for _, rec := range r.recs {
		if rec.run != run || !rec.known {
			continue
		}
		points = slices.Clone(rec.block)
		if rec.open.Over > 0 {
			points = append(points, rec.open)
		}
		return points, int(rec.seq), true
	}
	return nil, 0, false
}

// fill puts the samples in, folded to the step; to the shortest usual one that is not below
// least if it is zero.
func (s *Series) fill(points []point, step, least time.Duration) {
	s.Peak, s.Mean = peakOf(points), meanOf(points)
	if widest := s.To.Sub(s.From) / MaxSamples; step == 0 {
		step = suitable(least)
	} else if step < widest {
		step = suitable(widest)
	}
	s.Step = step
	if step > tick {
		points = folded(points, step)
	}
	points = blunted(points)
	s.Samples = make([]event.Sample, len(points))
	for i := range points {
		s.Samples[i] = points[i].sample()
	}
}

// suitable returns the shortest usual step that is not below least.
func suitable(least time.Duration) time.Duration {
	for _, step := range []time.Duration{
		tick, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second,
		10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	} {
		if step >= least {
			return step
		}
	}
	return (least + time.Hour - 1).Truncate(time.Hour)
}

// blunted folds a sample at either end into its neighbour if it is much shorter than that
// and not fair: where a run begins and ends within a tick or a cell is chance, and a rate
// over what is left there would stand out of the curve. It may change the slice.
func blunted(points []point) []point {
	short := func(at, beside *point) bool { return at.Over < fair && at.Over < beside.Over*3/4 }
	if n := len(points); n > 1 && short(&points[n-1], &points[n-2]) {
		points[n-2].fold(&points[n-1])
		points = points[:n-1]
	}
	if len(points) > 1 && short(&points[0], &points[1]) {
		points[0].fold(&points[1])
		points = slices.Delete(points, 1, 2)
	}
	return points
}

// peakOf looks at every shortest stretch of samples that is fair; at all of them if they
// are less together.
func peakOf(points []point) (peak float64) {
	var settled int64
	var over time.Duration
	from := 0
	for i := range points {
		settled, over = settled+points[i].Settled(), over+points[i].Over
		for over-points[from].Over >= fair {
			settled, over = settled-points[from].Settled(), over-points[from].Over
			from++
		}
		if over >= fair || i == len(points)-1 && over > 0 && from == 0 {
			peak = max(peak, float64(settled)/over.Seconds())
		}
	}
	return peak
}

func meanOf(points []point) float64 {
	var settled int64
	var busy time.Duration
	for i := range points {
		p := &points[i]
		n := p.Settled()
		if p.Over <= 0 || n == 0 && p.Unsettled() == 0 {
			continue
		}
		settled, busy = settled+n, busy+p.Over
	}
	if busy == 0 {
		return 0
	}
	return float64(settled) / busy.Seconds()
}

// within returns the marks in that time, both ends included, in its order.
func within(marks []Mark, from, to time.Time) []Mark {
	var out []Mark
	for _, m := range marks {
		if !m.At.Before(from) && !m.At.After(to) {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b Mark) int { return a.At.Compare(b.At) })
	return out
}
