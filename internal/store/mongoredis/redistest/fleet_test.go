package redistest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

func TestSentinelFailsOver(t *testing.T) {
	t.Parallel()
	s := StartReplicated(t)
	if len(s.Addrs()) != 3 {
		t.Errorf("Addrs() = %q, want 3 sentinels", s.Addrs())
	}
	for i := range 2 {
		first := s.Primary()
		do(t, first, "SET", "round", strconv.Itoa(i))
		if got := do(t, first, "WAIT", "2", "5000"); got != int64(2) {
			t.Fatalf("WAIT = %v replicas, want 2", got)
		}
		second := s.FailOver()
		if second == first {
			t.Fatal("FailOver returned the primary that it killed")
		}
		if got := do(t, second, "GET", "round"); got != strconv.Itoa(i) {
			t.Errorf("round = %v on the promoted server, want %d", got, i)
		}
		s.Heal()
		if s.Primary() != second {
			t.Error("another primary after all were healed")
		}
		if _, err := first.Do("SET", "k", "v"); err == nil || !strings.HasPrefix(err.Error(), "READONLY") {
			t.Errorf("SET on the former primary: %v, want READONLY", err)
		}
	}
}

func TestClusterServesEverySlot(t *testing.T) {
	t.Parallel()
	c := StartCluster(t)
	if len(c.Addrs()) != 3 {
		t.Errorf("Addrs() = %q, want 3", c.Addrs())
	}
	stored := 0
	for _, s := range c.Servers() {
		for i := range 30 {
			if _, err := s.Do("SET", fmt.Sprint("key", i), "v"); err == nil {
				stored++
			} else if !strings.HasPrefix(err.Error(), "MOVED") {
				t.Errorf("SET: %v, want MOVED where it is not stored", err)
			}
		}
	}
	if stored != 30 {
		t.Errorf("%d of 30 keys have a home, want each to have one", stored)
	}
	c.Servers()[1].Kill()
	c.Servers()[1].Restart()
	c.AwaitOK(t)
}
