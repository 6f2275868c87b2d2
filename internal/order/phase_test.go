package order_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/filavip/filavip/internal/order"
)

// phaseNames are the names on the wire, by phase.
func phaseNames() [order.PhaseCount]string {
	return [...]string{
		"IDLE", "GENERATING", "ENQUEUE_VIP", "WAITING_VIP_DRAIN",
		"ENQUEUE_NORMAL", "WAITING_NORMAL_DRAIN", "DONE", "ERROR",
	}
}

// moves is the phase machine: in each row an x where the row's phase may go next.
func moves() [order.PhaseCount]string {
	return [...]string{
		order.Idle:               ".x......",
		order.Generating:         "..x....x",
		order.EnqueueVIP:         "...x...x",
		order.WaitingVIPDrain:    "....x..x",
		order.EnqueueNormal:      ".....x.x",
		order.WaitingNormalDrain: "......xx",
		order.Done:               "........",
		order.Failed:             "........",
	}
}

func TestMayMove(t *testing.T) {
	t.Parallel()
	for from := range order.Phase(order.PhaseCount) {
		for to := range order.Phase(order.PhaseCount) {
			if got, want := from.MayMove(to), moves()[from][to] == 'x'; got != want {
				t.Errorf("%v.MayMove(%v) = %v, want %v", from, to, got, want)
			}
		}
	}
}

// A value that is no phase moves nowhere, and nothing moves to it.
func TestNoPhaseMovesNowhere(t *testing.T) {
	t.Parallel()
	for n := range 256 {
		p := order.Phase(n)
		if n < order.PhaseCount {
			continue
		}
		if p.Active() || p.Ended() {
			t.Errorf("%v: Active, Ended = %v, %v, want false, false", p, p.Active(), p.Ended())
		}
		for m := range 256 {
			if q := order.Phase(m); p.MayMove(q) || q.MayMove(p) {
				t.Errorf("%v.MayMove(%v), back = %v, %v, want false, false", p, q, p.MayMove(q), q.MayMove(p))
			}
		}
	}
}

// However a run goes, it visits no phase twice and ends within six moves.
func TestEveryWayEnds(t *testing.T) {
	t.Parallel()
	ways := map[order.Phase]int{}
	var walk func(way []order.Phase)
	walk = func(way []order.Phase) {
		last, ended := way[len(way)-1], true
		for next := range order.Phase(order.PhaseCount) {
			if last.MayMove(next) {
				if slices.Contains(way, next) {
					t.Fatalf("%v leads back to %v", way, next)
				}
				walk(append(slices.Clip(way), next))
				ended = false
			}
		}
		if ended {
			ways[last]++
			if !last.Ended() || len(way) > 7 {
				t.Errorf("%v is a whole way, want one that ends within six moves", way)
			}
		}
	}
	walk([]order.Phase{order.Idle})
	if ways[order.Done] != 1 || ways[order.Failed] != 5 || len(ways) != 2 {
		t.Errorf("ways by end = %v, want one to DONE and five to ERROR", ways)
	}
}

func TestPhaseActiveAndEnded(t *testing.T) {
	t.Parallel()
	for p := range order.Phase(order.PhaseCount) {
		wantEnded := p == order.Done || p == order.Failed
		wantActive := !wantEnded && p != order.Idle
		if p.Active() != wantActive || p.Ended() != wantEnded {
			t.Errorf("%v: Active, Ended = %v, %v, want %v, %v", p, p.Active(), p.Ended(), wantActive, wantEnded)
		}
	}
}

func TestPhaseTextComesBack(t *testing.T) {
	t.Parallel()
	for p, name := range phaseNames() {
		want := order.Phase(p)
		if want.String() != name {
			t.Errorf("Phase(%d).String() = %s, want %s", p, want, name)
		}
		encoded, err := json.Marshal(want)
		if err != nil || string(encoded) != `"`+name+`"` {
			t.Errorf("Marshal(%v) = %s, %v", want, encoded, err)
		}
		got := order.Phase(99)
		if err := json.Unmarshal(encoded, &got); err != nil || got != want {
			t.Errorf("Unmarshal(%s) = %v, %v, want %v", encoded, got, err, want)
		}
	}
	beyond := order.Phase(order.PhaseCount)
	if got, want := beyond.String(), "Phase(8)"; got != want {
		t.Errorf("String() of no phase = %q, want %q", got, want)
	}
	if text, err := beyond.MarshalText(); !errors.Is(err, order.ErrInvalid) {
		t.Errorf("MarshalText() of no phase = %q, %v, want ErrInvalid", text, err)
	}
}

func FuzzPhaseUnmarshalText(f *testing.F) {
	for _, name := range phaseNames() {
		f.Add([]byte(name))
	}
	for _, text := range []string{"", "idle", "Done", " DONE", "FAILED", "ABORTED", "Phase(8)"} {
		f.Add([]byte(text))
	}
	names := phaseNames()
	f.Fuzz(func(t *testing.T, text []byte) {
		p := order.Phase(99)
		err := p.UnmarshalText(text)
		switch want := slices.Index(names[:], string(text)); {
		case want >= 0 && (err != nil || p != order.Phase(want)):
			t.Errorf("UnmarshalText(%q) = %v, %v, want %d", text, p, err, want)
		case want < 0 && (!errors.Is(err, order.ErrInvalid) || p != 99):
			t.Errorf("UnmarshalText(%q) = %v, %v, want ErrInvalid and no change", text, p, err)
		}
	})
}
