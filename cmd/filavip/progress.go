package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/filavip/filavip/internal/app"
	"github.com/filavip/filavip/internal/order"
)

const (
	drawEvery = 100 * time.Millisecond // on a terminal
	lineEvery = 2 * time.Second        // elsewhere
	barWidth  = 30
)

// showProgress shows how the current run gets on until the function it returns is
// called: one line that is drawn over and over on a terminal, plain lines otherwise.
func showProgress(ctx context.Context, c *console, a *app.App, target int64) func() {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	p := progress{c: c, app: a, target: target, draws: c.terminal()}
	go func() {
		defer close(done)
		p.run(ctx)
	}()
	return func() {
		cancel()
		<-done
		if p.draws {
			fmt.Fprint(c.err, "\r\x1b[K")
		}
	}
}

type progress struct {
	c      *console
	app    *app.App
	target int64
	draws  bool

	lastDone int64
	lastAt   time.Time
}

func (p *progress) run(ctx context.Context) {
	every := lineEvery
	if p.draws {
		every = drawEvery
	}
	ticker := time.NewTicker(every)
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
		line := p.line(run, &counts)
		if p.draws {
			fmt.Fprintf(p.c.err, "\r\x1b[K%s", line)
			continue
		}
		fmt.Fprintln(p.c.err, line)
	}
}

// line describes a run in one line.
func (p *progress) line(run *order.Run, c *order.Counts) string {
	done := c.Processed() + c.Dead()
	total := max(p.target, c.Generated())
	now := time.Now()
	var speed string
	if !p.lastAt.IsZero() {
		speed = rate(done-p.lastDone, now.Sub(p.lastAt)) + "/s"
	}
	p.lastDone, p.lastAt = done, now
	return fmt.Sprintf("%-20v %s  stored %s  VIP %s  NORMAL %s  %s",
		run.Phase, bar(c.Generated()+done, 2*total), grouped(c.Generated()),
		grouped(c[order.VIP].Processed+c[order.VIP].Dead), grouped(c[order.Normal].Processed+c[order.Normal].Dead), speed)
}

// bar draws a share of a whole.
func bar(part, whole int64) string {
	share := 0.0
	if whole > 0 {
		share = min(1, float64(part)/float64(whole))
	}
	full := int(share * barWidth)
	return fmt.Sprintf("[%s%s] %3.0f%%", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), share*100)
}
