package main

import (
	"context"
	"fmt"
	"time"

	"github.com/filavip/filavip/internal/app"
	"github.com/filavip/filavip/internal/order"
)

// lookEvery is the time between two looks at a run whose way is shown.
const lookEvery = 100 * time.Millisecond

// warnPaused says that a run will wait, and who can change that: while it waits, this
// process has the data directory to itself.
func warnPaused(ctx context.Context, c *console, a *app.App) error {
	paused, _, err := a.Held(ctx)
	if paused {
		fmt.Fprintf(c.err, "The queue in %s is paused, so this run waits. To lift the pause, stop this command; then \"filavip serve --data %s\" "+
			"and \"filavip queue resume\" let the run go on.\n", a.Data(), a.Data())
	}
	return err
}

// showProgress shows how the current run gets on until the function it returns is called.
func showProgress(ctx context.Context, c *console, a *app.App, target int64) func() {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	p := progress{app: a, target: target, line: newLiveLine(c)}
	go func() {
		defer close(done)
		p.run(ctx)
	}()
	return func() {
		cancel()
		<-done
		p.line.clear()
	}
}

type progress struct {
	app    *app.App
	target int64
	line   liveLine
	speed  speedometer
}

func (p *progress) run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		run, counts, err := p.app.Current(ctx)
		if err != nil || run == nil {
			continue
		}
		now := time.Now()
		g := p.glimpse(run, &counts, now)
		if g.paused, g.stalled, err = p.app.Held(ctx); err != nil {
			continue
		}
		p.line.show(g.String(), now)
	}
}

func (p *progress) glimpse(run *order.Run, c *order.Counts, now time.Time) glimpse {
	done := func(lane order.Priority) int64 { return c[lane].Processed + c[lane].Dead }
	g := glimpse{
		phase: run.Phase, target: max(p.target, c.Generated()), stored: c.Generated(),
		vip: done(order.VIP), normal: done(order.Normal),
	}
	g.speed = p.speed.at(g.vip+g.normal, now)
	return g
}
