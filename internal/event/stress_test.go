package event

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// steps is how many phase changes a stress test makes. Each carries its number in its
// time, and so does each snapshot in its Workers.
const steps = 300

func phaseNo(n int) PhaseChange { return PhaseChange{At: time.Unix(int64(n), 0)} }
func snapshotNo(n int) Status   { return Status{Workers: n, Generation: uint64(n)} }

// reader checks, event by event, what one subscriber is promised.
type reader struct {
	step      int // of the last phase change known, by snapshot or change
	statusSeq uint64
	lineSeq   uint64
	cut       bool
}

func (r *reader) see(e Event) error {
	switch e := e.(type) {
	case PhaseChange:
		if e != phaseNo(r.step+1) {
			return fmt.Errorf("phase change %d follows %d", e.At.Unix(), r.step)
		}
		r.step++
	case Status:
		if e.Seq <= r.statusSeq || e.Workers > r.step {
			return fmt.Errorf("snapshot %d of step %d follows %d of step %d", e.Seq, e.Workers, r.statusSeq, r.step)
		}
		r.statusSeq = e.Seq
	case Line:
		if r.lineSeq != 0 && e.Seq != r.lineSeq+e.Missed+1 {
			return fmt.Errorf("line %d with %d missed follows %d", e.Seq, e.Missed, r.lineSeq)
		}
		r.lineSeq = e.Seq
	}
	return nil
}

// read takes events until the end, or until it has seen limit of them.
func read(t *testing.T, h *Hub, limit int) *reader {
	sub, current := h.Subscribe(Filter{})
	defer sub.Close()
	r := &reader{step: current.Workers, statusSeq: current.Seq}
	for range limit {
		d, err := sub.Next(t.Context())
		var cut *CutError
		if r.cut = errors.As(err, &cut); r.cut || err == io.EOF {
			return r
		}
		if err == nil {
			err = r.see(d.Event)
		}
		if err != nil {
			t.Error(err)
			return r
		}
	}
	return r
}

// publish has several goroutines publish everything there is, and waits for them.
func publish(h *Hub) {
	var wg sync.WaitGroup
	var mu sync.Mutex // whoever samples publishes under it
	step := 0
	wg.Go(func() {
		for range steps {
			mu.Lock()
			step++
			h.PublishPhase(phaseNo(step), snapshotNo(step))
			mu.Unlock()
		}
	})
	wg.Go(func() {
		for range steps {
			mu.Lock()
			h.PublishStatus(snapshotNo(step))
			mu.Unlock()
		}
	})
	for range 3 {
		wg.Go(func() {
			for i := range 2_000 {
				h.PublishLine(Line{})
				h.PublishProgress(Progress{Done: int64(i)})
				h.Stats()
				h.Current()
			}
		})
	}
	wg.Wait()
}

func TestStress(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		queue  int
		maySee func(r *reader) bool // of a reader who stayed to the end
	}{
		"room for all": {steps, func(r *reader) bool { return !r.cut && r.step == steps }},
		"little room":  {4, func(r *reader) bool { return r.cut || r.step == steps }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := NewHub(Options{Interval: time.Microsecond, PhaseQueue: test.queue, LineQueue: 32})
			var cut atomic.Uint64
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() { // comes and goes, then stays
					for range 20 {
						if read(t, h, i).cut {
							cut.Add(1)
						}
					}
					r := read(t, h, 1<<30)
					if r.cut {
						cut.Add(1)
					}
					if !test.maySee(r) {
						t.Errorf("a reader who stayed saw step %d (cut off: %v)", r.step, r.cut)
					}
				})
			}
			publish(h)
			h.Close()
			wg.Wait()
			stats := h.Stats()
			t.Logf("%+v", stats)
			if stats.Cut < cut.Load() || stats.Subscribers != 0 {
				t.Errorf("Stats() = %+v, want at least %d cut and no subscriber", stats, cut.Load())
			}
			if got := h.Current().Workers; got != steps {
				t.Errorf("Current() is of step %d, want %d", got, steps)
			}
		})
	}
}

func BenchmarkPublishStatus(b *testing.B) {
	for _, subs := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprintf("subscribers=%d", subs), func(b *testing.B) {
			h := NewHub(Options{})
			for range subs {
				h.Subscribe(Filter{})
			}
			for b.Loop() {
				h.PublishStatus(Status{})
			}
		})
	}
}
