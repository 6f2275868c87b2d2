package metrics

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// HistogramOptions shape a histogram of durations. The zero value means seconds over
// [DefaultBounds].
type HistogramOptions struct {
	// Bounds are the upper bounds of the buckets, inclusive and ascending; longer
	// durations fall into one more. Empty: [DefaultBounds].
	Bounds []time.Duration
	// Unit is the duration that is shown as 1. Zero: a second, as the metric's name
	// should then say.
	Unit time.Duration
}

// DefaultBounds returns bounds from 100 microseconds to 10 seconds.
func DefaultBounds() []time.Duration {
	return []time.Duration{
		100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
		1 * time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
		10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
		100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
		1 * time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
	}
}

func (o HistogramOptions) withDefaults(metric string) HistogramOptions {
	if len(o.Bounds) == 0 {
		o.Bounds = DefaultBounds()
	}
	if o.Unit == 0 {
		o.Unit = time.Second
	}
	o.Bounds = slices.Clone(o.Bounds)
	for i := range o.Bounds {
		if o.Bounds[i] <= 0 || i > 0 && o.Bounds[i] <= o.Bounds[i-1] {
			panic(fmt.Sprintf("metrics: bounds of %s do not ascend from above 0: %v", metric, o.Bounds))
		}
	}
	if o.Unit < 0 {
		panic(fmt.Sprintf("metrics: unit of %s is %v", metric, o.Unit))
	}
	return o
}

// Histogram counts durations by size. It is safe for concurrent use.
type Histogram struct {
	opts    HistogramOptions
	buckets []atomic.Uint64 // one per bound, and one for what is longer
	sum     atomic.Int64    // nanoseconds
}

func newHistogram(opts HistogramOptions) *Histogram {
	return &Histogram{opts: opts, buckets: make([]atomic.Uint64, len(opts.Bounds)+1)}
}

// Observe counts one duration. A negative one, as a clock set back leaves behind,
// counts as 0.
func (h *Histogram) Observe(d time.Duration) { h.ObserveN(d, 1) }

// ObserveN counts n durations of that length at the cost of one. It panics if n is
// negative.
func (h *Histogram) ObserveN(d time.Duration, n int64) {
	if n < 0 {
		panic(fmt.Sprintf("metrics: Histogram.ObserveN(%v, %d)", d, n))
	}
	d = max(0, d)
	i, _ := slices.BinarySearch(h.opts.Bounds, d)
	h.buckets[i].Add(uint64(n))
	h.sum.Add(int64(d) * n)
}

// Count returns how many durations were counted.
func (h *Histogram) Count() int64 {
	var n uint64
	for i := range h.buckets {
		n += h.buckets[i].Load()
	}
	return int64(n)
}

// Sum returns the sum of all durations that were counted.
func (h *Histogram) Sum() time.Duration { return time.Duration(h.sum.Load()) }

func (h *Histogram) metric(desc *prometheus.Desc, labels []string) prometheus.Metric {
	unit := float64(h.opts.Unit)
	var below uint64
	cumulative := make(map[float64]uint64, len(h.opts.Bounds))
	for i, bound := range h.opts.Bounds {
		below += h.buckets[i].Load()
		cumulative[float64(bound)/unit] = below
	}
	count := below + h.buckets[len(h.opts.Bounds)].Load()
	return prometheus.MustNewConstHistogram(desc, count, float64(h.Sum())/unit, cumulative, labels...)
}

// Histogram registers and returns a histogram of durations.
func (r *Registry) Histogram(name, help string, opts HistogramOptions) *Histogram {
	h := newHistogram(opts.withDefaults(name))
	r.register(name, help, labelSet{}, func(desc *prometheus.Desc, out chan<- prometheus.Metric) {
		out <- h.metric(desc, nil)
	})
	return h
}

// HistogramVec is a histogram for each combination of label values. A combination
// shows once it has been asked for: most of route, method and code never happen.
type HistogramVec struct {
	labels labelSet
	opts   HistogramOptions
	series []atomic.Pointer[Histogram]
}

// With returns the histogram of these label values, given in the order of the labels.
// It panics on a value outside its label's set.
func (v *HistogramVec) With(values ...string) *Histogram {
	at := &v.series[v.labels.index(values)]
	if at.Load() == nil {
		at.CompareAndSwap(nil, newHistogram(v.opts))
	}
	return at.Load()
}

// HistogramVec registers and returns a histogram of durations with labels.
func (r *Registry) HistogramVec(name, help string, opts HistogramOptions, labels ...Label) *HistogramVec {
	set := newLabelSet(name, labels)
	v := &HistogramVec{labels: set, opts: opts.withDefaults(name), series: make([]atomic.Pointer[Histogram], set.size())}
	r.register(name, help, set, func(desc *prometheus.Desc, out chan<- prometheus.Metric) {
		for i := range v.series {
			if h := v.series[i].Load(); h != nil {
				out <- h.metric(desc, set.at(i))
			}
		}
	})
	return v
}
