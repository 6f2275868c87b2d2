package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/app"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

// wantDone checks the status of a run that is done.
func wantDone(t *testing.T, s *wire.Status, orders int64) {
	t.Helper()
	if s.Phase != order.Done || s.Target != orders || s.Generated != orders {
		t.Errorf("phase %v, target %d, generated %d; want DONE, %d, %d", s.Phase, s.Target, s.Generated, orders, orders)
	}
	if s.Counts.VIP+s.Counts.Normal != orders || s.Counts.Total != orders || s.Counts.Pending != 0 {
		t.Errorf("counts %+v do not sum to %d", s.Counts, orders)
	}
	end, start := s.Processing.VIP.End, s.Processing.Normal.Start
	if end.IsZero() || start.IsZero() || end.After(start.Time) {
		t.Errorf("VIP ended at %v, NORMAL started at %v; want VIP first", end, start)
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := filavip(t, "run", "-n", "2000", "--seed", "42", "--data", dir, "-o", "json").ends(exitOK)
	s := decoded[wire.Status](o)
	wantDone(t, &s, 2000)
	filavip(t, "run", "-n", "500", "--seed", "7", "--data", dir).ends(exitOK).
		shows("DONE  seed 7", "generation", "wall clock", "= 500 orders", "VIP first", "digest ")
	filavip(t, "verify", "--data", dir).ends(exitOK).shows("clean: 2,500 orders in 2 runs", "as its seed foretells")
}

// TestVerifyAsJSON writes numbers as text that many readers would round.
func TestVerifyAsJSON(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	filavip(t, "run", "-n", "200", "--seed", "18446744073709551615", "--data", dir).ends(exitOK)
	got := decoded[struct {
		Orders, Found int64
		Problems      []string
		Known         map[order.RunID]order.Digest
		Runs          []struct {
			Run    map[string]any
			Counts order.Counts
			Digest order.Digest
		}
	}](filavip(t, "verify", "--data", dir, "-o", "json").ends(exitOK))
	if len(got.Runs) != 1 || got.Orders != 200 || got.Found != 0 || got.Runs[0].Counts.Processed() != 200 {
		t.Fatalf("verify -o json = %+v, want one run of 200 processed orders", got)
	}
	run := got.Runs[0].Run
	spec, ok := run["spec"].(map[string]any)
	if !ok || spec["seed"] != "18446744073709551615" || spec["kind"] != "generated" || run["phase"] == nil {
		t.Errorf("verify -o json has the run %v, want its seed as text", run)
	}
	if id, ok := run["id"].(string); !ok || len(got.Known) != 1 || !strings.Contains(fmt.Sprint(got.Known), id) {
		t.Errorf("verify -o json knows the digests of %v, want that of %v", got.Known, run["id"])
	}
}

func TestRunIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	digest := func(flags ...string) string {
		args := append([]string{"run", "-n", "1500", "--seed", "18446744073709551615", "--data", t.TempDir()}, flags...)
		_, digest, _ := strings.Cut(filavip(t, args...).ends(exitOK).out, "digest ")
		return digest
	}
	if one, two := digest(), digest("--workers", "3", "--chunk-size", "100"); one == "" || one != two {
		t.Errorf("digests with other workers and chunks: %q, %q; want the same", one, two)
	}
}

func TestRunWrongFlags(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status int
		flags  []string
		want   string
	}{
		{exitUsage, []string{"-n", "0"}, `"0"; allowed: a whole number from 1`},
		{exitUsage, []string{"-n", "-1"}, `"-1"`},
		{exitUsage, []string{"-n", "1e6"}, `"1e6"`},
		{exitUsage, []string{"-n", "0x10"}, `"0x10"`},
		{exitUsage, []string{"-n", "+1"}, `"+1"`},
		{exitUsage, []string{"-n", "１"}, `"１"`},
		{exitUsage, []string{"-n", "abc"}, `"abc"`},
		{exitUsage, []string{"-n", ""}, `""`},
		{exitUsage, []string{"-n", "1.5"}, `"1.5"`},
		{exitUsage, []string{"-n", "99999999999"}, `"99999999999"`},
		{exitUsage, []string{"--seed", "-1"}, `--seed: "-1"`},
		{exitUsage, []string{"--seed", "18446744073709551616"}, "--seed"},
		{exitUsage, []string{"--strict"}, "--input"},
		{exitUsage, []string{"--rejects", "x"}, "--input"},
		{exitUsage, []string{"--input", "-", "-n", "5"}, "--quantity"},
		{exitUsage, []string{"--nothing"}, "--nothing"},
		{exitConfig, []string{"--workers", "0"}, "--workers"},
		{exitConfig, []string{"--tiers", "0,0,0,0"}, "--tiers"},
		{exitConfig, []string{"--simulate-failures", "2"}, "--simulate-failures"},
		{exitConfig, []string{"--resume", "maybe"}, "auto, off"},
	} {
		dir := filepath.Join(t.TempDir(), "data")
		filavip(t, append([]string{"run", "--data", dir}, tc.flags...)...).ends(tc.status).says(tc.want)
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("run %q was refused and made a data directory", tc.flags)
		}
	}
}

