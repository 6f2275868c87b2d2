package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/client"
)

const resetLong = `Stop every run and delete everything: orders, runs, dead letters, counts.

It cannot be undone, so it asks first. Where nobody can be asked, because standard
input is not a terminal, --yes is required.`

func newReset(c *console) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:     "reset",
		Short:   "Delete every order and every run",
		Long:    resetLong,
		Example: "  filavip reset\n  filavip reset --yes",
		Args:    c.noArgs,
	}
	r := newRemote(c, cmd)
	r.addKey(cmd)
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	r.before = func(at string) error {
		return c.confirm(yes, "Delete every order and every run at "+at+"?")
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return r.call(cmd, func(ctx context.Context, api *client.Client) error {
			wiped, err := api.Reset(ctx)
			if err != nil {
				return err
			}
			r.say(wiped.Message)
			return r.show(wiped, func(w io.Writer) error {
				return facts("orders deleted", grouped(wiped.DeletedOrders), "of them pending", grouped(wiped.QueueCleared),
					"runs deleted", grouped(wiped.DeletedRuns)).print(w)
			})
		})
	}
	return cmd
}

// confirm asks a person, unless yes says that nobody is to be asked.
func (c *console) confirm(yes bool, question string) error {
	if yes {
		return nil
	}
	if err := c.mayAsk(); err != nil {
		return err
	}
	return ask(c.in, c.err, question)
}

// mayAsk returns why nobody can be asked, nil if somebody can.
func (c *console) mayAsk() error {
	if in, ok := c.in.(*os.File); !ok || !isTerminal(in) {
		return withStatus(exitUsage, errors.New("nobody to ask, as standard input is not a terminal; give --yes to go ahead"))
	}
	return nil
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// ask returns nil if the answer is yes.
func ask(in io.Reader, out io.Writer, question string) error {
	fmt.Fprintf(out, "%s [y/N] ", question)
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err != nil {
		fmt.Fprintln(out)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes", "s", "sim":
		return nil
	}
	return withStatus(exitUsage, errors.New("nothing was done; answer y, or give --yes"))
}
