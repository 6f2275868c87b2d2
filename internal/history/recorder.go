package history

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
)

// Archive keeps runs and, with each, blocks of samples by number. A run that is unknown is
// [order.ErrNotFound].
type Archive interface {
	Run(ctx context.Context, id order.RunID) (order.Run, error)
	// SaveSamples makes a block durable, in place of the one of that number.
	SaveSamples(ctx context.Context, run order.RunID, seq uint32, block []byte) error
	// Samples returns the run's blocks in the order of their numbers.
	Samples(ctx context.Context, run order.RunID) ([][]byte, error)
}

// Options are what a Recorder works with. Observe and Archive are required.
type Options struct {
	// Observe looks at what is to be sampled. It is called by one goroutine, up to ten times
	// a second, and should take well below a millisecond.
	Observe func(context.Context) (Observation, error)
	Archive Archive
	// Changed returns a channel that is closed once something has changed since the call.
	// With it, a look a second does while nothing happens. Default: ten a second, always.
	Changed func() <-chan struct{}
	// Publish is given each second's sample; it must not wait. Nobody gets it if nil.
	Publish func(event.Metrics)
	// Log is told of what could not be saved; discards if nil.
	Log *slog.Logger
}

const (
	fineKept   = int(time.Minute / tick)
	coarseKept = 3600
	marksKept  = 1000
	recsKept   = 4
)

// Recorder samples. Run does it; the other methods may be called at any time, by any
// number of goroutines.
type Recorder struct {
	opts Options

	mu     sync.Mutex  // guards what follows
	last   Observation // its At is zero before the first
	fine   ring        // a point a tick
	coarse ring        // a point a second
	second point       // being folded for coarse
	recs   []*recording
	marks  []Mark // of the latest runs
}

// Mark is the instant at which a run entered a phase.
type Mark struct {
	Run   order.RunID
	Phase order.Phase
	At    time.Time
}

// New returns a recorder that has seen nothing yet.
func New(opts Options) *Recorder {
	if opts.Changed == nil {
		always := make(chan struct{})
		close(always)
		opts.Changed = func() <-chan struct{} { return always }
	}
	if opts.Publish == nil {
		opts.Publish = func(event.Metrics) {}
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return &Recorder{opts: opts, fine: ring{limit: fineKept}, coarse: ring{limit: coarseKept}}
}

// Run samples until ctx is done, then takes a last sample and saves what is not saved
// yet, whatever becomes of ctx. It must be called once. What happens before its first look
// is in no sample; a Look before the work begins leaves nothing out.
func (r *Recorder) Run(ctx context.Context) error {
	ticks, seconds := time.NewTicker(tick), time.NewTicker(time.Second)
	defer ticks.Stop()
	defer seconds.Stop()
	for {
		changed := r.opts.Changed()
		r.Look(ctx)
		r.save(ctx, false)
		if r.quiet() {
			select {
			case <-changed:
			case <-seconds.C:
			case <-ctx.Done():
			}
		}
		select {
		case <-ticks.C: // at once, if it is long since the last look
		case <-ctx.Done():
			last := context.WithoutCancel(ctx)
			r.Look(last)
			r.save(last, true)
			return nil
		}
	}
}

// quiet says whether nothing goes on: no run is active, and nothing has happened lately.
func (r *Recorder) quiet() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.fine.last()
	if last == nil || r.last.Run != nil && r.last.Run.Active() {
		return false
	}
	var moved int64
	for lane := range last.Depth {
		moved += last.Generated[lane] + last.Processed[lane] + last.Dead[lane] + last.Retried[lane]
	}
	return moved == 0
}

// Look takes one look and makes the sample of what has changed since the one before. A
// look that fails is made up for by the next, whose sample is then longer. It must not be
// called while Run is under way.
func (r *Recorder) Look(ctx context.Context) {
	now, err := r.opts.Observe(ctx)
	if err != nil {
		return
	}
	if m, full := r.take(now); full {
		r.opts.Publish(m)
	}
}

// take adds an observation. full says that it completed a second, which m is about.
func (r *Recorder) take(now Observation) (m event.Metrics, full bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.last
	if !before.At.IsZero() && !now.At.After(before.At) {
		return m, false
	}
	r.last = now
	r.mark(before.Run, now.Run)
	if before.At.IsZero() {
		return m, false
	}
	if now.Generation != before.Generation {
		r.forget()
		before.Flow, before.Run = [order.PriorityCount]Flow{}, nil
		r.mark(nil, now.Run)
	}
	from := &before
	for _, to := range steps(&before, &now) {
		r.sample(from, &to)
		from = &to
	}
	if !now.At.Truncate(time.Second).After(before.At) {
		return m, false
	}
	r.coarse.add(&r.second)
	m = event.Metrics{Sample: r.second.sample(), Workers: now.Workers, Busy: now.Busy, Drain: r.forecast()}
	r.second = point{}
	return m, true
}

// sample makes a sample of what happened between two instants. mu held.
func (r *Recorder) sample(from, to *Observation) {
	p := between(from, to)
	r.record(from.Run, to.Run, &p)
	if last := r.fine.last(); last != nil && p.Over < leastOver {
		last.fold(&p)
	} else {
		r.fine.add(&p)
	}
	if r.second.Over == 0 {
		r.second = p
	} else {
		r.second.fold(&p)
	}
}

