package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

const watchLong = `Show what the server does, as it does it.

On a terminal the phases of the current run, both lanes and the speed are drawn and
kept up to date; elsewhere each phase change is written as a line, and how the run
gets on every two seconds. With -o json or -o ndjson every status that the server
sends is printed as one line of JSON. A lost connection is made again. It ends with
Ctrl-C, or with --until-done when the run has ended, with exit status 5 if that was
in ERROR.`

func newWatch(c *console) *cobra.Command {
	var untilDone bool
	cmd := &cobra.Command{
		Use:     "watch",
		Short:   "Show the current run live",
		Long:    watchLong,
		Example: "  filavip watch\n  filavip watch --until-done -o ndjson",
		Args:    c.noArgs,
	}
	r := newRemote(c, cmd)
	r.perCall = callWithin
	cmd.Flags().BoolVar(&untilDone, "until-done", false, "end when no run is active")
	cmd.Flags().Lookup("timeout").Usage = "longest time to watch; 0, the default, for no limit"
	cmd.Flags().Lookup("timeout").DefValue = "0s"
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if !given(cmd, "timeout") {
			r.timeout = 0
		}
		return r.call(cmd, func(ctx context.Context, api *client.Client) error {
			w := &watcher{c: c, lines: r.output != outputTable, untilDone: untilDone, screen: newScreen(c)}
			return r.streamed(w.watch(ctx, api))
		})
	}
	return cmd
}

// errWatched ends a stream whose run has ended.
var errWatched = errors.New("the run has ended")

// watcher shows what a stream says.
type watcher struct {
	c         *console
	lines     bool // statuses as JSON, and nothing drawn
	untilDone bool
	screen    screen
	meter     speedometer
	last      wire.Status
}

func (w *watcher) watch(ctx context.Context, api *client.Client) error {
	opts := client.StreamOptions{Events: []string{wire.EventStatus, wire.EventPhase}, Lost: w.lost}
	err := api.Stream(ctx, opts, w.event)
	w.screen.leave()
	if errors.Is(err, errWatched) {
		return w.verdict()
	}
	return err
}

// lost says that the connection is gone; it will be made again.
func (w *watcher) lost(err error) error {
	w.screen.leave()
	fmt.Fprintf(w.c.err, "%s; trying again\n", printable(err.Error()))
	return nil
}

func (w *watcher) event(e client.Event) error {
	if e.Name == wire.EventPhase {
		return w.phase(e.Data)
	}
	if w.lines {
		if _, err := fmt.Fprintln(w.c.out, string(e.Data)); err != nil {
			return err
		}
	}
	var s wire.Status
	if err := json.Unmarshal(e.Data, &s); err != nil {
		return fmt.Errorf("a status is not understood: %w", err)
	}
	if s.LastRunID != w.last.LastRunID {
		w.meter = speedometer{} // the orders of another run
	}
	w.last = s
	if !w.lines {
		w.show(&s)
	}
	if w.untilDone && !s.State.HasActiveGeneration {
		return errWatched
	}
	return nil
}

func (w *watcher) phase(data json.RawMessage) error {
	var p wire.PhaseChange
	if err := json.Unmarshal(data, &p); err != nil {
		return fmt.Errorf("a phase change is not understood: %w", err)
	}
	if w.lines || w.screen.draws() {
		return nil // the next status shows it
	}
	_, err := fmt.Fprintf(w.c.out, "%s  %v > %v\n", instant(p.At.Time), p.From, p.To)
	return err
}

// show draws the status, or writes how its run gets on now and then.
func (w *watcher) show(s *wire.Status) {
	now := time.Now()
	g := glimpse{
		phase: s.Phase, target: s.Target, stored: s.Generated, vip: s.Counts.VIP, normal: s.Counts.Normal,
		paused: s.Paused, stalled: s.Stalled, speed: w.meter.at(s.Counts.Total, now), left: timeLeft(s),
	}
	if w.screen.draws() {
		w.screen.draw(watchLines(s, &g))
		return
	}
	if s.State.HasActiveGeneration {
		w.screen.line.show(g.String(), now)
	}
}

