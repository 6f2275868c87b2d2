package main

import (
	"errors"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGather asks for numbers from 0 to 999, of which a page has at most half of what it
// was asked for, and every third page none.
func TestGather(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, tc := range map[string]struct {
		limit    int
		cursor   string
		breaksAt int // page; 0: none
		want     int // numbers
		next     string
		err      error
	}{
		"what fits on a page":    {limit: 1, want: 1, next: "1"},
		"many pages":             {limit: 700, want: 700, next: "700"},
		"all there are":          {limit: 5000, want: 1000},
		"from a cursor":          {limit: 5000, cursor: "990", want: 10},
		"nothing behind the end": {limit: 5, cursor: "1000"},
		"what was before errors": {limit: 700, breaksAt: 3, want: 100, next: "100", err: broken},
		"an error at once":       {limit: 700, cursor: "7", breaksAt: 1, next: "7", err: broken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pages := 0
			got, next, err := gather(tc.limit, tc.cursor, func(limit int, cursor string) ([]int, string, error) {
				if pages++; pages == tc.breaksAt {
					return nil, "", broken
				}
				if limit < 1 || limit > mostOnPage {
					t.Errorf("page %d is asked for with limit %d, want 1 to %d", pages, limit, mostOnPage)
				}
				if pages%3 == 2 {
					return nil, cursor, nil
				}
				from, _ := strconv.Atoi(cursor)
				page := []int{}
				for n := from; n < min(from+(limit+1)/2, 1000); n++ {
					page = append(page, n)
				}
				if from += len(page); from < 1000 {
					return page, strconv.Itoa(from), nil
				}
				return page, "", nil
			})
			first, _ := strconv.Atoi(tc.cursor)
			want := []int{}
			for n := range tc.want {
				want = append(want, first+n)
			}
			if diff := cmp.Diff(want, got); diff != "" || next != tc.next || !errors.Is(err, tc.err) {
				t.Errorf("gather(%d, %q) has next %q, %v; want %q, %v (-want +got):\n%s", tc.limit, tc.cursor, next, err, tc.next, tc.err, diff)
			}
		})
	}
}
