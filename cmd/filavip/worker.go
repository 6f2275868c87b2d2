package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/app"
	"github.com/filavip/filavip/internal/config"
)

const workerLong = `Process orders that other processes take in, until a signal.

A worker takes orders from the MongoDB and Redis that MONGO_URI and REDIS_URL name.
Any number of them may work there, on as many machines, beside at least one
"filavip serve", which answers clients and coordinates.

On this machine alone it answers /livez, /readyz and /metrics, at port 3002 if
nothing else has that; name another with --port, or 0 for none. "filavip healthcheck
--url http://127.0.0.1:3002" asks there. With FILAVIP_API_KEY set it asks for that key,
as a server does: the probes then say yes or no, and /metrics needs the key. HOST and PORT are the server's and are not
looked at.

The first SIGINT or SIGTERM lets orders in hand finish and gives the others back; a
second one ends the process at once, which loses nothing either. If MongoDB or Redis
cannot be used at the start the exit status is 69; later it waits for them.`

// probePort is where a worker answers if nobody says otherwise.
const probePort = 3002

func newWorker(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "worker",
		Short:   "Process orders that other processes take in",
		Long:    workerLong,
		Example: "  filavip worker\n  filavip worker --workers 50 --port 3003",
		Args:    c.noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return work(c, cmd) },
	}
	cmd.Flags().String("host", "127.0.0.1", "address of the probes; other than loopback needs a key, or --insecure-open")
	cmd.Flags().String("port", strconv.Itoa(probePort), "port of the probes; 0 for none")
	bindSettings(cmd, config.Access, config.Distributed)
	bindOnly(cmd, "FILAVIP_INSECURE_OPEN", "FILAVIP_ALLOWED_HOSTS", "ORDERS_QUEUE_CONCURRENCY", "LOG_LEVEL", "PROMETHEUS_METRICS")
	return cmd
}

func work(c *console, cmd *cobra.Command) error {
	cfg, err := loadSettings(c, cmd)
	if err != nil {
		return err
	}
	if !given(cmd, "host") {
		cfg.Host = "127.0.0.1"
	}
	if !given(cmd, "port") {
		cfg.Port = probePort
	}
	a, err := app.New(cfg, app.Options{Stderr: c.err, Version: readBuild().Version, Role: app.RoleWorker})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = workUntil(ctx, c, a, cfg.Port, given(cmd, "port"))
	stop() // from here on a signal ends the process at once
	stopCtx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	return errors.Join(err, a.Stop(stopCtx))
}

// workUntil opens the port of the probes, if there is to be one, and works until ctx is
// done. A port that nobody has asked for may be another worker's.
func workUntil(ctx context.Context, c *console, a *app.App, port int, asked bool) error {
	if port != 0 {
		err := a.ListenProbes(ctx)
		if refused := (*net.OpError)(nil); errors.As(err, &refused) && !asked {
			fmt.Fprintf(c.err, "filavip: warning: no probes: %v; name another port with --port\n", err)
		} else if err != nil {
			return orElsewhere(err)
		}
	}
	if _, err := a.Start(ctx); err != nil {
		return err
	}
	fmt.Fprintf(c.err, "Working as %s\n", a.Node())
	if addr := a.Addr(); addr != "" {
		fmt.Fprintf(c.err, "Probes on http://%s/readyz\n", addr)
	}
	return a.Serve(ctx)
}
