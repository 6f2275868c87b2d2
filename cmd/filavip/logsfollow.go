package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/wire"
)

// tail shows the latest lines, and then each new one until ctx ends. A line that is
// written between the two may be shown twice, none is left out.
func (f *logsFlags) tail(ctx context.Context, r *remote, api *client.Client, n int) error {
	started := false
	opts := client.StreamOptions{Events: []string{wire.EventConnected, wire.EventLog}, Level: f.level, Lost: func(err error) error {
		r.say(err.Error() + "; trying again")
		return nil
	}}
	if f.level == "all" {
		opts.Level = ""
	}
	err := api.Stream(ctx, opts, func(e client.Event) error {
		if e.Name != wire.EventConnected {
			return f.follows(r, e.Data)
		}
		if started || r.output != outputTable {
			return nil
		}
		started = true
		logs, err := api.Logs(ctx, n)
		if err != nil {
			return err
		}
		return f.print(r.c.out, &logs.Logs, n)
	})
	if errors.Is(err, context.Canceled) {
		return nil // that is how following ends
	}
	return err
}

// follows shows one line as it came.
func (f *logsFlags) follows(r *remote, data json.RawMessage) error {
	if r.output != outputTable {
		_, err := fmt.Fprintln(r.c.out, string(data))
		return err
	}
	var l wire.LogLine
	if err := json.Unmarshal(data, &l); err != nil {
		return fmt.Errorf("a log line is not understood: %w", err)
	}
	if l.Missed > 0 {
		r.say(fmt.Sprintf("(%d lines were written too fast to be shown)", l.Missed))
	}
	_, err := fmt.Fprintln(r.c.out, printable(logText(&l)))
	return err
}

// logText writes a line as the log files have it.
func logText(l *wire.LogLine) string {
	level := strings.ToUpper(l.Level)
	if l.Level == "log" {
		level = "INFO"
	}
	text := fmt.Sprintf("[%s] [%s] [%s] %s", time.UnixMilli(l.Timestamp).UTC().Format("2006-01-02T15:04:05.000Z"), level, l.Category, l.Message)
	if l.Data != "" {
		text += " " + l.Data
	}
	return text
}
