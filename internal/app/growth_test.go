package app

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// totalsOf returns totals of VIP orders.
func totalsOf(generation uint64, generated, processed, dead int64) store.Totals {
	t := store.Totals{Generation: generation}
	t.Counts[order.VIP] = order.LaneCounts{Generated: generated, Processed: processed, Dead: dead}
	return t
}

func TestGrowth(t *testing.T) {
	t.Parallel()
	var now store.Totals
	var fails error
	g := growth{read: func(context.Context) (store.Totals, error) { return now, fails }}
	for _, step := range []struct {
		what   string
		totals store.Totals
		err    error
		want   flow
	}{
		{"what an earlier process left counts", totalsOf(7, 100, 60, 10), nil, flow{100, 60, 10}},
		{"nothing new", totalsOf(7, 100, 60, 10), nil, flow{100, 60, 10}},
		{"more", totalsOf(7, 150, 80, 20), nil, flow{150, 80, 20}},
		{"dead letters put back", totalsOf(7, 150, 80, 5), nil, flow{150, 80, 20}},
		{"of which some die again", totalsOf(7, 150, 90, 8), nil, flow{150, 90, 23}},
		{"a run is set aside", totalsOf(7, 30, 20, 8), nil, flow{150, 90, 23}},
		{"the next one", totalsOf(7, 80, 25, 8), nil, flow{200, 95, 23}},
		{"no answer", totalsOf(0, 0, 0, 0), errors.New("closed"), flow{200, 95, 23}},
		{"an answer again", totalsOf(7, 81, 25, 8), nil, flow{201, 95, 23}},
		{"a reset", totalsOf(8, 0, 0, 0), nil, flow{}},
		{"orders after the reset", totalsOf(8, 3, 2, 1), nil, flow{3, 2, 1}},
		{"a reset between two looks", totalsOf(9, 5, 0, 0), nil, flow{5, 0, 0}},
	} {
		now, fails = step.totals, step.err
		_, grown, err := g.totals(t.Context())
		if !errors.Is(err, fails) {
			t.Errorf("%s: totals = %v, want %v", step.what, err, fails)
		}
		if diff := cmp.Diff([order.PriorityCount]flow{order.VIP: step.want}, grown); diff != "" {
			t.Errorf("%s: growth (-want +got):\n%s", step.what, diff)
		}
	}
}
