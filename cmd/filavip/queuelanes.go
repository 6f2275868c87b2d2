package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/wire"
)

const lanesLong = `Count the orders of both lanes in each state, and the blocks they travel in.

While any VIP order is unsettled the gate is shut, and no NORMAL one starts.`

// lanes is what "queue lanes" prints, named as in the diagnostics it is taken from.
type lanes struct {
	Gate    string     `json:"gate"`
	Lanes   wire.Lanes `json:"lanes"`
	Stalled string     `json:"stalled,omitempty"`
}

func newQueueLanes(c *console) *cobra.Command {
	return newDiagnosis(c, "lanes", "Show both lanes and the gate between them", lanesLong, func(r *remote, d *wire.Diagnostics) error {
		shown := lanes{Gate: d.Gate, Lanes: d.Lanes, Stalled: d.Stalled}
		return r.show(shown, func(w io.Writer) error { return printLanes(w, &shown) })
	})
}

func newQueueWorkers(c *console) *cobra.Command {
	return newDiagnosis(c, "workers", "Show what each worker does", "", func(r *remote, d *wire.Diagnostics) error {
		return list(c, r.output, d.WorkerList, d.WorkerList, func(w io.Writer) error { return printWorkers(w, d.WorkerList) })
	})
}

// newDiagnosis is a command that shows a part of the diagnostics.
func newDiagnosis(c *console, use, short, long string, draw func(*remote, *wire.Diagnostics) error) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long, Args: c.noArgs,
		Example: "  filavip queue " + use + "\n  filavip queue " + use + " -o json",
	}
	r := newRemote(c, cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return r.call(cmd, func(ctx context.Context, api *client.Client) error {
			d, err := api.Diagnostics(ctx)
			if err != nil {
				return err
			}
			return draw(r, &d)
		})
	}
	return cmd
}

func printLanes(w io.Writer, l *lanes) error {
	vip, normal := &l.Lanes.VIP, &l.Lanes.Normal
	t := newTable("", ">VIP", ">NORMAL")
	add := func(name string, vip, normal int64) { t.add(name, grouped(vip), grouped(normal)) }
	add("waiting", vip.Waiting, normal.Waiting)
	add("active", vip.Active, normal.Active)
	add("delayed", vip.Delayed, normal.Delayed)
	add("completed", vip.Completed, normal.Completed)
	add("failed", vip.Failed, normal.Failed)
	add("removed", vip.Removed, normal.Removed)
	add("blocks ready", vip.Blocks.Ready, normal.Blocks.Ready)
	add("blocks claimed", vip.Blocks.Claimed, normal.Blocks.Claimed)
	add("blocks delayed", vip.Blocks.Delayed, normal.Blocks.Delayed)
	if err := t.print(w); err != nil {
		return err
	}
	meaning := "a VIP order is unsettled, so no NORMAL one starts"
	if l.Gate == wire.GateOpen {
		meaning = "NORMAL orders may start"
	}
	_, err := fmt.Fprintf(w, "\ngate %s: %s\n", printable(l.Gate), meaning)
	if l.Stalled != "" {
		_, err = fmt.Fprintf(w, "stalled: %s\n", printable(l.Stalled))
	}
	return err
}

func printWorkers(w io.Writer, workers []wire.Worker) error {
	if len(workers) == 0 {
		_, err := fmt.Fprintln(w, "No workers.")
		return err
	}
	t := newTable("worker", "state", "since", "lane", ">orders left", "run", "order")
	for i := range workers {
		one := &workers[i]
		var lane, run, order string
		if one.Lane != nil {
			lane = *one.Lane
		}
		if one.RunID != nil {
			run = one.RunID.String()
		}
		if one.OrderID != nil {
			order = *one.OrderID
		}
		t.add(printable(one.ID), printable(one.State), moment(one.Since.Time), orDash(printable(lane)), grouped(int64(one.Orders)), orDash(run), orDash(printable(order)))
	}
	return t.print(w)
}
