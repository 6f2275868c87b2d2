package metrics

import (
	"fmt"
	"slices"
)

// maxSeries bounds the series one metric may have, over all its labels.
const maxSeries = 5_000

// Label is a label with all the values it may take.
type Label struct {
	name   string
	values []string
}

// OneOf returns the label of that name with its closed set of values.
func OneOf(name string, values ...string) Label {
	return Label{name: name, values: slices.Clone(values)}
}

// labelSet is the labels of one metric. Its combinations of values are numbered from
// 0, the last label counting fastest.
type labelSet struct {
	metric string
	labels []Label
}

// newLabelSet panics unless each label has values, none twice, and the combinations
// stay below maxSeries.
func newLabelSet(metric string, labels []Label) labelSet {
	s := labelSet{metric: metric, labels: slices.Clone(labels)}
	if len(labels) == 0 {
		panic(fmt.Sprintf("metrics: %s has no labels", metric))
	}
	for _, l := range labels {
		unique := slices.Compact(slices.Sorted(slices.Values(l.values)))
		if len(unique) == 0 || len(unique) != len(l.values) {
			panic(fmt.Sprintf("metrics: label %s of %s has no values, or one twice: %q", l.name, metric, l.values))
		}
	}
	if n := s.size(); n > maxSeries {
		panic(fmt.Sprintf("metrics: %s has %d series; allowed: %d", metric, n, maxSeries))
	}
	return s
}

// size returns the number of combinations.
func (s labelSet) size() int {
	n := 1
	for _, l := range s.labels {
		n *= len(l.values)
	}
	return n
}

// names returns the labels' names; none for the set of a metric without labels.
func (s labelSet) names() []string {
	var names []string
	for _, l := range s.labels {
		names = append(names, l.name)
	}
	return names
}

// index returns the number of a combination, and panics if it is outside the set.
func (s labelSet) index(values []string) int {
	if len(values) != len(s.labels) {
		panic(fmt.Sprintf("metrics: %s takes %d label values, not %d", s.metric, len(s.labels), len(values)))
	}
	n := 0
	for i, l := range s.labels {
		at := slices.Index(l.values, values[i])
		if at < 0 {
			panic(fmt.Sprintf("metrics: %s: label %s is %q; allowed: %q", s.metric, l.name, values[i], l.values))
		}
		n = n*len(l.values) + at
	}
	return n
}

// at returns the combination with that number.
func (s labelSet) at(n int) []string {
	values := make([]string, len(s.labels))
	for i := len(s.labels) - 1; i >= 0; i-- {
		of := s.labels[i].values
		values[i] = of[n%len(of)]
		n /= len(of)
	}
	return values
}
