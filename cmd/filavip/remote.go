package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/config"
)

const (
	// callWithin is how long a command waits for the server unless told otherwise.
	callWithin = 30 * time.Second
	// noLimit stands for the time limit of a call that has none.
	noLimit = 24 * time.Hour
)

// remote is what all commands have in common that talk to a server.
type remote struct {
	c       *console
	output  string
	timeout time.Duration // of the whole command; 0: none
	perCall time.Duration // of one call, if the command has none
	key     string        // idempotency key

	// before is asked before anything is sent to the server at that URL; may be nil.
	before func(at string) error
}

// newRemote gives a command the flags to reach a server and to choose its output.
func newRemote(c *console, cmd *cobra.Command) *remote {
	r := &remote{c: c, perCall: noLimit}
	addOutput(cmd, &r.output)
	r.addReach(cmd, callWithin)
	return r
}

// addReach adds the flags that say where the server is and how long to wait for it.
func (r *remote) addReach(cmd *cobra.Command, within time.Duration) {
	cmd.Flags().DurationVar(&r.timeout, "timeout", within, "longest time to wait for the server; 0 for no limit")
	bindSettings(cmd, config.Client, config.Access)
}

// addKey adds the flag that makes a command repeatable.
func (r *remote) addKey(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.key, "idempotency-key", "", "text that names this call: given again, it has its effect once")
}

// call lets do talk to the server. A signal or the end of the time ends its context.
func (r *remote) call(cmd *cobra.Command, do func(context.Context, *client.Client) error) error {
	if err := r.check(); err != nil {
		return err
	}
	cfg, err := loadSettings(r.c, cmd)
	if err != nil {
		return err
	}
	limit := cmp.Or(r.timeout, noLimit)
	api, err := client.New(cfg.URL, client.Options{
		Language: languageOf(os.Getenv), Timeout: min(limit, r.perCall), APIKey: cfg.APIKey.Reveal(),
	})
	if err != nil {
		return withStatus(exitUsage, err)
	}
	defer api.CloseIdleConnections()
	if r.before != nil {
		if err := r.before(api.URL()); err != nil {
			return err
		}
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if r.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.timeout)
		defer cancel()
	}
	return advise(do(ctx, api.WithKey(r.key)), api.URL())
}

// streamed says how a stream ended that goes on until a signal or the end of the time.
func (r *remote) streamed(err error) error {
	switch {
	case errors.Is(err, client.ErrUnreachable):
		return err
	case errors.Is(err, context.Canceled):
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return withStatus(exitTimeout, fmt.Errorf("the %v of --timeout are over", r.timeout))
	}
	return err
}

func (r *remote) check() error {
	if r.timeout < 0 {
		return withStatus(exitUsage, fmt.Errorf("--timeout: %v; allowed: 0 or more, such as 30s", r.timeout))
	}
	return checkOutput(r.output)
}

// advise adds to an error what to do about it.
func advise(err error, at string) error {
	var refused *client.Error
	switch {
	case errors.Is(err, client.ErrUnreachable):
		return fmt.Errorf("%w\nstart one with \"filavip serve\", or name another than %s with --url or FILAVIP_URL", err, at)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w\nallow more time with --timeout", err)
	case errors.As(err, &refused) && refused.Denied():
		return fmt.Errorf("%w\nset FILAVIP_API_KEY to the key of %s, or name a file that holds it with FILAVIP_API_KEY_FILE or --api-key-file", err, at)
	case errors.As(err, &refused) && refused.RetryAfter > 0:
		return fmt.Errorf("%w\nask again in %v", err, refused.RetryAfter)
	}
	return err
}

// show writes data to standard output: as JSON, or as the table that draw writes.
func (r *remote) show(data any, draw func(io.Writer) error) error {
	return show(r.c, r.output, data, draw)
}

// say writes the server's message to standard error.
func (r *remote) say(message string) {
	if message != "" {
		fmt.Fprintln(r.c.err, printable(message))
	}
}

// wholeNumber reads the value of a flag that is a plain decimal number of at most ten
// digits within bounds.
func wholeNumber(flag, text string, low, high int64) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || len(text) > 10 || text[0] == '+' || text[0] == '-' || n < low || n > high {
		return 0, withStatus(exitUsage, fmt.Errorf("--%s: %q; allowed: a whole number from %d to %d", flag, text, low, high))
	}
	return n, nil
}

// languageOf returns the language to ask for, from the environment: Portuguese if that
// is the user's, else whatever the server speaks.
func languageOf(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		locale := getenv(name)
		if locale == "" {
			continue
		}
		language, _, _ := strings.Cut(locale, ".")
		switch language, region, _ := strings.Cut(language, "_"); {
		case language != "pt":
			return ""
		case len(region) == 2:
			return "pt-" + region
		}
		return "pt"
	}
	return ""
}
