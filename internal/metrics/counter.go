package metrics

import (
	"fmt"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// cacheLine keeps values that are written by different processors apart.
const cacheLine = 64

// Counter counts what only grows. It is safe for concurrent use.
type Counter struct {
	n atomic.Int64
	_ [cacheLine - 8]byte
}

// Inc adds one.
func (c *Counter) Inc() { c.n.Add(1) }

// Add adds n, and panics if n is negative.
func (c *Counter) Add(n int64) {
	if n < 0 {
		panic(fmt.Sprintf("metrics: Counter.Add(%d)", n))
	}
	c.n.Add(n)
}

// Value returns the sum so far.
func (c *Counter) Value() int64 { return c.n.Load() }

func (c *Counter) metric(desc *prometheus.Desc, labels []string) prometheus.Metric {
	return prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(c.Value()), labels...)
}

// Counter registers and returns a counter. Its name should end in _total.
func (r *Registry) Counter(name, help string) *Counter {
	c := new(Counter)
	r.register(name, help, labelSet{}, func(desc *prometheus.Desc, out chan<- prometheus.Metric) {
		out <- c.metric(desc, nil)
	})
	return c
}

// CounterVec is a counter for each combination of label values.
type CounterVec struct {
	labels labelSet
	series []Counter
}

// With returns the counter of these label values, given in the order of the labels.
// It panics on a value outside its label's set. A caller on a hot path keeps the
// result.
func (v *CounterVec) With(values ...string) *Counter { return &v.series[v.labels.index(values)] }

// CounterVec registers and returns a counter with labels.
func (r *Registry) CounterVec(name, help string, labels ...Label) *CounterVec {
	set := newLabelSet(name, labels)
	v := &CounterVec{labels: set, series: make([]Counter, set.size())}
	r.register(name, help, set, func(desc *prometheus.Desc, out chan<- prometheus.Metric) {
		for i := range v.series {
			out <- v.series[i].metric(desc, set.at(i))
		}
	})
	return v
}
