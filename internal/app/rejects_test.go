package app

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/orderio"
	"github.com/filavip/filavip/internal/pipeline"
	"github.com/filavip/filavip/internal/store"
)

// rejecting is a run of a file of seven lines, of which 2 and 5 are no orders and the
// order of 4 has an id that is taken.
type rejecting struct {
	*testing.T
	run  order.Run
	path string // of the rejects
	dst  []order.Order
}

func newRejecting(t *testing.T) *rejecting {
	t.Helper()
	good := `{"cliente":"x","valor":1,"tier":"GOLD"}` + "\n"
	in := filepath.Join(t.TempDir(), "orders.ndjson")
	if err := os.WriteFile(in, []byte(good+"bad\n"+good+good+"bad\n"+good+good), 0o600); err != nil {
		t.Fatal(err)
	}
	return &rejecting{
		T:    t,
		run:  order.Run{ID: order.NewRunID(1, 1), Spec: order.Spec{Kind: order.Imported, Source: in}},
		path: filepath.Join(t.TempDir(), "rejects.ndjson"),
		dst:  make([]order.Order, 3),
	}
}

// process is one that reads the run from its cursor on.
func (r *rejecting) process() (*App, pipeline.Source) {
	r.Helper()
	a := &App{rejects: &rejectLog{path: r.path}}
	src, err := a.openSource(r.Context(), r.run)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = src.Close() })
	return a, src
}

// chunk reads the next chunk and lets the store refuse the order of line 4 if it is in
// it. The cursor does not move.
func (r *rejecting) chunk(src pipeline.Source) order.Cursor {
	r.Helper()
	n, next, err := src.Next(r.Context(), r.dst)
	if err != nil && !errors.Is(err, io.EOF) {
		r.Fatal(err)
	}
	for i := range r.dst[:n] {
		if src.(*fileSource).lineOf(r.dst[i].Key.Index()) == 4 {
			r.refuse(src, i)
		}
	}
	return next
}

func (r *rejecting) refuse(src pipeline.Source, at int) {
	r.Helper()
	err := src.(pipeline.Refuser).Refuse(r.dst, []store.Refusal{{At: at, Err: order.ErrRefConflict}})
	if err != nil {
		r.Fatal(err)
	}
}

// holds checks which lines the file of rejects tells of.
func (r *rejecting) holds(when string, want ...int64) {
	r.Helper()
	content, err := os.ReadFile(r.path)
	if err != nil {
		r.Fatal(err)
	}
	var lines []int64
	err = eachReject(strings.NewReader(string(content)), 1000, func(reject orderio.Reject) error {
		lines = append(lines, reject.Line)
		return nil
	})
	if diff := cmp.Diff(want, lines); diff != "" || err != nil {
		r.Errorf("%s: lines in the file of rejects, %v (-want +got):\n%s", when, err, diff)
	}
}

// shows checks what the process would show at the end.
func (r *rejecting) shows(a *App, count int64, first ...int64) {
	r.Helper()
	n, rejects := a.Rejects()
	var lines []int64
	for _, reject := range rejects {
		lines = append(lines, reject.Line)
	}
	if diff := cmp.Diff(first, lines); diff != "" || n != count {
		r.Errorf("Rejects = %d, want %d; the first (-want +got):\n%s", n, count, diff)
	}
}

// TestRejectsAreThereBeforeTheirChunk: a process that is killed once the store has a chunk
// leaves its rejects behind.
func TestRejectsAreThereBeforeTheirChunk(t *testing.T) {
	t.Parallel()
	r := newRejecting(t)
	a, src := r.process()
	r.chunk(src)
	r.holds("before the first chunk is stored", 2, 4)
	r.chunk(src)
	r.holds("before the second chunk is stored", 2, 4, 5)
	r.shows(a, 3, 2, 4, 5)
}

// TestRejectsOnce kills a process before, between and behind its commits.
func TestRejectsOnce(t *testing.T) {
	t.Parallel()
	for name, commits := range map[string]int{"before": 0, "between": 1, "behind": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRejecting(t)
			_, src := r.process()
			for i, next := range []order.Cursor{r.chunk(src), r.chunk(src)} {
				if i < commits {
					r.run.Cursor = next
				}
			}
			torn(t, r.path)
			a, src := r.process()
			r.chunk(src)
			r.chunk(src)
			r.holds("at the end", 2, 4, 5)
			r.shows(a, 3, 2, 4, 5)
		})
	}
}

// TestRejectsOutOfTurn kills a process that has read ahead of the chunk being stored.
func TestRejectsOutOfTurn(t *testing.T) {
	t.Parallel()
	r := newRejecting(t)
	r.dst = r.dst[:2]
	_, src := r.process()
	_, first, err := src.Next(t.Context(), r.dst)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := src.Next(t.Context(), make([]order.Order, 2)); err != nil {
		t.Fatal(err)
	}
	r.refuse(src, 1)
	r.holds("while two chunks are on their way", 2, 5, 3)
	r.run.Cursor = first
	a, _ := r.process()
	r.holds("behind the first of them", 2, 3)
	r.shows(a, 2, 2, 3)
}

// TestRejectsOfAReadFile: a process that finds the file read already shows them still.
func TestRejectsOfAReadFile(t *testing.T) {
	t.Parallel()
	r := newRejecting(t)
	_, src := r.process()
	r.chunk(src)
	end := r.chunk(src)
	for _, path := range []string{r.path, "", filepath.Join(t.TempDir(), "none")} {
		count, first := int64(2), []int64(nil) // the cursor's own
		if path == r.path {
			count, first = 3, []int64{2, 4, 5}
		}
		a := &App{rejects: &rejectLog{path: path}}
		for range 2 {
			if err := a.rejects.recall(end); err != nil {
				t.Fatal(err)
			}
			r.shows(a, count, first...)
		}
	}
	r.holds("afterwards", 2, 4, 5)
}

// TestRejectsToADevice: what is no regular file is neither read, nor replaced, nor synced.
func TestRejectsToADevice(t *testing.T) {
	t.Parallel()
	r := newRejecting(t)
	r.path = os.DevNull
	_, src := r.process()
	r.run.Cursor = r.chunk(src)
	a, src := r.process()
	r.chunk(src)
	r.shows(a, 2, 5)
}

// torn leaves half a line at the end of a file.
func torn(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(`{"line":3,"rea`); err != nil {
		t.Fatal(err)
	}
}
