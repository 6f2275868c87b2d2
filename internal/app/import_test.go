package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/app"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/orderio"
)

// orders writes n lines of orders, with a bad one after each hundred.
func orders(n int) string {
	var b strings.Builder
	for i := range n {
		tier := "GOLD"
		if i%4 == 0 {
			tier = "DIAMANTE"
		}
		fmt.Fprintf(&b, `{"id":"ref-%d","cliente":"Cliente %d","valor":%d.50,"tier":%q}`+"\n", i, i, i%1000, tier)
		if i%100 == 99 {
			b.WriteString(`{"cliente":"x","valor":"much","tier":"GOLD"}` + "\n")
		}
	}
	return b.String()
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "orders.ndjson")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// imports runs a file to its end and returns how it ended.
func imports(t *testing.T, dir string, opts app.Options, path string, strict bool) (order.Run, order.Counts) {
	t.Helper()
	cfg := settings(t, dir, nil)
	a, err := app.New(cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Stop(t.Context())
	if _, err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	run, _, err := a.Begin(t.Context(), app.NewImport(&cfg, path, strict), func(order.Spec) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	run, counts, err := a.Wait(t.Context(), run.ID)
	if err != nil {
		t.Fatal(err)
	}
	return run, counts
}

func readRejects(t *testing.T, path string) []orderio.Reject {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []orderio.Reject
	for dec := json.NewDecoder(f); dec.More(); {
		var r orderio.Reject
		if err := dec.Decode(&r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

func TestImport(t *testing.T) {
	t.Parallel()
	dir, rejects := data(t), filepath.Join(t.TempDir(), "rejects")
	path := write(t, orders(2500)+`{"id":"ref-7","cliente":"other","valor":1,"tier":"GOLD"}`+"\n"+strings.SplitAfter(orders(1), "\n")[0])
	run, counts := imports(t, dir, app.Options{Rejects: rejects}, path, false)
	if run.Phase != order.Done || counts.Processed() != 2500 || counts[order.VIP].Processed != 625 {
		t.Errorf("run ended in %v with %+v, want DONE with 2500, 625 of them VIP", run.Phase, counts)
	}
	all := readRejects(t, rejects)
	if len(all) != 26 {
		t.Fatalf("%d rejects, want 26", len(all))
	}
	if all[0].Line != 101 || all[0].Field != "valor" || all[0].Allowed == "" {
		t.Errorf("first reject = %+v, want line 101, field valor, what is allowed", all[0])
	}
	if last := all[25]; last.Line != 2526 || last.Field != "id" || last.Value != "ref-7" {
		t.Errorf("last reject = %+v, want line 2526, whose id is taken", last)
	}
	verified(t, dir)

	again, counts := imports(t, dir, app.Options{}, path, false)
	if again.Phase != order.Done || counts.Generated() != 0 {
		t.Errorf("the same file again ended in %v with %d new orders, want DONE with none", again.Phase, counts.Generated())
	}
}

func TestImportStrict(t *testing.T) {
	t.Parallel()
	dir := data(t)
	run, counts := imports(t, dir, app.Options{}, write(t, orders(500)), true)
	if run.Phase != order.Failed || run.Failure.Kind != "refused" || counts.Processed() != 0 || !strings.Contains(run.Failure.Message, "line 101") {
		t.Errorf("strict run ended in %v, %+v with %+v; want refused, none processed", run.Phase, run.Failure, counts)
	}
	run, counts = imports(t, dir, app.Options{}, write(t, strings.Split(orders(100), `{"cliente":"x"`)[0]), true)
	if run.Phase != order.Done || counts.Processed() != 100 {
		t.Errorf("strict run without bad lines ended in %v, %+v with %+v", run.Phase, run.Failure, counts)
	}
}

// TestImportResumes stops a process while it reads a file, and starts another.
func TestImportResumes(t *testing.T) {
	t.Parallel()
	dir, rejects := data(t), filepath.Join(t.TempDir(), "rejects")
	path := write(t, orders(30_000))
	flags := map[string]string{"chunk-size": "100"}
	cfg := settings(t, dir, flags)
	restarts := 0
	for {
		a, err := app.New(cfg, app.Options{Rejects: rejects})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		run, _, err := a.Begin(t.Context(), app.NewImport(&cfg, path, false), func(order.Spec) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		target := int64(run.Cursor.Next) + 3000
		for {
			current, counts, err := a.Current(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if current.Phase != order.Generating || counts.Generated() >= target {
				break
			}
		}
		current, _, _ := a.Current(t.Context())
		if current.Phase != order.Generating {
			if _, _, err := a.Wait(t.Context(), run.ID); err != nil {
				t.Fatal(err)
			}
			if err := a.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
			break
		}
		restarts++
		if err := a.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if restarts == 0 {
		t.Error("the file was read before the process could be stopped")
	}
	checked := verified(t, dir)
	if len(checked.Runs) != 1 || checked.Orders != 30_000 || checked.Runs[0].Run.Phase != order.Done {
		t.Errorf("%d runs, %d orders, %v; want one, all, DONE", len(checked.Runs), checked.Orders, checked.Runs[0].Run.Phase)
	}
	lines := make(map[int64]bool)
	for _, r := range readRejects(t, rejects) {
		if lines[r.Line] {
			t.Errorf("line %d was rejected twice", r.Line)
		}
		lines[r.Line] = true
	}
	if len(lines) != 300 {
		t.Errorf("%d lines were rejected, want 300", len(lines))
	}
}

// TestPipeIsLost: what comes through a pipe cannot be read again after a restart.
func TestPipeIsLost(t *testing.T) {
	t.Parallel()
	dir := data(t)
	cfg := settings(t, dir, map[string]string{"chunk-size": "100"})
	in := &endless{}
	a, err := app.New(cfg, app.Options{Stdin: in})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	run, _, err := a.Begin(t.Context(), app.NewImport(&cfg, "-", false), func(order.Spec) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	for counts := (order.Counts{}); counts.Generated() < 1000; {
		if _, counts, err = a.Current(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, err = app.New(cfg, app.Options{Stdin: strings.NewReader("")}); err != nil {
		t.Fatal(err)
	}
	defer a.Stop(t.Context())
	if _, err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	run, counts, err := a.Wait(t.Context(), run.ID)
	if err != nil || run.Phase != order.Failed || run.Failure.Kind != "input_lost" || counts.Generated() < 1000 {
		t.Errorf("run ended in %v, %+v with %d orders, %v; want input_lost, what was stored kept", run.Phase, run.Failure, counts.Generated(), err)
	}
}

// waiting begins a run of standard input, which has delivered this much and then keeps
// the process waiting until the test has ended.
func waiting(t *testing.T, dir string, strict bool, content string) (*app.App, order.Run) {
	t.Helper()
	in, out := io.Pipe()
	t.Cleanup(func() { out.Close() })
	cfg := settings(t, dir, map[string]string{"chunk-size": "100"})
	a, err := app.New(cfg, app.Options{Stdin: in})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	run, _, err := a.Begin(t.Context(), app.NewImport(&cfg, "-", strict), func(order.Spec) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(out, content); err != nil {
		t.Fatal(err)
	}
	return a, run
}

// TestPipeThatWaits: a process that waits for its input is stopped like any other, and
// what had not begun is lost for one that has no such input, as a server has none.
func TestPipeThatWaits(t *testing.T) {
	t.Parallel()
	dir := data(t)
	a, run := waiting(t, dir, false, orders(1))
	if err := a.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := begin(t, dir, nil)
	defer p.stop()
	run, counts, err := p.Wait(t.Context(), run.ID)
	if err != nil || run.Phase != order.Failed || run.Failure.Kind != "input_lost" || counts.Generated() != 0 {
		t.Errorf("run ended in %v, %+v with %d orders, %v; want input_lost with none", run.Phase, run.Failure, counts.Generated(), err)
	}
}

// TestRefusedWhileThePipeWaits: what is wrong with the first chunk ends a strict run also
// if nothing follows it.
func TestRefusedWhileThePipeWaits(t *testing.T) {
	t.Parallel()
	a, run := waiting(t, data(t), true, strings.Repeat(`{"id":"a","cliente":"x","valor":1,"tier":"GOLD"}`+"\n"+`{"id":"a","cliente":"y","valor":1,"tier":"GOLD"}`+"\n", 50))
	defer a.Stop(t.Context())
	if run, _, err := a.Wait(t.Context(), run.ID); err != nil || run.Phase != order.Failed || run.Failure.Kind != "refused" {
		t.Errorf("run ended in %v, %+v, %v; want refused", run.Phase, run.Failure, err)
	}
}

// endless is a pipe that never ends.
type endless struct {
	buf bytes.Buffer
	n   int
}

func (e *endless) Read(p []byte) (int, error) {
	for e.buf.Len() < len(p) {
		fmt.Fprintf(&e.buf, `{"cliente":"c%d","valor":1,"tier":"GOLD"}`+"\n", e.n)
		e.n++
	}
	return e.buf.Read(p)
}

// TestFileIsGone removes the file between two processes.
func TestFileIsGone(t *testing.T) {
	t.Parallel()
	if _, err := orderio.Open(t.Context(), filepath.Join(t.TempDir(), "none"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open = %v, want not exist", err)
	}
	run, counts := imports(t, data(t), app.Options{}, filepath.Join(t.TempDir(), "none"), false)
	if run.Phase != order.Failed || run.Failure.Kind != "source" || counts.Generated() != 0 {
		t.Errorf("run of a missing file ended in %v, %+v", run.Phase, run.Failure)
	}
}

// TestStrictConflict: an id that another order of the file has ends a strict run, before
// anything of its chunk is stored.
func TestStrictConflict(t *testing.T) {
	t.Parallel()
	path := write(t, `{"id":"a","cliente":"x","valor":1,"tier":"GOLD"}`+"\n"+`{"id":"a","cliente":"y","valor":1,"tier":"GOLD"}`+"\n")
	run, counts := imports(t, data(t), app.Options{}, path, true)
	if run.Phase != order.Failed || run.Failure.Kind != "refused" || run.Cursor != (order.Cursor{}) || counts.Generated() != 0 {
		t.Errorf("strict run ended in %v, %+v at %+v with %+v; want refused, nothing stored", run.Phase, run.Failure, run.Cursor, counts)
	}
	if run.Failure == nil || !strings.HasSuffix(run.Failure.Message, "line 2: id: `a`: another order has this id; allowed: an id of its own, or the same order again") {
		t.Errorf("failure = %+v, want one that names line 2, its id, and what is allowed", run.Failure)
	}
}
