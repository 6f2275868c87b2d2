package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/wire"
)

// tail shows the latest lines, and then each new one until ctx ends. A line that is
// written between the two may be shown twice, none is left out. A server that was started
// again knows nothing of the lines that were shown, so its latest are shown in turn.
func (f *logsFlags) tail(ctx context.Context, r *remote, api *client.Client, n int) error {
	var server string // the one that the latest lines were asked of
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
		begun, _, _ := strings.Cut(e.ID, "-") // of an event's ID, what each start of a server has for itself
		if begun == server || r.output != outputTable {
			return nil
		}
		server = begun
		logs, err := api.Logs(ctx, n)
		if err != nil {
			return err
		}
		latest := f.least(&logs.Logs)
		return printLines(r.c.out, latest[max(0, len(latest)-n):])
	})
	return r.streamed(err)
}

// least returns the lines of at least the level that is followed.
func (f *logsFlags) least(l *wire.LogLines) []string {
	switch f.level {
	case "error":
		return l.ErrorMessages
	case "warn":
		return interleave(l.WarnMessages, l.ErrorMessages)
	}
	return interleave(l.LogMessages, l.WarnMessages, l.ErrorMessages)
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
