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

// follow shows how a run gets on until it has ended, and returns it.
func follow(ctx context.Context, c *console, api *client.Client, id string) (wire.Run, error) {
	p := follower{line: newLiveLine(c)}
	defer p.line.clear()
	ticker := time.NewTicker(lookEvery)
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

// follower shows the run that it is told of.
type follower struct {
	line  liveLine
	speed speedometer
}

func (p *follower) show(s *wire.Status, now time.Time) {
	g := p.glimpse(s, now)
	p.line.show(g.String(), now)
}

func (p *follower) glimpse(s *wire.Status, now time.Time) glimpse {
	return glimpse{
		phase: s.Phase, target: s.Target, stored: s.Generated, vip: s.Counts.VIP, normal: s.Counts.Normal,
		paused: s.Paused, stalled: s.Stalled, speed: p.speed.at(s.Counts.Total, now), left: timeLeft(s),
	}
}
