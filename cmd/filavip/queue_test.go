package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/wire"
)

// counts returns what queue status says.
func (s *server) counts() wire.QueueCounts {
	s.t.Helper()
	return decoded[wire.QueueCounts](s.does("queue", "status", "-o", "json").ends(exitOK))
}

func (s *server) wantCounts(after string, want wire.QueueCounts) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.counts()); diff != "" {
		s.t.Errorf("queue status after %s (-want +got):\n%s", after, diff)
	}
}

func TestQueuePauseAndResume(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	s.does("queue", "pause").ends(exitOK).shows("paused  yes")
	if got := decoded[wire.Paused](s.does("queue", "pause", "-o", "json").ends(exitOK)); !got.Paused {
		t.Error("queue pause -o json: paused = false, want true")
	}
	s.starts("40")
	s.wantCounts("a start while paused", wire.QueueCounts{Waiting: 40, Paused: true})
	s.does("queue", "status").ends(exitOK).shows("waiting     40", "paused     yes")
	s.does("queue", "resume").ends(exitOK).shows("resumed  yes")
	s.waitFor(func(status *wire.Status) bool { return !status.State.HasActiveGeneration })
	s.wantCounts("resume", wire.QueueCounts{Completed: 40})
	if got := decoded[wire.Resumed](s.does("queue", "resume", "-o", "json").ends(exitOK)); !got.Resumed {
		t.Error("queue resume -o json: resumed = false, want true")
	}
}

func TestQueueClose(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	s.does("queue", "close").ends(exitOK).shows("closed  yes")
	s.wantCounts("close", wire.QueueCounts{Paused: true})
	if got := decoded[wire.Closed](s.does("queue", "close", "-o", "json").ends(exitOK)); !got.Closed {
		t.Error("queue close -o json: closed = false, want true")
	}
}

func TestQueueJobs(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	s.does("queue", "jobs").ends(exitOK).shows("No jobs that are waiting.")
	s.starts("60")
	list := decoded[wire.JobList](s.does("queue", "jobs", "-o", "json").ends(exitOK))
	if len(list.Jobs) != 50 || list.Jobs[0].Data.Priority != "VIP" {
		t.Fatalf("queue jobs lists %d jobs, want 50, VIP first", len(list.Jobs))
	}
	some := s.does("queue", "jobs", "--start", "2", "--limit", "3").ends(exitOK).shows("priority", list.Jobs[2].ID, list.Jobs[4].ID)
	if lines := strings.Count(some.out, "\n"); lines != 4 {
		t.Errorf("queue jobs --limit 3 shows %d lines, want a heading and three", lines)
	}
	none := decoded[wire.JobList](s.does("queue", "jobs", "--state", "failed,delayed", "-o", "json").ends(exitOK))
	if diff := cmp.Diff([]string{"failed", "delayed"}, none.Types); diff != "" || len(none.Jobs) != 0 {
		t.Errorf("queue jobs --state failed,delayed: %d jobs, types (-want +got):\n%s", len(none.Jobs), diff)
	}
	far := s.does("queue", "jobs", "--start", "990", "--limit", "100").ends(exitOK).warns("Jobs 990 to 1000 of each state are listed, not to 1089")
	if near := s.does("queue", "jobs", "--start", "990", "--limit", "11").ends(exitOK); near.err != "" {
		t.Errorf("queue jobs --start 990 --limit 11 says %q, as --limit 100 does: %q", near.err, far.err)
	}
	s.does("queue", "jobs", "--state", "sleeping").ends(exitUsage).says("sleeping")
	s.does("queue", "jobs", "--start", "999", "--limit", "5").ends(exitOK).shows("No jobs")
}

func TestQueueCleanAndPurge(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	s.starts("30")
	s.does("queue", "clean", "--state", "sleeping").ends(exitUsage).says("sleeping")
	s.does("queue", "clean", "--limit", "10", "--dry-run").ends(exitOK).shows("state             waiting", "would be removed  10")
	if got := decoded[wire.Purged](s.does("queue", "purge", "--dry-run", "-o", "json").ends(exitOK)); got.Removed != 30 || got.Purged || !got.DryRun {
		t.Errorf("queue purge --dry-run -o json = %+v, want 30 that would be removed", got)
	}
	s.wantCounts("two dry runs", wire.QueueCounts{Waiting: 30, Paused: true})
	s.does("queue", "clean", "--grace", "1h").ends(exitOK).shows("removed  0")
	s.does("queue", "clean", "--limit", "10").ends(exitOK).shows("state    waiting", "removed  10")
	s.wantCounts("clean --limit 10", wire.QueueCounts{Waiting: 20, Paused: true})
	if got := decoded[wire.Cleaned](s.does("queue", "clean", "--limit", "5", "-o", "json").ends(exitOK)); got.Removed != 5 {
		t.Errorf("queue clean --limit 5 -o json removed %d, want 5", got.Removed)
	}
	if got := decoded[wire.Purged](s.does("queue", "purge", "-o", "json").ends(exitOK)); got.Removed != 15 || got.Obliterate {
		t.Errorf("queue purge -o json = %+v, want 15 removed", got)
	}
	s.wantCounts("purge", wire.QueueCounts{Paused: true})
	s.does("queue", "purge", "--obliterate").ends(exitOK).shows("removed           0", "dead letters too  yes")
}

