package metrics

import (
	"sync"
	"testing"
	"time"
)

func TestConcurrentUseLosesNothing(t *testing.T) {
	t.Parallel()
	const workers, each = 8, 2_000
	r := New()
	c := r.CounterVec("filavip_things_total", "Things.", OneOf("k", "a", "b"))
	g := r.Gauge("filavip_depth", "Depth.")
	h := r.HistogramVec("filavip_work_seconds", "Work.", HistogramOptions{}, OneOf("k", "a", "b"))
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				c.With("a").Inc()
				g.Add(1)
				h.With("b").ObserveN(time.Millisecond, 2)
			}
		})
	}
	wg.Go(func() {
		for range 20 {
			scrape(t, r, "filavip", "")
		}
	})
	wg.Wait()
	if got := c.With("a").Value(); got != workers*each {
		t.Errorf("counter = %d, want %d", got, workers*each)
	}
	if got := g.Value(); got != workers*each {
		t.Errorf("gauge = %v, want %d", got, workers*each)
	}
	if got := h.With("b").Count(); got != 2*workers*each {
		t.Errorf("histogram count = %d, want %d", got, 2*workers*each)
	}
}

func TestFirstUseOfASeriesByManyLosesNothing(t *testing.T) {
	t.Parallel()
	for range 500 {
		v := (*Registry)(nil).HistogramVec("filavip_work_seconds", "Work.", HistogramOptions{}, OneOf("k", "a"))
		start := make(chan struct{})
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				<-start
				v.With("a").Observe(time.Millisecond)
			})
		}
		close(start)
		wg.Wait()
		if got := v.With("a").Count(); got != 8 {
			t.Fatalf("Count() = %d, want 8", got)
		}
	}
}

func TestHotPathAllocatesNothing(t *testing.T) {
	c := New().CounterVec("filavip_things_total", "Things.", OneOf("k", "a", "b"), OneOf("l", "x", "y"))
	h := New().HistogramVec("filavip_work_seconds", "Work.", HistogramOptions{}, OneOf("k", "a", "b"))
	h.With("a")
	k, l := "b", "y"
	if n := testing.AllocsPerRun(100, func() {
		c.With(k, l).Inc()
		h.With("a").Observe(time.Millisecond)
	}); n != 0 {
		t.Errorf("count and observe allocate %v times, want 0", n)
	}
}

func BenchmarkCounterInc(b *testing.B) {
	c := New().Counter("filavip_things_total", "Things.")
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c.Inc()
		}
	})
}

func BenchmarkCounterVecWith(b *testing.B) {
	c := New().CounterVec("filavip_things_total", "Things.", OneOf("priority", "VIP", "NORMAL"), OneOf("result", "a", "b"))
	for b.Loop() {
		c.With("NORMAL", "b").Inc()
	}
}

func BenchmarkHistogramObserve(b *testing.B) {
	h := New().Histogram("filavip_work_seconds", "Work.", HistogramOptions{})
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			h.Observe(30 * time.Millisecond)
		}
	})
}