// record adds a sample to those of the run it belongs to: the one that is active, or was
// until a moment ago. mu held.
func (r *Recorder) record(before, run *order.Run, p *point) {
	same := before != nil && run != nil && before.ID == run.ID
	if run == nil || !run.Active() && same && !before.Active() {
		return
	}
	var rec *recording
	if n := len(r.recs); n > 0 && r.recs[n-1].run == run.ID {
		rec = r.recs[n-1]
	} else {
		r.end()
		rec = &recording{run: run.ID, since: run.Accepted, tried: p.At, known: !same}
		r.recs = append(r.recs, rec)
		p = sinceAcceptance(p, run)
	}
	rec.add(p, !run.Active())
}

// sinceAcceptance returns the first sample of a run without the time before the run was
// accepted, which may be the second that a look takes while nothing happens.
func sinceAcceptance(p *point, run *order.Run) *point {
	over := max(time.Millisecond, p.At.Sub(run.Accepted))
	if over >= p.Over {
		return p
	}
	first := *p
	first.Over = over
	return &first
}

// end ends every recording: another run has begun, or the process ends. mu held.
func (r *Recorder) end() {
	for _, rec := range r.recs {
		rec.ended = true
		rec.close()
	}
}

// mark notes the phases that the current run has entered since before. mu held.
func (r *Recorder) mark(before, run *order.Run) {
	if run == nil || before != nil && before.ID == run.ID && before.Phase == run.Phase {
		return
	}
	r.marks = slices.DeleteFunc(r.marks, func(m Mark) bool { return m.Run == run.ID })
	r.marks = append(r.marks, marksOf(run)...)
	if n := len(r.marks); n > marksKept {
		r.marks = slices.Delete(r.marks, 0, n-marksKept)
	}
}

// marksOf returns the phases that a run has entered, in their order.
func marksOf(run *order.Run) []Mark {
	var marks []Mark
	for phase, at := range run.Entered {
		if !at.IsZero() {
			marks = append(marks, Mark{Run: run.ID, Phase: order.Phase(phase), At: at})
		}
	}
	return marks
}

// forget forgets everything: the store was reset. mu held.
func (r *Recorder) forget() {
	r.fine.clear()
	r.coarse.clear()
	r.second, r.recs, r.marks = point{}, nil, nil
}

// forecast goes by the seconds of the last minute and the one under way. mu held.
func (r *Recorder) forecast() event.Forecast {
	recent := make([]event.Sample, 0, 61)
	r.coarse.latest(60, func(p *point) { recent = append(recent, p.Sample) })
	if r.second.Over > 0 {
		recent = append(recent, r.second.Sample)
	}
	return Forecast(recent, r.last.standing())
}

// standing is what a forecast has to know of the moment.
func (o *Observation) standing() Standing {
	s := Standing{Delayed: o.Delayed, Paused: o.Paused, Stalled: o.Stalled}
	for _, n := range o.Depth {
		s.Unsettled += n
	}
	if run := o.Run; run != nil && run.Phase == order.Generating && !run.Cursor.End {
		s.ToCome = -1
		if run.Spec.Target > 0 {
			s.ToCome = max(0, run.Spec.Target-int64(run.Cursor.Next))
		}
	}
	return s
}

// save saves what is due of the runs' samples, or with all what there is.
func (r *Recorder) save(ctx context.Context, all bool) {
	r.mu.Lock()
	if all {
		r.end()
	}
	var due, unknown []*recording
	for _, rec := range r.recs {
		if !rec.known {
			unknown = append(unknown, rec)
		}
		if rec.dirty && (all || rec.due(r.last.At)) {
			due = append(due, rec)
			rec.tried = r.last.At
		}
	}
	r.mu.Unlock()
	for _, rec := range unknown {
		r.number(ctx, rec)
	}
	for _, rec := range due {
		r.saveOne(ctx, rec)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.recs = slices.DeleteFunc(r.recs, func(rec *recording) bool { return rec.ended && !rec.dirty })
	if n := len(r.recs); n > recsKept { // the archive is in trouble, and runs go on beginning
		r.recs = slices.Delete(r.recs, 0, n-recsKept)
	}
}

// saveOne saves a recording's block. Only the goroutine of Run changes a recording, so
// none does while its block is on the way.
func (r *Recorder) saveOne(ctx context.Context, rec *recording) {
	err := errUnnumbered
	if rec.known {
		err = r.opts.Archive.SaveSamples(ctx, rec.run, rec.seq, encode(rec.lasting()))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	rec.failed = err != nil
	switch {
	case err == nil:
		rec.stored()
	case errors.Is(err, order.ErrNotFound): // a reset was faster
		rec.dirty, rec.ended = false, true
	default:
		r.opts.Log.Warn("samples of a run not saved", "run", rec.run, "error", err)
	}
}

var errUnnumbered = errors.New("its earlier samples cannot be read")

// number finds the number of the first block of a run that an earlier process began. It
// is tried again with the next tick if that fails.
func (r *Recorder) number(ctx context.Context, rec *recording) {
	blocks, err := r.opts.Archive.Samples(ctx, rec.run)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	rec.seq, rec.known = uint32(len(blocks)), true
}
