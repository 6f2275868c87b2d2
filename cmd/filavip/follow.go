package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/wire"
)

// askEvery is the time between two looks at a run that is waited for.
const askEvery = 100 * time.Millisecond

// follow shows how a run gets on until it has ended, and returns it: in one line that is
// drawn over and over on a terminal, in plain lines otherwise.
func follow(ctx context.Context, c *console, api *client.Client, id string) (wire.Run, error) {
	p := follower{c: c, draws: c.terminal(), shown: time.Now()}
	if p.draws {
		defer fmt.Fprint(c.err, "\r\x1b[K")
	}
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for {
		s, err := api.Status(ctx)
		if err != nil {
			return wire.Run{}, lost(id, err)
		}
		if s.LastRunID.String() != id || !s.State.HasActiveGeneration {
			if run, err := api.Run(ctx, id); err != nil || run.Phase.Ended() {
				return run, lost(id, err)
			}
		}
		p.show(&s, time.Now())
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return wire.Run{}, fmt.Errorf("run %s goes on in phase %v: %w", id, s.Phase, ctx.Err())
		}
	}
}

// lost explains why a run cannot be followed any more.
func lost(id string, err error) error {
	var refused *client.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && refused.Status == http.StatusNotFound:
		return withStatus(exitRunFailed, fmt.Errorf("run %s was deleted by a reset", id))
	case errors.Is(err, client.ErrUnreachable):
		return fmt.Errorf("run %s goes on once its server is back: %w", id, err)
	}
	return err
}

// speedOver is the time that the speed is taken over. Slow work is settled a few times a
// second, so less would make it jump.
const speedOver = 2 * time.Second

// follower shows the run that it is told of.
type follower struct {
	c     *console
	draws bool
	shown time.Time // when a plain line was last written
	seen  []sighting
}

// sighting is how many orders were done at a time.
type sighting struct {
	at   time.Time
	done int64
}

func (p *follower) show(s *wire.Status, now time.Time) {
	line := p.line(s, now)
	if p.draws {
		fmt.Fprintf(p.c.err, "\r\x1b[K%s", line)
		return
	}
	if now.Sub(p.shown) >= lineEvery {
		p.shown = now
		fmt.Fprintln(p.c.err, line)
	}
}

// line describes a run in one line.
func (p *follower) line(s *wire.Status, now time.Time) string {
	line := fmt.Sprintf("%-20v %s  stored %s  VIP %s  NORMAL %s", s.Phase, bar(s.Generated+s.Counts.Total, 2*max(s.Target, s.Generated)),
		grouped(s.Generated), grouped(s.Counts.VIP), grouped(s.Counts.Normal))
	speed := p.speed(s.Counts.Total, now)
	switch {
	case s.Paused:
		return line + "  paused"
	case s.Stalled != "":
		return line + "  stalled: " + printable(s.Stalled)
	}
	return line + "  " + speed + "/s" + timeLeft(s)
}

// speed returns orders per second over the last moments.
func (p *follower) speed(done int64, now time.Time) string {
	p.seen = append(p.seen, sighting{now, done})
	for len(p.seen) > 1 && now.Sub(p.seen[1].at) >= speedOver {
		p.seen = p.seen[1:]
	}
	return rate(done-p.seen[0].done, now.Sub(p.seen[0].at))
}
