package metrics

import "github.com/prometheus/client_golang/prometheus"

// Report gives the value of one series to a scrape, with its label values in the order
// of the labels. A scrape takes each combination once.
type Report func(value float64, labels ...string)

// GaugeFunc registers a gauge that is read by calling sample at each scrape, from any
// goroutine. If sample panics, that scrape lacks the gauge.
func (r *Registry) GaugeFunc(name, help string, sample func() float64) {
	r.sampled(name, help, prometheus.GaugeValue, labelSet{}, func(report Report) { report(sample()) })
}

// CounterFunc registers a counter that is read by calling sample at each scrape, as
// [Registry.GaugeFunc] does. What sample returns must never go down.
func (r *Registry) CounterFunc(name, help string, sample func() float64) {
	r.sampled(name, help, prometheus.CounterValue, labelSet{}, func(report Report) { report(sample()) })
}

// GaugeVecFunc registers a gauge with labels whose series are read together, by one
// call of sample at each scrape: they show one instant. Combinations that sample does
// not report are not shown.
func (r *Registry) GaugeVecFunc(name, help string, sample func(Report), labels ...Label) {
	r.sampled(name, help, prometheus.GaugeValue, newLabelSet(name, labels), sample)
}

// CounterVecFunc registers a counter with labels that is read as
// [Registry.GaugeVecFunc] does. What sample reports must never go down.
func (r *Registry) CounterVecFunc(name, help string, sample func(Report), labels ...Label) {
	r.sampled(name, help, prometheus.CounterValue, newLabelSet(name, labels), sample)
}

func (r *Registry) sampled(name, help string, kind prometheus.ValueType, set labelSet, sample func(Report)) {
	r.register(name, help, set, func(desc *prometheus.Desc, out chan<- prometheus.Metric) {
		sample(func(value float64, labels ...string) {
			set.index(labels)
			out <- prometheus.MustNewConstMetric(desc, kind, value, labels...)
		})
	})
}
