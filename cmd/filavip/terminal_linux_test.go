package main

import (
	"os"
	"testing"
)

// TestDLQDiscardGoesAhead answers yes. A pseudo-terminal gives back what is typed into
// it, which is the answer.
func TestDLQDiscardGoesAhead(t *testing.T) {
	t.Parallel()
	s := failing(t, "20")
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	if _, err := terminal.WriteString("y\n"); err != nil {
		t.Fatal(err)
	}
	s.answered(terminal, "dlq", "discard", "--all", "--limit", "7").ends(exitOK).
		warns("Discard 7 dead letters at ").shows("discarded  7")
	if got := s.counts().Failed; got != 13 {
		t.Errorf("a discard of 7 that was said yes to left %d of 20 dead letters, want 13", got)
	}
}
