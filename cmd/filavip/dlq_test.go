package main

import (
	"os"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/wire"
)

const madeUp = "simulated failure" // the group of all dead letters here

// failing is a paused server with n dead letters.
func failing(t *testing.T, n string) *server {
	t.Helper()
	s := serveApp(t, "simulate-failures", "1", "attempts", "1")
	s.does("generate", "-n", n, "--wait").ends(exitOK)
	s.does("queue", "pause").ends(exitOK)
	return s
}

// letters returns the dead letters there are, by the IDs of their orders.
func (s *server) letters(flags ...string) (ids []string) {
	s.t.Helper()
	page := decoded[wire.DeadLetterPage](s.does(append([]string{"dlq", "list", "--limit", "10000", "-o", "json"}, flags...)...).ends(exitOK))
	for i := range page.DeadLetters {
		ids = append(ids, page.DeadLetters[i].Order.ID)
	}
	return ids
}

func TestDLQOfNothing(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	s.does("dlq").ends(exitOK).shows("No dead letters.")
	s.does("dlq", "list").ends(exitOK).shows("No dead letters.")
	if got := decoded[wire.DeadLetterPage](s.does("dlq", "list", "-o", "json").ends(exitOK)); got.DeadLetters == nil {
		t.Error("dlq list -o json of nothing has no list")
	}
	s.does("dlq", "retry", "--all").ends(exitOK).shows("retried  0")
}

func TestDLQGroupsAndList(t *testing.T) {
	t.Parallel()
	s := failing(t, "260")
	bare, groups := s.does("dlq").ends(exitOK), s.does("dlq", "groups").ends(exitOK).shows("count", "  260  "+madeUp)
	if bare.out != groups.out || bare.err != "" {
		t.Errorf("dlq shows %q and says %q; want what dlq groups shows: %q", bare.out, bare.err, groups.out)
	}
	if got := decoded[wire.DeadLetterGroups](s.does("dlq", "-o", "json").ends(exitOK)); got.Total != 260 || len(got.Groups) != 1 {
		t.Errorf("dlq -o json = %+v, want 260 in one group", got)
	}
	if got := len(s.letters()); got != 260 {
		t.Errorf("dlq list has %d dead letters, want 260", got)
	}
	if got := len(s.letters("--group", madeUp)); got != 260 {
		t.Errorf("dlq list --group has %d dead letters, want 260", got)
	}
	if got := s.letters("--group", "another"); got != nil {
		t.Errorf("dlq list of another group has %q, want none", got)
	}
	page := s.does("dlq", "list", "--limit", "259", "-o", "ndjson").ends(exitOK).warns("there are 260 dead letters in all; more: the same with --cursor ")
	cursor := strings.Fields(page.err)[len(strings.Fields(page.err))-1]
	if rest := s.letters("--cursor", cursor); strings.Count(page.out, "\n") != 259 || len(rest) != 1 || strings.Contains(page.out, rest[0]) {
		t.Errorf("dlq list --limit 259 has %d lines, and %q follow; want one more that was not among them", strings.Count(page.out, "\n"), rest)
	}
}

func TestDLQRetry(t *testing.T) {
	t.Parallel()
	s := failing(t, "20")
	ids := s.letters()
	s.does("dlq", "retry", "--all", "--dry-run").ends(exitOK).shows("would be retried  20").warns("nothing was done")
	if got := s.counts(); got.Failed != 20 {
		t.Fatalf("a dry run left %d dead letters, want 20", got.Failed)
	}
	s.does("dlq", "retry", ids[3], ids[5], ids[3], "nobody").ends(exitOK).shows("retried  2").
		warns("orders passed over, since they are no dead letters: 1\n")
	s.does("dlq", "retry", "--group", madeUp, "--limit", "4").ends(exitOK).shows("retried  4")
	if got := decoded[wire.DeadLettersRetried](s.does("dlq", "retry", "--all", "-o", "json").ends(exitOK)); got.Retried != 14 {
		t.Errorf("dlq retry --all -o json, of 14 that are left, = %+v", got)
	}
	if got := s.counts(); got.Failed != 0 || got.Waiting+got.Delayed != 20 {
		t.Errorf("queue status after all were put back = %+v, want 20 waiting or delayed", got)
	}
	s.does("orders", ids[3]).ends(exitOK).shows("pendente", "times put back  1", "redriven")
}

func TestDLQDiscard(t *testing.T) {
	t.Parallel()
	s := failing(t, "20")
	ids := s.letters()
	s.does("dlq", "discard", "--group", madeUp, "--dry-run").ends(exitOK).shows("would be discarded  20")
	s.does("dlq", "discard", "--all").ends(exitUsage).says("nobody to ask", "--yes")
	if got := s.counts(); got.Failed != 20 {
		t.Fatalf("a dry run and a refusal left %d dead letters, want 20", got.Failed)
	}
	s.does("dlq", "discard", ids[0], "--yes").ends(exitOK).shows("discarded  1").warns("dead letters discarded: 1")
	s.does("orders", ids[0]).ends(exitOK).shows("removido")
	s.does("dlq", "discard", "--all", "--limit", "9", "-y").ends(exitOK).shows("discarded  9")
	got := decoded[wire.DeadLettersDiscarded](s.does("dlq", "discard", "--group", madeUp, "--yes", "-o", "json").ends(exitOK))
	if left := s.counts().Failed; got.Discarded != 10 || left != 0 {
		t.Errorf("dlq discard --group, of 10 that are left, = %+v with %d left", got, left)
	}
}

func TestDLQKey(t *testing.T) {
	t.Parallel()
	s := failing(t, "20")
	for range 2 {
		s.does("dlq", "discard", "--all", "--limit", "5", "--yes", "--idempotency-key", "k").ends(exitOK).shows("discarded  5")
	}
	if got := s.counts().Failed; got != 15 {
		t.Errorf("one discard of 5 and its repetition left %d of 20, want 15", got)
	}
}

// answered runs a command line at a console that is a device.
func (s *server) answered(in *os.File, args ...string) outcome {
	s.t.Helper()
	args = append(args, "--url", s.url)
	var out, err buffer
	status := run(s.t.Context(), args, in, &out, &err)
	return outcome{s.t, args, status, out.String(), err.String()}
}

// TestDLQDiscardAsks takes the null device for a terminal, whose answer is nothing.
func TestDLQDiscardAsks(t *testing.T) {
	t.Parallel()
	s := failing(t, "20")
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	s.answered(null, "dlq", "discard", "--all", "--limit", "7").ends(exitUsage).
		says("Discard 7 dead letters at "+s.url+"? [y/N] ", "nothing was done")
	if got := s.counts().Failed; got != 20 {
		t.Errorf("a discard that nobody said yes to left %d dead letters, want 20", got)
	}
	o := s.answered(null, "dlq", "discard", "nobody").ends(exitOK).shows("would be discarded  0")
	if strings.Contains(o.err, "[y/N]") {
		t.Errorf("a discard of nothing asks: %q", o.err)
	}
}
