package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

// maxWidth is how wide a line may be that is drawn over and over: a terminal of 80
// columns may already wrap at its last one.
const maxWidth = 79

func TestLinesFitTerminals(t *testing.T) {
	t.Parallel()
	counts := []int64{0, 1, 999, 99_999, 999_999, 1_000_000, 9_999_999, 25_000_000, 99_999_999, 100_000_000}
	for phase := order.Idle; phase <= order.Failed; phase++ {
		for _, n := range counts {
			for _, g := range []glimpse{
				{speed: brief(n), left: "  59m59s left"}, {speed: brief(n), left: "  99h59m left"},
				{paused: true}, {stalled: "disk_full"},
			} {
				g.phase, g.target, g.stored, g.vip, g.normal = phase, n, n, n, n
				if line := g.String(); utf8.RuneCountInString(line) > maxWidth {
					t.Errorf("%d columns, want at most %d: %s", utf8.RuneCountInString(line), maxWidth, line)
				}
			}
		}
	}
}

func TestLinesOfRuns(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		g    glimpse
		want string
	}{
		{
			glimpse{phase: order.Generating, target: 1_000_000, stored: 400_000, vip: 90_000, speed: "1.234M"},
			"GENERATING [#.......]  24%  stored 400,000  VIP 90,000  1.234M/s",
		}, {
			glimpse{phase: order.Generating, speed: "-"},
			"GENERATING [........]   0%  stored 0  VIP 0  -/s",
		}, {
			glimpse{phase: order.WaitingVIPDrain, target: 100, stored: 100, vip: 20, speed: "5", left: "  16s left"},
			"VIP        [####....]  60%  VIP 20  NORMAL 0  5/s  16s left",
		}, {
			glimpse{phase: order.EnqueueNormal, target: 100, stored: 100, vip: 25, paused: true, stalled: "disk_full"},
			"ENQUEUE    [#####...]  62%  VIP 25  NORMAL 0  paused",
		}, {
			glimpse{phase: order.WaitingNormalDrain, target: 100_000_000, stored: 100_000_000, vip: 25_012_345, normal: 74_987_655, stalled: "disk_full"},
			"NORMAL     [########] 100%  VIP 25.01M  NORMAL 74.98M  stalled: disk_full",
		},
	} {
		if got := tc.g.String(); got != tc.want {
			t.Errorf("the line is\n%s, want\n%s", got, tc.want)
		}
	}
}

func TestBrief(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0", 999_999: "999,999", 1_000_000: "1.000M", 1_234_567: "1.234M", 9_999_999: "9.999M", 12_345_678: "12.34M",
		99_999_999: "99.99M", 100_000_000: "100.0M", 999_999_999: "999.9M", 1_000_000_000: "1.000G", 9_223_372_036_854_775_807: "9223372036G", -5: "-5",
	} {
		if got := brief(n); got != want {
			t.Errorf("brief(%d) = %q, want %q", n, got, want)
		}
	}
}

// TestSpeed is that of orders which are settled twice a second, looked at ten times.
func TestSpeed(t *testing.T) {
	t.Parallel()
	began := time.Unix(1_795_420_800, 0)
	var p progress
	run, counts, _ := someRun(order.WaitingNormalDrain)
	counts[order.Normal].Processed = 0
	for i := range 60 {
		if i%5 == 0 {
			counts[order.Normal].Processed += 100
		}
		g := p.glimpse(run, &counts, began.Add(time.Duration(i)*lookEvery))
		if i >= 20 && g.speed != "200" {
			t.Errorf("the speed after %d looks = %q, want 200", i, g.speed)
		}
		if i > 5 && g.speed == "-" {
			t.Errorf("the speed after %d looks is not known", i)
		}
	}
}

// TestSpeedBeginsAnew when fewer orders are done than before: there is no speed below 0.
func TestSpeedBeginsAnew(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_795_420_800, 0)
	var m speedometer
	for i, look := range []struct {
		done int64
		want string
	}{{3_000, "-"}, {3_500, "500"}, {10, "-"}, {110, "100"}} {
		if got := m.at(look.done, now.Add(time.Duration(i)*time.Second)); got != look.want {
			t.Errorf("the speed at %d orders = %q, want %q", look.done, got, look.want)
		}
	}
}

func TestFollowerLine(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_795_420_800, 0)
	var p follower
	s := wire.NewStatus(someRun(order.WaitingNormalDrain))
	line := func(at time.Time) string {
		g := p.glimpse(&s, at)
		return g.String()
	}
	var got []string
	for i := range 4 {
		s.Counts.Total += 100
		got = append(got, line(now.Add(time.Duration(i)*time.Second)))
	}
	s.InQueue(true, "")
	got = append(got, line(now))
	s.InQueue(false, "disk_full")
	got = append(got, line(now))
	for i, want := range []string{"-/s", "100/s", "100/s", "100/s", "paused", "stalled: disk_full"} {
		if !strings.Contains(got[i], "NORMAL 300  "+want) {
			t.Errorf("line %d = %q, want %q in it", i, got[i], want)
		}
		if strings.HasSuffix(got[i], " left") != (i < 4) {
			t.Errorf("line %d = %q, want the time left: %v", i, got[i], i < 4)
		}
	}
}

// TestFollowerDraws shows 4 seconds of a run.
func TestFollowerDraws(t *testing.T) {
	t.Parallel()
	s := wire.NewStatus(someRun(order.WaitingNormalDrain))
	began := time.Unix(1_795_420_800, 0)
	shown := func(draws bool) string {
		var out strings.Builder
		p := follower{line: liveLine{c: &console{err: &out}, draws: draws, shown: began}}
		for i := range 41 { // at ten a second
			p.show(&s, began.Add(time.Duration(i)*lookEvery))
		}
		p.line.clear()
		return out.String()
	}
	drawn := shown(true)
	for text, want := range map[string]int{"\r\x1b[?7lNORMAL ": 41, "\x1b[K\x1b[?7h": 41, "\n": 0, "\r": 42} {
		if got := strings.Count(drawn, text); got != want {
			t.Errorf("on a terminal there are %d of %q, want %d", got, text, want)
		}
	}
	if !strings.HasSuffix(drawn, "\r\x1b[K") {
		t.Errorf("the line is left on the terminal: %q", drawn[len(drawn)-20:])
	}
	if got := shown(false); strings.Count(got, "\n") != 2 || strings.Contains(got, "\x1b") {
		t.Errorf("elsewhere 4 seconds show %q, want two plain lines", got)
	}
}

func TestTimeLeft(t *testing.T) {
	t.Parallel()
	s := wire.NewStatus(someRun(order.WaitingNormalDrain))
	for ms, want := range map[int64]string{
		40: "  0s left", 9_940: "  9.9s left", 61_499: "  1m1s left", 3_600_000: "  1h0m left", 359_940_000: "  99h59m left",
	} {
		s.ETA.EstimatedMs = &ms
		if got := timeLeft(&s); got != want {
			t.Errorf("timeLeft of %d ms = %q, want %q", ms, got, want)
		}
	}
}
