package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/client"
)

// healthWithin is how long a server may take to say that it is ready.
const healthWithin = 5 * time.Second

const healthLong = `Ask whether the server is ready: exit status 0 if it is.

It is made for container images, which have nothing else to ask with:

  HEALTHCHECK CMD ["/filavip", "healthcheck"]`

func newHealthcheck(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask whether a server is ready, for containers",
		Long:  healthLong,
		Args:  c.noArgs,
	}
	r := &remote{c: c, output: "table", perCall: noLimit}
	r.addReach(cmd, healthWithin)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return r.call(cmd, func(ctx context.Context, api *client.Client) error {
			report, err := api.Ready(ctx)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(c.out, report)
			return err
		})
	}
	return cmd
}
