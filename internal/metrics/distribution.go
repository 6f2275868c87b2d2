package metrics

import (
	"slices"
	"time"
)

// Distribution is how many durations there were of which size: what a histogram counted
// up to an instant, or between two. The zero value is that of no durations, whatever
// their bounds.
type Distribution struct {
	// Bounds are the upper bounds of the buckets, inclusive and ascending. They are
	// shared: nobody changes them.
	Bounds []time.Duration
	// Counts has one number per bound, and one for what is longer than the last.
	Counts []uint64
}

// Snapshot returns what was counted so far, at the cost of one atomic read per bucket.
// Of durations that are counted meanwhile it has some.
func (h *Histogram) Snapshot() Distribution {
	d := Distribution{Bounds: h.opts.Bounds, Counts: make([]uint64, len(h.buckets))}
	for i := range h.buckets {
		d.Counts[i] = h.buckets[i].Load()
	}
	return d
}

// Count returns how many durations there were.
func (d Distribution) Count() int64 {
	var n uint64
	for _, c := range d.Counts {
		n += c
	}
	return int64(n)
}

// Since returns what came on top of an earlier snapshot of the same histogram; the zero
// Distribution if nothing did. Both must have the same bounds, or before none.
func (d Distribution) Since(before Distribution) Distribution {
	if len(before.Counts) == 0 {
		if d.Count() == 0 {
			return Distribution{}
		}
		return d
	}
	since := Distribution{Bounds: d.Bounds, Counts: make([]uint64, len(d.Counts))}
	var grown bool
	for i := range d.Counts {
		since.Counts[i] = d.Counts[i] - min(before.Counts[i], d.Counts[i])
		grown = grown || since.Counts[i] > 0
	}
	if !grown {
		return Distribution{}
	}
	return since
}

// Add returns the durations of both, which must have the same bounds unless one of them
// is the zero Distribution.
func (d Distribution) Add(e Distribution) Distribution {
	if len(e.Counts) == 0 {
		return d
	}
	if len(d.Counts) == 0 {
		return e
	}
	sum := Distribution{Bounds: d.Bounds, Counts: slices.Clone(d.Counts)}
	for i, n := range e.Counts {
		sum.Counts[i] += n
	}
	return sum
}

// Quantile returns the duration that the share q of all, from 0 to 1, does not exceed,
// taking the durations of a bucket to be spread evenly over it. What is longer than the
// last bound counts as that bound. It is 0 if there are no durations.
func (d Distribution) Quantile(q float64) time.Duration {
	total := d.Count()
	if total == 0 {
		return 0
	}
	rank := min(max(q, 0), 1) * float64(total)
	var below float64
	var lower time.Duration
	for i, bound := range d.Bounds {
		n := float64(d.Counts[i])
		if n > 0 && below+n >= rank {
			return lower + time.Duration(float64(bound-lower)*(max(0, rank-below)/n))
		}
		below, lower = below+n, bound
	}
	return lower
}
