package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

func newStatus(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "Show how the current or latest run gets on",
		Example: "  filavip status\n  filavip status -o json --url http://queue.example:3000",
		Args:    c.noArgs,
	}
	r := newRemote(c, cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return r.call(cmd, func(ctx context.Context, api *client.Client) error {
			s, err := api.Status(ctx)
			if err != nil {
				return err
			}
			return r.show(s, func(w io.Writer) error { return printStatus(w, &s) })
		})
	}
	return cmd
}

// printStatus writes a status as a table.
func printStatus(w io.Writer, s *wire.Status) error {
	if s.LastRunID.IsZero() {
		_, err := fmt.Fprintln(w, `No run yet; "filavip generate" starts one.`)
		return err
	}
	fmt.Fprintf(w, "Run %s  %v  %.2f %%%s\n\n", s.LastRunID, s.Phase, s.ETA.ProgressPercent, timeLeft(s))
	if err := printStages(w, statusStages(s)); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nVIP %s + NORMAL %s = %s of %s orders", grouped(s.Counts.VIP), grouped(s.Counts.Normal), grouped(s.Counts.Total), grouped(s.Target))
	_, err := fmt.Fprintln(w, leftOver(s.Counts.Pending, s.Counts.Failed, s.Counts.Removed))
	printVIPFirst(w, s.Processing.VIP.End, s.Processing.Normal.Start)
	if s.Error != nil {
		_, err = fmt.Fprintf(w, "ended: %s: %s\n", s.Error.Kind, printable(s.Error.Message))
	}
	if s.Paused {
		_, err = fmt.Fprintln(w, `paused: nothing is handed out until "filavip queue resume"`)
	}
	if s.Stalled != "" {
		_, err = fmt.Fprintln(w, "stalled:", printable(s.Stalled))
	}
	return err
}

// printVIPFirst says how the lanes followed each other, once that is known.
func printVIPFirst(w io.Writer, vipEnd, normalStart wire.Instant) {
	lanes := order.Counts{order.VIP: {Last: vipEnd.Time}, order.Normal: {First: normalStart.Time}}
	if verdict := vipFirst(lanes); verdict != "" {
		fmt.Fprintln(w, verdict)
	}
}

// timeLeft says how long it will take, if that is known and not over.
func timeLeft(s *wire.Status) string {
	if s.ETA.EstimatedMs == nil || !s.State.HasActiveGeneration {
		return ""
	}
	left := time.Duration(*s.ETA.EstimatedMs) * time.Millisecond
	text := left.Round(time.Second).String()
	switch {
	case left < 10*time.Second:
		text = left.Round(100 * time.Millisecond).String()
	case left >= time.Hour:
		text = strings.TrimSuffix(left.Round(time.Minute).String(), "0s")
	}
	return "  " + text + " left"
}

// leftOver says what became of orders that were not processed.
func leftOver(pending, failed, removed int64) string {
	var text strings.Builder
	for _, part := range []struct {
		n    int64
		what string
	}{{failed, "of them dead letters"}, {pending, "pending"}, {removed, "removed"}} {
		if part.n > 0 {
			fmt.Fprintf(&text, ", %s %s", grouped(part.n), part.what)
		}
	}
	return text.String()
}

func statusStages(s *wire.Status) []stage {
	span := func(name string, n int64, of wire.Span, ms int64) stage {
		took := time.Duration(of.Duration * float64(time.Millisecond))
		if ms > 0 {
			took = time.Duration(ms) * time.Millisecond
		}
		return stage{name, n, of.Start.Time, of.End.Time, took}
	}
	h := &s.HighRes
	stages := []stage{
		span("generation", s.Generated, h.Generation, s.GenerationTimeMs),
		span("enqueue VIP", unknown, h.EnqueueVIP, s.EnqueueVIPTimeMs),
		span("VIP", s.Counts.VIP, h.VIPProcessing, 0),
		span("enqueue NORMAL", unknown, h.EnqueueNormal, s.EnqueueNormalTimeMs),
		span("NORMAL", s.Counts.Normal, h.NormalProcessing, 0),
	}
	if !s.State.HasActiveGeneration { // before, it would add up only the windows that have closed
		took := time.Duration(s.TotalTimeMs) * time.Millisecond
		stages = append(stages, stage{"total", s.Counts.Total, time.Time{}, time.Time{}, took})
	}
	return append(stages, span("wall clock", s.Counts.Total, h.Total, 0))
}

// unknown is the count of a stage whose orders were not counted.
const unknown = -1

// printStages writes the stages of a run as a table.
func printStages(w io.Writer, stages []stage) error {
	t := newTable(">stage", ">orders", ">start", ">end", ">ms", ">orders/s")
	for _, st := range stages {
		count, speed := grouped(st.count), rate(st.count, st.took)
		if st.count == unknown {
			count, speed = "-", "-"
		}
		t.add(st.name, count, instant(st.start), instant(st.end), millis(st.took), speed)
	}
	return t.print(w)
}
