package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

const (
	concurrency = "25" // of both sides
	readyWithin = time.Minute
	askEvery    = 20 * time.Millisecond
)

// runFleet measures one worker process beside a process that coordinates and serves.
func (b *bench) runFleet(ctx context.Context) (m measured, err error) {
	serve, err := b.start(ctx, "serve", "0")
	if err != nil {
		return m, err
	}
	defer func() { err = serve.end(err) }()
	worker, err := b.start(ctx, "worker", concurrency)
	if err != nil {
		return m, err
	}
	defer func() { err = worker.end(err) }()
	return b.drive(ctx, serve, worker)
}

// runAlone measures one process that does everything.
func (b *bench) runAlone(ctx context.Context) (m measured, err error) {
	serve, err := b.start(ctx, "serve", concurrency)
	if err != nil {
		return m, err
	}
	defer func() { err = serve.end(err) }()
	return b.drive(ctx, serve)
}

// node is a filavip process.
type node struct {
	role  string
	cmd   *exec.Cmd
	heard sync.WaitGroup
	url   chan string   // of the API, once it is known
	done  chan struct{} // closed once it has ended

	mu   sync.Mutex
	said strings.Builder
}

// start starts a process that is configured by its environment alone.
func (b *bench) start(ctx context.Context, role, workers string) (*node, error) {
	dir := filepath.Join(b.scratch, role)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	n := &node{role: role, cmd: exec.CommandContext(ctx, b.filavip, role), url: make(chan string, 1), done: make(chan struct{})}
	n.cmd.Dir = dir
	n.cmd.Env = []string{
		"MONGO_URI=" + b.servers.mongoURI(),
		"REDIS_URL=" + b.servers.redisURL,
		"ORDERS_QUEUE_CONCURRENCY=" + workers,
		"MAX_ORDERS=10000000",
		"PORT=0",
		"BACKEND_LOGS=false",
	}
	out, err := n.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := n.cmd.Start(); err != nil {
		return nil, fmt.Errorf("filavip %s: %w", role, err)
	}
	n.heard.Go(func() {
		defer close(n.done)
		n.hear(out)
		_ = n.cmd.Wait() // end looks at how it ended
	})
	return n, nil
}

func (n *node) hear(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		n.mu.Lock()
		n.said.WriteString(lines.Text() + "\n")
		n.mu.Unlock()
		if url, ok := strings.CutPrefix(lines.Text(), "Serving on "); ok {
			n.url <- url
		}
	}
}

// ended explains that a process ended before it should.
func (n *node) ended() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return fmt.Errorf("filavip %s ended: %s", n.role, strings.TrimSpace(n.said.String()))
}

// end ends the process in order and waits for it. What went wrong before is err.
func (n *node) end(err error) error {
	_ = n.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	n.heard.Wait()
	if err == nil && n.cmd.ProcessState.ExitCode() != 0 {
		return n.ended()
	}
	return err
}

// drive starts a run and waits for its end.
func (b *bench) drive(ctx context.Context, serve *node, others ...*node) (measured, error) {
	var url string
	select {
	case url = <-serve.url:
	case <-serve.done:
		return measured{}, serve.ended()
	case <-time.After(readyWithin):
		return measured{}, fmt.Errorf("filavip serve did not serve within %v", readyWithin)
	}
	api, err := client.New(url, client.Options{})
	if err != nil {
		return measured{}, err
	}
	defer api.CloseIdleConnections()
	all := slices.Concat(others, []*node{serve})
	if err := until(ctx, all, func() (bool, error) { _, err := api.Ready(ctx); return err == nil, nil }); err != nil {
		return measured{}, err
	}
	s, took, err := b.process(ctx, api, all)
	if err != nil {
		return measured{}, err
	}
	return b.read(&s, took)
}

// process has a run stored first and processed then, as the other side does: filavip
// would process VIP orders while it still generates. It returns how long processing took
// as a client sees it: from the call that lets it begin until the run is DONE, when every
// order's document says so.
func (b *bench) process(ctx context.Context, api *client.Client, all []*node) (s wire.Status, took time.Duration, err error) {
	if _, err := api.Pause(ctx); err != nil {
		return s, 0, err
	}
	if _, err := api.Generate(ctx, client.GenerateOptions{Quantity: b.orders}); err != nil {
		return s, 0, err
	}
	reached := func(phase order.Phase) func() (bool, error) {
		return func() (bool, error) {
			s, err = api.Status(ctx)
			return s.Phase >= phase, err
		}
	}
	if err := until(ctx, all, reached(order.WaitingVIPDrain)); err != nil {
		return s, 0, err
	}
	began := time.Now()
	if _, err := api.Resume(ctx); err != nil {
		return s, 0, err
	}
	err = until(ctx, all, reached(order.Done))
	return s, time.Since(began), err
}

// until asks until it hears yes, or a process has ended.
func until(ctx context.Context, nodes []*node, ask func() (bool, error)) error {
	for {
		if yes, err := ask(); yes || err != nil {
			return err
		}
		for _, n := range nodes {
			select {
			case <-n.done:
				return n.ended()
			default:
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(askEvery):
		}
	}
}

// read takes the figures from the status of a run that has ended.
func (b *bench) read(s *wire.Status, took time.Duration) (measured, error) {
	c := s.Counts
	if s.Phase != order.Done || c.Total != b.orders || c.Failed != 0 || c.Removed != 0 || c.Pending != 0 {
		return measured{}, fmt.Errorf("the run ended %v with counts %+v, want DONE with %d processed", s.Phase, c, b.orders)
	}
	vip, normal := s.HighRes.VIPProcessing, s.HighRes.NormalProcessing
	m := measured{
		Orders:     c.Total,
		VIP:        c.VIP,
		Processing: took,
		Whole:      s.HighRes.Total.End.Sub(s.HighRes.Total.Start.Time),
	}
	if normal.Start.Before(vip.End.Time) {
		return m, fmt.Errorf("the first NORMAL order was begun at %v, the last VIP order settled at %v", normal.Start, vip.End)
	}
	return m, nil
}