// unfinished makes a data directory with a run of 120 orders that has not ended.
func unfinished(t *testing.T) (dir string, id order.RunID) {
	t.Helper()
	cfg := settings(t, "workers", "1", "simulate-work", "20ms")
	a, err := app.New(cfg, app.Options{MemTable: smallTable})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	begun, _, err := a.Begin(t.Context(), app.NewSpec(&cfg, 120, 42), nil)
	if err != nil {
		t.Fatal(err)
	}
	for now := &begun; now.Phase < order.WaitingVIPDrain; {
		if now, _, err = a.Current(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	return cfg.Data, begun.ID
}

func TestRunGoesOn(t *testing.T) {
	t.Parallel()
	dir, id := unfinished(t)
	for _, flags := range [][]string{
		{"-n", "121"}, {"--seed", "43"}, {"--tiers", "1,1,1,2"}, {"--attempts", "9"}, {"--input", "-"}, {"--resume", "off"},
	} {
		filavip(t, append([]string{"run", "--data", dir}, flags...)...).ends(exitConflict).says(id.String())
	}
	o := filavip(t, "run", "--data", dir, "-n", "120", "--seed", "42", "-o", "json").ends(exitOK).warns("Resuming run " + id.String())
	s := decoded[wire.Status](o)
	wantDone(t, &s, 120)
	if s.LastRunID != id {
		t.Errorf("the run that was finished is %s, want %s", s.LastRunID, id)
	}
	filavip(t, "verify", "--data", dir).ends(exitOK).shows("clean: 120 orders in 1 run", "as its seed foretells")
}

func TestServerGoesOn(t *testing.T) {
	t.Parallel()
	dir, id := unfinished(t)
	s := serveIn(t, settings(t, "data", dir))
	s.waitFor(func(status *wire.Status) bool { return status.Phase == order.Done })
	s.does("runs", id.String()).ends(exitOK).shows("DONE", "= 120 of 120 orders", "interrupted from ")
}

const someOrders = `{"id":"a-1","cliente":"Ana","valor":10.50,"tier":"DIAMOND"}
{"id":"a-2","cliente":"Bia","valor":-1,"tier":"GOLD"}
not json
{"id":"a-3","cliente":"Caio","valor":3,"tier":"PRATA"}
{"id":"a-4","cliente":"Davi","valor":7.25,"tier":"WOOD"}
{"id":"a-5","cliente":"Eva","valor":1.00,"tier":"BRONZE"}
`

func TestRunInput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, rejects := filepath.Join(dir, "orders.ndjson"), filepath.Join(dir, "rejects.ndjson")
	if err := os.WriteFile(file, []byte(someOrders), 0o600); err != nil {
		t.Fatal(err)
	}
	o := filavip(t, "run", "--data", filepath.Join(dir, "a"), "--input", file, "--rejects", rejects).ends(exitOK).
		shows("VIP 1 + NORMAL 2 = 3 orders").warns("3 lines were refused:", "line 2: valor", "line 3: ", "line 5: tier", "WOOD", "allowed:")
	if strings.Contains(o.out, "seed") {
		t.Errorf("the result of an import shows a seed:\n%s", o.out)
	}
	if diff := cmp.Diff([]int64{2, 3, 5}, refusedLines(t, rejects)); diff != "" {
		t.Errorf("lines in the file of rejects (-want +got):\n%s", diff)
	}
	asJSON := filavip(t, "run", "--data", filepath.Join(dir, "b"), "--input", file, "-o", "json").ends(exitOK).
		warns("3 lines were refused:", "line 2: valor", "line 3: ", "line 5: tier")
	s := decoded[wire.Status](asJSON)
	wantDone(t, &s, 3)
	s = decoded[wire.Status](filavipIn(t.Context(), t, someOrders, "run", "--data", filepath.Join(dir, "c"), "--input", "-", "-o", "json").ends(exitOK))
	wantDone(t, &s, 3)
}

func refusedLines(t *testing.T, file string) (lines []int64) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for text := range strings.Lines(string(content)) {
		var reject struct{ Line int64 }
		if err := json.Unmarshal([]byte(text), &reject); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		lines = append(lines, reject.Line)
	}
	return lines
}

func TestRunStrictInput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "orders.ndjson")
	if err := os.WriteFile(file, []byte(someOrders), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	o := filavip(t, "run", "--data", data, "--input", file, "--strict", "-o", "json").ends(exitRunFailed).warns("ended in ERROR", "line 2")
	if s := decoded[wire.Status](o); s.Phase != order.Failed || s.Counts.Total != 0 {
		t.Errorf("a strict run of bad lines is %v with %d orders processed, want ERROR with none", s.Phase, s.Counts.Total)
	}
	filavip(t, "verify", "--data", data).ends(exitOK).shows("clean:")
}

// TestRunLogsWhatItIsTold: the file of settings decides the level like the flag does.
func TestRunLogsWhatItIsTold(t *testing.T) {
	t.Chdir(t.TempDir())
	if o := filavip(t, "run", "-n", "10").ends(exitOK); strings.Contains(o.err, "to=GENERATING") {
		t.Errorf("a run logs by itself: %s", o.err)
	}
	if err := os.WriteFile(".env", []byte("LOG_LEVEL=info\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	filavip(t, "run", "-n", "10").ends(exitOK).warns("to=GENERATING")
}
