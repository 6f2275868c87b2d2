package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/wire"
)

const workersLong = `List the processes that work on the server's orders, with their workers.

Any server lists all of them. One that has gone silent is listed for a while: its
orders go to others. "filavip queue workers" shows what each worker of the server
itself does.`

func newWorkers(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "workers",
		Short:   "List the processes that work on the orders",
		Long:    workersLong,
		Example: "  filavip workers\n  filavip workers -o ndjson",
		Args:    c.noArgs,
	}
	r := newRemote(c, cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return r.call(cmd, func(ctx context.Context, api *client.Client) error {
			members, err := api.Fleet(ctx)
			if err != nil {
				return err
			}
			return list(c, r.output, members, members, func(w io.Writer) error { return printMembers(w, members) })
		})
	}
	return cmd
}

func printMembers(w io.Writer, members []wire.Member) error {
	t := newTable("node", "role", "state", ">workers", ">in hand", "host", ">pid", "version", "address", "seen")
	workers, alive := 0, 0
	for i := range members {
		m := &members[i]
		state := "silent"
		switch {
		case m.Alive && m.Coordinator:
			state = "coordinates"
		case m.Alive:
			state = "works"
		}
		if m.Alive {
			workers += m.Workers
			alive++
		}
		t.add(printable(m.Node), printable(m.Role), state, grouped(int64(m.Workers)), grouped(int64(m.InHand)),
			printable(m.Host), strconv.Itoa(m.PID), printable(m.Version), orDash(printable(m.Addr)), moment(m.SeenAt.Time))
	}
	if err := t.print(w); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s in %s\n", counted(int64(workers), "worker"), countedProcesses(alive))
	return err
}

func countedProcesses(n int) string {
	if n == 1 {
		return "1 process"
	}
	return grouped(int64(n)) + " processes"
}