// verdict says how the run ended, if one did.
func (w *watcher) verdict() error {
	if !w.lines && !w.screen.draws() {
		if err := printStatus(w.c.out, &w.last); err != nil {
			return err
		}
	}
	if w.last.Error != nil {
		return withStatus(exitRunFailed, fmt.Errorf("run %s ended in ERROR (%s): %s",
			w.last.LastRunID, w.last.Error.Kind, printable(w.last.Error.Message)))
	}
	return nil
}

// watchLines are what the screen shows of a status.
func watchLines(s *wire.Status, g *glimpse) []string {
	if s.LastRunID.IsZero() {
		return []string{`No run yet; "filavip generate" starts one.`}
	}
	lines := []string{"run " + s.LastRunID.String(), "", phaseLine(s), ""}
	lines = append(lines,
		laneLine("stored", s.Generated, s.Target),
		laneLine("VIP", s.Counts.VIP, laneTotal(s, order.VIP)),
		laneLine("NORMAL", s.Counts.Normal, laneTotal(s, order.Normal)), "")
	state := fmt.Sprintf("%s orders/s now, %s/s overall, %.2f %%%s",
		g.speed, brief(int64(s.Throughput.Overall)), s.ETA.ProgressPercent, g.left)
	switch {
	case s.Paused:
		state = `paused: nothing is handed out until "filavip queue resume"`
	case s.Stalled != "":
		state = "stalled: " + printable(s.Stalled)
	case !s.State.HasActiveGeneration:
		state = fmt.Sprintf("%s orders in %s ms, %s/s%s", grouped(s.Counts.Total), grouped(s.WallClockMs),
			brief(int64(s.Throughput.Overall)), leftOver(s.Counts.Pending, s.Counts.Failed, s.Counts.Removed))
	}
	return append(lines, state)
}

// phaseLine shows the way of a run with the phase it is in.
func phaseLine(s *wire.Status) string {
	var b strings.Builder
	for p := order.Generating; p <= order.Done; p++ {
		if p > order.Generating {
			b.WriteString(" > ")
		}
		name := (&glimpse{phase: p}).stage()
		if p == s.Phase {
			name = "[" + name + "]"
		}
		b.WriteString(name)
	}
	if s.Error != nil {
		fmt.Fprintf(&b, "  [ERROR: %s]", s.Error.Kind)
	}
	return b.String()
}

// laneTotal is how many orders a lane will have come to, as far as is known: a status
// has only the total of what is pending.
func laneTotal(s *wire.Status, lane order.Priority) int64 {
	if lane == order.VIP {
		if s.Phase > order.WaitingVIPDrain {
			return s.Counts.VIP
		}
		return 0
	}
	if s.Phase > order.WaitingVIPDrain {
		return s.Counts.Normal + s.Counts.Pending
	}
	return 0
}

// laneLine shows how far a lane has come; total is 0 while it is not known.
func laneLine(name string, n, total int64) string {
	if total == 0 {
		return fmt.Sprintf("%-8s %15s", name, grouped(n))
	}
	return fmt.Sprintf("%-8s %15s of %-15s %s", name, grouped(n), grouped(total), bar(n, total))
}

// screen draws lines over and over, in the place where they were.
type screen struct {
	line liveLine
	out  io.Writer
	tall int // lines that are drawn
}

func newScreen(c *console) screen { return screen{line: newLiveLine(c), out: c.err} }

func (s *screen) draws() bool { return s.line.draws }

// draw replaces the lines that were drawn before. What is wider than the terminal is
// cut, so that the cursor comes back to the first of them.
func (s *screen) draw(lines []string) {
	var b strings.Builder
	if s.tall > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", s.tall)
	}
	b.WriteString("\r\x1b[?7l")
	for _, line := range lines {
		b.WriteString(line + "\x1b[K\n")
	}
	b.WriteString("\x1b[J\x1b[?7h")
	s.tall = len(lines)
	_, _ = io.WriteString(s.out, b.String()) // a terminal that is gone ends the process otherwise
}

// leave lets what is drawn stand, and goes on below it.
func (s *screen) leave() { s.tall = 0 }
