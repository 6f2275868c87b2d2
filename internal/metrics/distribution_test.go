package metrics

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const ms = time.Millisecond

// tens is a histogram with bounds of 10, 20 and 40 ms.
func tens() *Histogram {
	return (*Registry)(nil).Histogram("filavip_work_seconds", "Work.", HistogramOptions{Bounds: []time.Duration{10 * ms, 20 * ms, 40 * ms}})
}

func TestSnapshotIsWhatWasCounted(t *testing.T) {
	t.Parallel()
	h := tens()
	for _, d := range []time.Duration{-ms, ms, 10 * ms, 11 * ms, 40 * ms, 41 * ms, time.Hour} {
		h.Observe(d)
	}
	got := h.Snapshot()
	h.Observe(ms) // changes no snapshot
	if diff := cmp.Diff([]uint64{3, 1, 1, 2}, got.Counts); diff != "" {
		t.Errorf("Counts (-want +got):\n%s", diff)
	}
	if got.Count() != 7 {
		t.Errorf("Count() = %d, want 7", got.Count())
	}
}

func TestSince(t *testing.T) {
	t.Parallel()
	h := tens()
	h.Observe(ms)
	before := h.Snapshot()
	if got := h.Snapshot().Since(before); len(got.Counts) != 0 {
		t.Errorf("Since() without a new duration = %v, want none", got.Counts)
	}
	if got := tens().Snapshot().Since(Distribution{}); len(got.Counts) != 0 {
		t.Errorf("Since() of no durations and none before = %v, want none", got.Counts)
	}
	h.ObserveN(15*ms, 3)
	h.Observe(ms)
	if diff := cmp.Diff([]uint64{1, 3, 0, 0}, h.Snapshot().Since(before).Counts); diff != "" {
		t.Errorf("Since() (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]uint64{2, 3, 0, 0}, h.Snapshot().Since(Distribution{}).Counts); diff != "" {
		t.Errorf("Since(none) (-want +got):\n%s", diff)
	}
}

func TestAddOfDistributions(t *testing.T) {
	t.Parallel()
	a, b := tens(), tens()
	a.Observe(ms)
	b.ObserveN(15*ms, 2)
	x, y := a.Snapshot(), b.Snapshot()
	if diff := cmp.Diff([]uint64{1, 2, 0, 0}, x.Add(y).Counts); diff != "" {
		t.Errorf("Add (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]uint64{1, 0, 0, 0}, x.Counts); diff != "" {
		t.Errorf("Add changed what it adds to (-want +got):\n%s", diff)
	}
	if got := x.Add(Distribution{}).Count() + (Distribution{}).Add(x).Count(); got != 2 {
		t.Errorf("adding none, and adding to none, count %d, want 1 and 1", got)
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		counts []uint64
		q      float64
		want   time.Duration
	}{
		{"none", []uint64{0, 0, 0, 0}, 0.5, 0},
		{"the middle of one bucket", []uint64{10, 0, 0, 0}, 0.5, 5 * ms},
		{"the end of one bucket", []uint64{10, 0, 0, 0}, 1, 10 * ms},
		{"an empty bucket between", []uint64{1, 0, 1, 0}, 0.75, 30 * ms},
		{"on the border", []uint64{5, 5, 0, 0}, 0.5, 10 * ms},
		{"beyond the last bound", []uint64{1, 0, 0, 9}, 0.99, 40 * ms},
		{"all beyond the last bound", []uint64{0, 0, 0, 9}, 0, 40 * ms},
		{"below 0", []uint64{0, 10, 0, 0}, -1, 10 * ms},
		{"above 1", []uint64{0, 10, 0, 0}, 7, 20 * ms},
	} {
		d := Distribution{Bounds: tens().opts.Bounds, Counts: tt.counts}
		if got := d.Quantile(tt.q); got != tt.want {
			t.Errorf("%s: Quantile(%v) of %v = %v, want %v", tt.name, tt.q, tt.counts, got, tt.want)
		}
	}
	if got := (Distribution{}).Quantile(0.5); got != 0 {
		t.Errorf("Quantile of no durations = %v, want 0", got)
	}
}

func BenchmarkHistogramSnapshot(b *testing.B) {
	h := New().Histogram("filavip_work_seconds", "Work.", HistogramOptions{})
	for b.Loop() {
		_ = h.Snapshot()
	}
}
