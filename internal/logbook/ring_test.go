package logbook

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRingKeepsTheLatestLines(t *testing.T) {
	t.Parallel()
	var r ring
	if got := r.last(5); got == nil || len(got) != 0 {
		t.Errorf("last(5) of an empty ring = %v, want an empty slice", got)
	}
	for i := range 3*RingLines + 17 {
		r.add(fmt.Sprint(i))
	}
	end := 3*RingLines + 17
	if diff := cmp.Diff([]string{fmt.Sprint(end - 2), fmt.Sprint(end - 1)}, r.last(2)); diff != "" {
		t.Errorf("last(2) (-want +got):\n%s", diff)
	}
	all := r.last(RingLines * 2)
	if len(all) != RingLines || all[0] != fmt.Sprint(end-RingLines) {
		t.Errorf("last(20000) = %d lines from %s, want %d from %d", len(all), all[0], RingLines, end-RingLines)
	}
	for _, n := range []int{0, -1} {
		if got := r.last(n); len(got) != 0 {
			t.Errorf("last(%d) = %d lines, want 0", n, len(got))
		}
	}
	if len(r.lines) > 2*RingLines+1 {
		t.Errorf("the ring holds %d places, want at most %d", len(r.lines), 2*RingLines+1)
	}
	before := r.last(1)[0]
	r.last(1)[0] = "changed"
	if got := r.last(1)[0]; got != before {
		t.Errorf("last(1) = %q after its result was changed, want %q", got, before)
	}
	r.reset()
	if got := r.last(5); len(got) != 0 {
		t.Errorf("last(5) after reset = %q, want nothing", got)
	}
}

func TestRingIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	var r ring
	line := strings.Repeat("x", 15<<10)
	for range 1000 {
		r.add(line)
	}
	kept := r.last(1000)
	if want := ringBytes / len(line); len(kept) != want || r.bytes != want*len(line) {
		t.Errorf("the ring keeps %d lines, counted as %d bytes, want %d lines", len(kept), r.bytes, want)
	}
	for _, gone := range r.lines[len(r.lines):cap(r.lines)] {
		if gone != "" {
			t.Fatal("the ring holds on to a line it forgot")
		}
	}
}
