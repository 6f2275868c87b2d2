package metrics

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// Registry holds the metrics of one instance of the program. All its methods may be
// called on a nil Registry, and by several goroutines at once.
type Registry struct{ reg *prometheus.Registry }

// New returns a registry that already has the go_ and process_ metrics.
func New() *Registry {
	r := &Registry{reg: prometheus.NewRegistry()}
	r.reg.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return r
}

// Lint returns what the naming rules of Prometheus find wrong with the registered
// metrics, one sentence each. It is meant for a test over everything the program
// registers.
func (r *Registry) Lint() ([]string, error) {
	if r == nil {
		return nil, nil
	}
	families, err := r.reg.Gather()
	if err != nil {
		return nil, fmt.Errorf("gather metrics: %w", err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		return nil, fmt.Errorf("lint metrics: %w", err)
	}
	var found []string
	for _, p := range problems {
		found = append(found, p.Metric+": "+p.Text)
	}
	return found, nil
}

// register makes a metric known under its name, which must be new. Without a registry
// it still checks name and labels, so that a mistake shows in every test.
func (r *Registry) register(name, help string, labels labelSet, read func(*prometheus.Desc, chan<- prometheus.Metric)) {
	if help == "" {
		panic(fmt.Sprintf("metrics: %s has no help text", name))
	}
	reg := prometheus.NewRegistry()
	if r != nil {
		reg = r.reg
	}
	f := family{desc: prometheus.NewDesc(name, help, labels.names(), nil), read: read}
	if err := reg.Register(f); err != nil {
		panic(fmt.Sprintf("metrics: register %s: %v", name, err))
	}
}

// family is one metric as the client library sees it: a description, and a way to
// read its series.
type family struct {
	desc *prometheus.Desc
	read func(*prometheus.Desc, chan<- prometheus.Metric)
}

var _ prometheus.Collector = family{}

// Describe implements [prometheus.Collector].
func (f family) Describe(out chan<- *prometheus.Desc) { out <- f.desc }

// Collect implements [prometheus.Collector]. If it panics, the library makes that an
// error of this metric.
func (f family) Collect(out chan<- prometheus.Metric) { f.read(f.desc, out) }
