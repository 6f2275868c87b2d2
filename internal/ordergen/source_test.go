package ordergen_test

import (
	"errors"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/ordergen"
)

// runFrom is a run of target orders of seed 42 of which those below next are stored.
func runFrom(next uint64, target int64) order.Run {
	return order.Run{
		ID:     aRun(),
		Spec:   order.Spec{Kind: order.Generated, Target: target, Seed: 42, Weights: even()},
		Cursor: order.Cursor{Next: next},
	}
}

// From any cursor on, with memory for any number of orders at a time, and given up and
// opened again in between, a source yields what is left of the run, once.
func TestSourceResumesAtAnyCursor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		target := rapid.IntRange(1, 700).Draw(t, "target")
		start := rapid.IntRange(0, target).Draw(t, "start")
		want := fill(42, even(), uint64(start), target-start)
		run := runFrom(uint64(start), int64(target))
		src := ordergen.NewSource(run)
		got := []order.Order{}
		for {
			part := dirty(rapid.IntRange(1, 300).Draw(t, "part"))
			n, next, err := src.Next(t.Context(), part)
			if err != nil && (err != io.EOF || n != 0) {
				t.Fatalf("Next = %d orders, %v", n, err)
			}
			got = append(got, part[:n]...)
			end := start+len(got) == target
			if cursor := (order.Cursor{Next: uint64(start + len(got)), End: end}); next != cursor {
				t.Fatalf("cursor behind %d of %d orders = %+v, want %+v", len(got), len(want), next, cursor)
			}
			if n < len(part) && !end {
				t.Fatalf("Next = %d orders although %d were asked for and %d are left", n, len(part), len(want)-len(got))
			}
			if err == io.EOF {
				break
			}
			if rapid.Bool().Draw(t, "open again") {
				if err := src.Close(); err != nil {
					t.Fatalf("Close() = %v", err)
				}
				run.Cursor = next
				src = ordergen.NewSource(run)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("orders from %d (-want +got):\n%s", start, cmp.Diff(want, got))
		}
	})
}

func TestSourceStaysAtItsEnd(t *testing.T) {
	t.Parallel()
	src := ordergen.NewSource(runFrom(0, 3))
	part := make([]order.Order, 5)
	if n, next, err := src.Next(t.Context(), part); n != 3 || !next.End || err != nil {
		t.Fatalf("Next of a run of 3 = %d, %+v, %v, want 3, the end, nil", n, next, err)
	}
	for range 3 {
		n, next, err := src.Next(t.Context(), part)
		if want := (order.Cursor{Next: 3, End: true}); n != 0 || next != want || !errors.Is(err, io.EOF) {
			t.Errorf("Next behind the last order = %d, %+v, %v, want 0, %+v, EOF", n, next, err, want)
		}
	}
}

// A cursor at or behind the target has nothing left; so has a run that wants nothing.
func TestSourceThatHasNothingLeft(t *testing.T) {
	t.Parallel()
	for _, run := range []order.Run{
		runFrom(10, 10), runFrom(11, 10), runFrom(order.MaxIndex, 10), runFrom(0, 0), runFrom(5, 0), runFrom(0, -1), runFrom(0, math.MinInt64),
	} {
		part := make([]order.Order, 5)
		n, next, err := ordergen.NewSource(run).Next(t.Context(), part)
		if want := (order.Cursor{Next: run.Cursor.Next, End: true}); n != 0 || next != want || !errors.Is(err, io.EOF) {
			t.Errorf("Next from %d of %d = %d, %+v, %v, want 0, %+v, EOF", run.Cursor.Next, run.Spec.Target, n, next, err, want)
		}
	}
}

// Room for no order is no reason to end.
func TestSourceWithoutRoom(t *testing.T) {
	t.Parallel()
	src := ordergen.NewSource(runFrom(2, 10))
	n, next, err := src.Next(t.Context(), nil)
	if want := (order.Cursor{Next: 2}); n != 0 || next != want || err != nil {
		t.Errorf("Next into no room = %d, %+v, %v, want 0, %+v, nil", n, next, err, want)
	}
	if n, _, err := src.Next(t.Context(), make([]order.Order, 20)); n != 8 || err != nil {
		t.Errorf("Next after it = %d, %v, want the 8 that are left", n, err)
	}
}
