package main

import (
	"context"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

func TestStatusOfNothing(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	s.does("status").ends(exitOK).shows(`No run yet; "filavip generate" starts one.`)
	if got := decoded[wire.Status](s.does("status", "-o", "json").ends(exitOK)); got.Phase != order.Idle {
		t.Errorf("Phase = %v, want IDLE", got.Phase)
	}
	s.does("runs").ends(exitOK).shows("No runs.")
	s.does("cancel").ends(exitOK).shows("cancelled  no").warns("no run is active")
	if got := decoded[wire.Cancelled](s.does("cancel", "-o", "json").ends(exitOK)); got.Aborted {
		t.Error("cancel -o json says that a run was aborted where there was none")
	}
}

func TestGenerateAndWait(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	got := decoded[wire.Run](s.does("generate", "-n", "700", "--wait", "-o", "json").ends(exitOK).warns("generation of 700 orders has started"))
	if got.Phase != order.Done || got.Generated != 700 || got.TotalProcessedVIP+got.TotalProcessedNormal != 700 {
		t.Errorf("the run is %v with %d generated, %d + %d processed; want DONE, 700, 700 in all",
			got.Phase, got.Generated, got.TotalProcessedVIP, got.TotalProcessedNormal)
	}
	if got.EndVIP.IsZero() || got.EndVIP.After(got.StartNormal.Time) {
		t.Errorf("VIP ended at %v, NORMAL started at %v; want VIP first", got.EndVIP, got.StartNormal)
	}
	s.does("generate", "-n", "300", "--wait").ends(exitOK).shows("DONE  seed ", "VIP first", "= 300 of 300 orders", "digest ")
	status := decoded[wire.Status](s.does("status", "-o", "json").ends(exitOK))
	if status.Phase != order.Done || status.Counts.Total != 300 {
		t.Errorf("status -o json = %v, %d done; want DONE, 300", status.Phase, status.Counts.Total)
	}
	s.does("status").ends(exitOK).shows("Run "+status.LastRunID.String()+"  DONE  100.00 %", "generation", "wall clock", "= 300 of 300 orders")
}

func TestGenerateWhileActive(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	first := s.starts("50")
	s.does("status").ends(exitOK).shows("Run "+first, "50 pending", `paused: nothing is handed out until "filavip queue resume"`)
	s.does("generate", "-n", "60").ends(exitConflict).says("run "+first+" is active", "--force")
	s.does("generate", "-n", "60", "--wait").ends(exitConflict).says(first)
	forced := decoded[wire.Started](s.does("generate", "-n", "60", "--force", "-o", "json").ends(exitOK))
	if !forced.Forced || forced.RunID.String() == first {
		t.Errorf("generate --force = %+v, want another run, forced", forced)
	}
	s.does("runs", first).ends(exitOK).shows("ERROR", "ended: cancelled", "50 removed")
	s.does("generate", "-n", "2000000", "--force").ends(exitUsage).says("quantity", "1500000")
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	once := decoded[wire.Started](s.does("generate", "-n", "5", "--idempotency-key", "a", "-o", "json").ends(exitOK))
	s.does("generate", "-n", "5", "--idempotency-key", "a").ends(exitOK).shows(once.RunID.String())
	s.does("generate", "-n", "6", "--idempotency-key", "a").ends(exitConflict).says("idempotency key")
	if got := decoded[wire.RunPage](s.does("runs", "-o", "json").ends(exitOK)); got.Count != 1 {
		t.Errorf("after one call and its repetition there are %d runs, want 1", got.Count)
	}
	s.does("cancel", "--idempotency-key", "b\nc").ends(exitUsage).says("idempotency key")
}

// waiting runs generate --wait on a paused queue, lets end do what ends it once the run
// is under way, and returns what the command came to. Without an end it is interrupted.
func waiting(t *testing.T, s *server, end func(), flags ...string) outcome {
	t.Helper()
	s.does("queue", "pause").ends(exitOK)
	args := append([]string{"generate", "-n", "40", "--wait", "--url", s.url}, flags...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, err buffer
	done := make(chan int)
	go func() { done <- run(ctx, args, strings.NewReader(""), &out, &err) }()
	s.waitFor(func(status *wire.Status) bool {
		return status.State.HasActiveGeneration && strings.Contains(err.String(), "has started")
	})
	if end == nil {
		end = cancel
	}
	end()
	return outcome{t, args, <-done, out.String(), err.String()}
}

func TestWaitForRunThatIsCancelled(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	waiting(t, s, func() { s.does("cancel").ends(exitOK) }).ends(exitRunFailed).
		shows("ERROR", "ended: cancelled").warns("ended in ERROR (cancelled)")
	got := decoded[wire.Run](waiting(t, s, func() { s.does("cancel", "--reset-phase-to-idle").ends(exitOK) }, "-o", "json").ends(exitRunFailed))
	if got.Phase != order.Failed || !got.Aborted {
		t.Errorf("the run is %v, aborted %v; want ERROR, true", got.Phase, got.Aborted)
	}
}

func TestWaitForRunThatIsDeleted(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	waiting(t, s, func() { s.does("reset", "--yes").ends(exitOK) }).ends(exitRunFailed)
}

func TestWaitIsInterrupted(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	waiting(t, s, nil).ends(exitInterrupted).says("Stopped waiting; run ", "goes on")
	s.does("cancel").ends(exitOK).shows("cancelled               yes")
}

func TestWaitTakesTooLong(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	waiting(t, s, func() {}, "--timeout", "500ms").ends(exitTimeout).says("--timeout")
}

func TestServerGoesWhileWaiting(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	waiting(t, s, s.stop).ends(exitUnreachable).says("goes on once its server is back")
}

func TestCancelOptions(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	id := s.starts("30")
	s.does("cancel", "--wait-timeout", "2m").ends(exitUsage).says("waitTimeoutMs")
	got := decoded[wire.Cancelled](s.does("cancel", "--purge=false", "--remove-pending=false", "--reset-logs", "--wait-timeout", "0s",
		"--poll-interval", "1ms", "--reset-phase-to-idle", "-o", "json").ends(exitOK))
	if !got.Aborted || got.Purged || !got.LogsReset || got.RemovedPending != 0 || got.RunID.String() != id {
		t.Errorf("cancel with all options = %+v, want aborted and logs reset, nothing purged or removed, run %s", got, id)
	}
	status := decoded[wire.Status](s.does("status", "-o", "json").ends(exitOK))
	if status.Phase != order.Idle || status.Counts.Pending != 30 {
		t.Errorf("then the status is %v with %d pending, want IDLE with 30", status.Phase, status.Counts.Pending)
	}
	s.starts("20")
	s.does("cancel").ends(exitOK).shows("pending orders removed  20", "still active            no").warns("was cancelled")
}

func TestReset(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	s.starts("25")
	s.does("reset").ends(exitUsage).says("not a terminal", "--yes")
	if got := decoded[wire.RunPage](s.does("runs", "-o", "json").ends(exitOK)); got.Count != 1 {
		t.Fatalf("a reset that was not confirmed left %d runs, want 1", got.Count)
	}
	s.does("reset", "--yes").ends(exitOK).shows("orders deleted   25", "of them pending  25", "runs deleted     1").warns("everything was reset")
	s.does("status").ends(exitOK).shows("No run yet")
	if got := decoded[wire.WasReset](s.does("reset", "-y", "-o", "json").ends(exitOK)); got.DeletedOrders != 0 || got.DeletedRuns != 0 {
		t.Errorf("a second reset deleted %+v, want nothing", got)
	}
}

func TestRuns(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	for range 3 {
		s.does("generate", "-n", "10", "--wait").ends(exitOK)
	}
	all := decoded[wire.RunPage](s.does("runs", "-o", "json").ends(exitOK))
	if all.Count != 3 {
		t.Fatalf("there are %d runs, want 3", all.Count)
	}
	page := s.does("runs", "--limit", "2").ends(exitOK).shows(all.Runs[0].RunID.String(), all.Runs[1].RunID.String(), "completed").
		warns("older runs: filavip runs --cursor ")
	cursor := strings.Fields(page.err)[len(strings.Fields(page.err))-1]
	rest := decoded[wire.RunPage](s.does("runs", "--cursor", cursor, "-o", "json").ends(exitOK))
	if rest.Count != 1 || rest.Runs[0].RunID != all.Runs[2].RunID {
		t.Errorf("the page behind the cursor has %d runs, want the oldest alone", rest.Count)
	}
	id := all.Runs[0].RunID.String()
	s.does("runs", id).ends(exitOK).shows("Run "+id+"  DONE  seed "+all.Runs[0].Seed, "= 10 of 10 orders", "digest "+all.Runs[0].Digest.String())
	if one := decoded[wire.Run](s.does("runs", id, "-o", "json").ends(exitOK)); one.RunID != all.Runs[0].RunID {
		t.Errorf("runs %s -o json shows %s", id, one.RunID)
	}
	s.does("runs", "xx").ends(exitUsage).says("xx")
	s.does("runs", "019ab000-0000-7000-8000-00ffffffffff").ends(exitUsage).says("there is no run")
	s.does("runs", "--cursor", "xx").ends(exitUsage).says("cursor")
}

func TestLogs(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	s.does("generate", "-n", "10", "--wait").ends(exitOK)
	s.does("logs").ends(exitOK).shows("[INFO] [pipeline] phase", "to=DONE")
	if got := s.does("logs", "-n", "2").ends(exitOK).out; strings.Count(got, "\n") != 2 {
		t.Errorf("logs -n 2 shows %q, want two lines", got)
	}
	s.does("logs", "--level", "info", "-n", "200").ends(exitOK).shows("[INFO]")
	if got := s.does("logs", "--level", "error").ends(exitOK).out; got != "" {
		t.Errorf("logs --level error shows %q, want nothing", got)
	}
	s.does("logs", "--by-level", "-n", "1").ends(exitOK).shows("info: 1 lines\n[", "warn: 0 lines\n", "error: 0 lines\n")
	if got := decoded[wire.Logs](s.does("logs", "-o", "json", "-n", "3").ends(exitOK)); len(got.Logs.LogMessages) != 3 {
		t.Errorf("logs -n 3 -o json has %d lines of the level info, want 3", len(got.Logs.LogMessages))
	}
}

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	s.does("healthcheck").ends(exitOK).shows("[+]store ok", "readyz check passed")
	s.drain()
	for {
		if o := s.does("healthcheck"); o.status != exitOK {
			o.ends(exitUnreachable).says("not ready: shutdown failed")
			return
		}
	}
}

func TestPortuguese(t *testing.T) {
	s := serveApp(t)
	t.Setenv("LANG", "pt_BR.UTF-8")
	s.does("cancel").ends(exitOK).warns("execução")
}