func TestQueueDeadLetters(t *testing.T) {
	t.Parallel()
	s := serveApp(t, "simulate-failures", "1", "attempts", "1")
	s.does("generate", "-n", "20", "--wait").ends(exitOK).shows("20 of them dead letters")
	s.does("status").ends(exitOK).shows("= 20 of 20 orders, 20 of them dead letters")
	s.does("queue", "jobs", "--state", "failed", "--limit", "2").ends(exitOK).shows("failed", "reason", "simulated")
	s.does("queue", "pause").ends(exitOK)
	s.does("queue", "retry-failed", "--limit", "4").ends(exitOK).shows("retried  4")
	if got := decoded[wire.Retried](s.does("queue", "retry-failed", "--limit", "1", "-o", "json").ends(exitOK)); got.Retried != 1 {
		t.Errorf("queue retry-failed --limit 1 -o json retried %d, want 1", got.Retried)
	}
	if got := s.counts(); got.Waiting+got.Delayed != 5 || got.Failed != 15 {
		t.Errorf("queue status after retrying 5 of 20 = %+v, want 5 waiting or delayed, 15 failed", got)
	}
	s.does("queue", "clean", "--state", "failed", "--limit", "6").ends(exitOK).shows("removed  6")
	s.does("queue", "purge", "--obliterate").ends(exitOK).shows("removed           14")
	s.wantCounts("purge --obliterate", wire.QueueCounts{Paused: true})
}

func TestQueueRecoverStuck(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	s.does("queue", "recover-stuck").ends(exitOK).shows("recovered  0")
	if got := decoded[wire.Recovered](s.does("queue", "recover-stuck", "--max-jobs", "3", "-o", "json").ends(exitOK)); got.Recovered != 0 {
		t.Errorf("queue recover-stuck -o json recovered %d of nothing", got.Recovered)
	}
}

func TestWorkers(t *testing.T) {
	t.Parallel()
	s := serveApp(t, "workers", "3")
	s.does("workers").ends(exitOK).shows("  serve  coordinates  ", "\n3 workers in 1 process\n")
	list := decoded[[]wire.Member](s.does("workers", "-o", "json").ends(exitOK))
	if lines := s.does("workers", "-o", "ndjson").ends(exitOK).out; len(list) != 1 || strings.Count(lines, "\n") != 1 {
		t.Fatalf("workers: %+v in JSON, lines %q; want one of each", list, lines)
	}
	if m := list[0]; m.Workers != 3 || !m.Alive || !m.Coordinator || "http://"+m.Addr != s.url || m.Version != "test" || m.StartedAt.IsZero() || m.SeenAt.IsZero() {
		t.Errorf("workers = %+v, want this server", m)
	}
}

func TestQueueLanesAndWorkers(t *testing.T) {
	t.Parallel()
	s := serveApp(t, "workers", "3")
	s.does("queue", "lanes").ends(exitOK).shows("VIP  NORMAL\n", "gate open: NORMAL orders may start\n")
	s.starts("40")
	got := decoded[lanes](s.does("queue", "lanes", "-o", "json").ends(exitOK))
	if vip, normal := got.Lanes.VIP.Waiting, got.Lanes.Normal.Waiting; got.Gate != wire.GateShut || vip == 0 || vip+normal != 40 {
		t.Errorf("queue lanes -o json with 40 orders waiting = %+v; want the gate shut, and VIP ones among the 40", got)
	}
	s.does("queue", "lanes").ends(exitOK).shows("gate shut: a VIP order is unsettled, so no NORMAL one starts\n")
	if n := strings.Count(s.does("queue", "workers").ends(exitOK).shows("worker-1  idle").out, "\n"); n != 4 {
		t.Errorf("queue workers shows %d lines, want a heading and three", n)
	}
	list := decoded[[]wire.Worker](s.does("queue", "workers", "-o", "json").ends(exitOK))
	lines := s.does("queue", "workers", "-o", "ndjson").ends(exitOK).out
	if len(list) != 3 || strings.Count(lines, "\n") != 3 {
		t.Errorf("queue workers: %d in JSON, lines %q; want 3 of each", len(list), lines)
	}
}
