package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestBench measures small runs with the test binary as the child.
func TestBench(t *testing.T) {
	t.Setenv(asCommand, "1")
	args := []string{"bench", "-n", "1000", "--runs", "2", "--poll", "--dir", t.TempDir()}
	b := decoded[benched](filavip(t, append(args, "-o", "json")...).ends(exitOK))
	if len(b.Runs) != 2 || len(b.Floors) != 2 {
		t.Fatalf("%d runs and %d floors measured, want 2 of each", len(b.Runs), len(b.Floors))
	}
	for _, r := range b.Runs {
		if r.Orders != 1000 || r.VIP < 200 || r.VIP > 300 || r.Wall <= 0 || len(r.Stages) != 5 || r.Disk < 1000 {
			t.Errorf("measured %+v, want 1000 orders, a quarter VIP, in five stages", r.Measured)
		}
		if r.Polled.Orders == 0 || r.Polled.OrderP50 > r.Polled.OrderP99 || len(r.Polled.Wrong) != 0 {
			t.Errorf("polled %+v, want single orders read and nothing wrong", r.Polled)
		}
	}
	if f := b.Floors[0]; f.Orders != 1000 || f.Bytes < 1000 || f.Wall <= 0 {
		t.Errorf("floor %+v, want that of 1000 orders", f)
	}
	filavip(t, args...).ends(exitOK).shows("2 runs", "WAITING_NORMAL_DRAIN", "median", "peak RSS", b.Runs[0].Digest.String(), "one order")
}

// TestBenchWithClients has so few clients that none of them is one that never reads.
func TestBenchWithClients(t *testing.T) {
	t.Setenv(asCommand, "1")
	args := []string{"bench", "-n", "20000", "--runs", "1", "--clients", "9", "--dir", t.TempDir()}
	b := decoded[benched](filavip(t, append(args, "-o", "json")...).ends(exitOK))
	if len(b.Runs) != 1 || len(b.Watched) != 1 {
		t.Fatalf("%d runs and %d watched ones, want one of each", len(b.Runs), len(b.Watched))
	}
	w := b.Watched[0].Watched
	if w.Clients != 9 || w.Deaf != 0 || w.Lost != 0 || w.Dropped != 0 || w.Events < 9*(runEvents) {
		t.Errorf("watched %+v, want nine clients that got everything", w)
	}
	filavip(t, args...).ends(exitOK).shows("watched", "of the speed without", "0 of 54 phase changes lost")
}

// runEvents is the least a client gets of a run: connected, the status, and for each of
// six phase changes that and its status.
const runEvents = 2 + 6*2

// TestBenchDoubts: a benchmark that measured something wrong does not pass for a result.
func TestBenchDoubts(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]string{
		"digest":             `{"runs":[{"digest":"00000000000000000000000000000001"},{"digest":"00000000000000000000000000000002"}]}`,
		"cannot be true: 7!": `{"runs":[{"polled":{"wrong":["7!"]}}]}`,
		"3 phase changes":    `{"runs":[{}],"watched":[{"watched":{"lost":3}}]}`,
	} {
		var b benched
		if err := json.Unmarshal([]byte(broken), &b); err != nil {
			t.Fatal(err)
		}
		if err := b.check(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("check of %s = %v, want an error that names %q", broken, err, name)
		}
	}
}

func TestBenchRefuses(t *testing.T) {
	t.Parallel()
	filavip(t, "bench", "--runs", "0").ends(exitUsage).says("--runs")
	filavip(t, "bench", "-n", "1e6").ends(exitUsage).says("--quantity", "1e6")
	filavip(t, "bench", "--clients", "5001").ends(exitUsage).says("--clients", "5000")
	filavip(t, "bench", "--clients", "1", "--poll").ends(exitUsage).says("--poll", "--clients")
	filavip(t, "bench", "-o", "xml").ends(exitUsage).says("xml")
	filavip(t, "bench", "--dir", t.TempDir()+"/none", "-n", "1", "--runs", "1").ends(exitIO).says("none")
}
