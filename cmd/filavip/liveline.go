package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/filavip/filavip/internal/order"
)

const (
	lineEvery = 2 * time.Second // where nothing can be drawn
	barWidth  = 8
)

// liveLine is a line that is drawn over and over on a terminal. Elsewhere it is written
// as a plain line now and then.
type liveLine struct {
	c     *console
	draws bool
	shown time.Time // when a plain line was last written
}

func newLiveLine(c *console) liveLine {
	return liveLine{c: c, draws: c.terminal(), shown: time.Now()}
}

// show draws the line. The terminal is told not to wrap it meanwhile, and so cuts what
// is wider than itself: behind a line that wraps, \r returns to its last part only.
func (l *liveLine) show(line string, now time.Time) {
	if l.draws {
		fmt.Fprintf(l.c.err, "\r\x1b[?7l%s\x1b[K\x1b[?7h", line)
		return
	}
	if now.Sub(l.shown) >= lineEvery {
		l.shown = now
		fmt.Fprintln(l.c.err, line)
	}
}

// clear takes the line away from the terminal.
func (l *liveLine) clear() {
	if l.draws {
		fmt.Fprint(l.c.err, "\r\x1b[K")
	}
}

// glimpse is a run at one moment, as a line shows it.
type glimpse struct {
	phase       order.Phase
	target      int64 // orders it will have, as far as is known
	stored      int64
	vip, normal int64 // done with, dead letters included
	paused      bool
	stalled     string // why nothing is handed out
	speed       string // orders per second
	left        string // time left; may be empty
}

// String fits into 79 columns with counts of up to 100,000,000. It has no NORMAL orders
// while orders are taken in, since none is handed out by then, and afterwards does not
// repeat how many there are.
func (g *glimpse) String() string {
	line := fmt.Sprintf("%-10s %s", g.stage(), bar(g.stored+g.vip+g.normal, 2*max(g.target, g.stored)))
	if g.phase == order.Generating {
		line += fmt.Sprintf("  stored %s  VIP %s", brief(g.stored), brief(g.vip))
	} else {
		line += fmt.Sprintf("  VIP %s  NORMAL %s", brief(g.vip), brief(g.normal))
	}
	switch {
	case g.paused:
		return line + "  paused"
	case g.stalled != "":
		return line + "  stalled: " + printable(g.stalled)
	}
	return line + "  " + g.speed + "/s" + g.left
}

// stage names the phase in at most ten letters.
func (g *glimpse) stage() string {
	switch g.phase {
	case order.EnqueueVIP, order.EnqueueNormal:
		return "ENQUEUE"
	case order.WaitingVIPDrain:
		return "VIP"
	case order.WaitingNormalDrain:
		return "NORMAL"
	}
	return g.phase.String()
}

// bar draws a share of a whole.
func bar(part, whole int64) string {
	share := 0.0
	if whole > 0 {
		share = min(1, float64(part)/float64(whole))
	}
	full := int(share * barWidth)
	return fmt.Sprintf("[%s%s] %3.0f%%", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), share*100)
}

// brief writes a number in at most seven characters up to 999.9G: grouped below a
// million, else its first four digits, not rounded up, such as 12.34M.
func brief(n int64) string {
	unit, name := int64(1e6), "M"
	switch {
	case n < 1e6:
		return grouped(n)
	case n >= 1e9:
		unit, name = 1e9, "G"
	}
	decimals, step := 3, unit/1000
	for decimals > 0 && n >= 10_000*step {
		decimals, step = decimals-1, step*10
	}
	return fmt.Sprintf("%.*f%s", decimals, float64(n/step*step)/float64(unit), name)
}

// speedOver is the time that the speed is taken over. Slow work is settled a few times a
// second, so less would make it jump.
const speedOver = 2 * time.Second

// speedometer tells how many orders are done in a second, over the last moments.
type speedometer struct{ seen []sighting }

// sighting is how many orders were done at a time.
type sighting struct {
	at   time.Time
	done int64
}

// at notes how many orders are done by now and returns the speed. Fewer than before
// means that others are counted, or dead letters were put back: it begins anew.
func (m *speedometer) at(done int64, now time.Time) string {
	if n := len(m.seen); n > 0 && done < m.seen[n-1].done {
		m.seen = nil
	}
	m.seen = append(m.seen, sighting{now, done})
	for len(m.seen) > 1 && now.Sub(m.seen[1].at) >= speedOver {
		m.seen = m.seen[1:]
	}
	return rateAs(brief, done-m.seen[0].done, now.Sub(m.seen[0].at))
}
