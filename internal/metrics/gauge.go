package metrics

import (
	"math"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// Gauge is a value that goes up and down. It is safe for concurrent use.
type Gauge struct {
	bits atomic.Uint64 // of a float64
	_    [cacheLine - 8]byte
}

// Set makes v the value.
func (g *Gauge) Set(v float64) { g.bits.Store(math.Float64bits(v)) }

// Add adds delta, which may be negative.
func (g *Gauge) Add(delta float64) {
	for {
		old := g.bits.Load()
		sum := math.Float64bits(math.Float64frombits(old) + delta)
		if g.bits.CompareAndSwap(old, sum) {
			return
		}
	}
}

// Value returns the value.
func (g *Gauge) Value() float64 { return math.Float64frombits(g.bits.Load()) }

func (g *Gauge) metric(desc *prometheus.Desc, labels []string) prometheus.Metric {
	return prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, g.Value(), labels...)
}

// Gauge registers and returns a gauge.
func (r *Registry) Gauge(name, help string) *Gauge {
	g := new(Gauge)
	r.register(name, help, labelSet{}, func(desc *prometheus.Desc, out chan<- prometheus.Metric) {
		out <- g.metric(desc, nil)
	})
	return g
}

// GaugeVec is a gauge for each combination of label values.
type GaugeVec struct {
	labels labelSet
	series []Gauge
}

// With returns the gauge of these label values, given in the order of the labels. It
// panics on a value outside its label's set.
func (v *GaugeVec) With(values ...string) *Gauge { return &v.series[v.labels.index(values)] }

// GaugeVec registers and returns a gauge with labels.
func (r *Registry) GaugeVec(name, help string, labels ...Label) *GaugeVec {
	set := newLabelSet(name, labels)
	v := &GaugeVec{labels: set, series: make([]Gauge, set.size())}
	r.register(name, help, set, func(desc *prometheus.Desc, out chan<- prometheus.Metric) {
		for i := range v.series {
			out <- v.series[i].metric(desc, set.at(i))
		}
	})
	return v
}
