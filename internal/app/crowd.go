package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/filavip/filavip/internal/realtime/socketio"
	"github.com/filavip/filavip/internal/wire"
)

// Watched is what clients saw that were connected all along a run.
type Watched struct {
	Clients int    `json:"clients"`
	Deaf    int    `json:"deaf"`   // of them, those that never read
	Events  int64  `json:"events"` // that the others got
	Bytes   int64  `json:"bytes"`
	Phases  int    `json:"phases"`  // phase changes that each should have seen
	Lost    int64  `json:"lost"`    // phase changes that some did not, over all
	Dropped int    `json:"dropped"` // clients that read and were cut off all the same
	Cut     uint64 `json:"cut"`     // clients that the server cut off because they were too slow
	// CutAfter is how long after the run the last of those that never read was cut; zero
	// if it was not waited for.
	CutAfter time.Duration `json:"cutAfter"`
}

// runPhases is how many phase changes a run makes that ends well.
const runPhases = 6

// Crowd is many clients of the live view of another process. One in ten never reads.
type Crowd struct {
	base    string
	readers []*socketio.Peer
	deaf    []*socketio.Peer

	all           sync.WaitGroup
	events, bytes atomic.Int64
	phases        []atomic.Int32 // that each reader saw
	gone          []atomic.Bool
}

// deafBuffer is the receive buffer of a client that never reads: small, so that the
// server notices within what one run sends.
const deafBuffer = 4 << 10

// dialers is how many clients connect at a time.
const dialers = 32

// Gather connects so many clients to the live view at addr.
func Gather(ctx context.Context, addr string, clients int) (*Crowd, error) {
	deaf := clients / 10
	c := &Crowd{
		base: "http://" + addr, deaf: make([]*socketio.Peer, deaf), readers: make([]*socketio.Peer, clients-deaf),
		phases: make([]atomic.Int32, clients-deaf), gone: make([]atomic.Bool, clients-deaf),
	}
	places := make(chan struct{}, dialers)
	errs := make([]error, clients)
	var dialling sync.WaitGroup
	for i := range clients {
		dialling.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			if i < deaf {
				c.deaf[i], errs[i] = socketio.Dial(ctx, c.base, socketio.DialOptions{ReadBuffer: deafBuffer})
			} else {
				c.readers[i-deaf], errs[i] = c.listener(ctx)
			}
		})
	}
	dialling.Wait()
	if err := errors.Join(errs...); err != nil {
		c.close()
		return nil, fmt.Errorf("connect %d clients: %w", clients, err)
	}
	for i, p := range c.readers {
		c.all.Go(func() { c.read(ctx, i, p) })
	}
	return c, nil
}

// listener connects a client and waits until it has the status: what happens from then
// on it must be told of.
func (c *Crowd) listener(ctx context.Context) (*socketio.Peer, error) {
	p, err := socketio.Dial(ctx, c.base, socketio.DialOptions{})
	for name := ""; err == nil && name != wire.EventStatus; c.events.Add(1) {
		name, _, err = p.Next(ctx)
	}
	return p, err
}

// read counts what a client gets until its connection ends.
func (c *Crowd) read(ctx context.Context, i int, p *socketio.Peer) {
	for {
		name, array, err := p.Next(ctx)
		if err != nil {
			c.gone[i].Store(true)
			return
		}
		c.events.Add(1)
		c.bytes.Add(int64(len(array)))
		if name == wire.EventPhase {
			c.phases[i].Add(1)
		}
	}
}

// Disperse ends the crowd and returns what it saw. Before that it waits a moment for the
// last phase change to arrive everywhere and, for as long as await says, for those that
// never read to be cut off.
func (c *Crowd) Disperse(ctx context.Context, await time.Duration) (Watched, error) {
	w := Watched{Clients: len(c.readers) + len(c.deaf), Deaf: len(c.deaf), Phases: runPhases}
	began := time.Now()
	c.until(ctx, 10*time.Second, func() bool { return c.lost() == 0 })
	w.Lost, w.Events, w.Bytes = c.lost(), c.events.Load(), c.bytes.Load()
	for i := range c.gone {
		if c.gone[i].Load() {
			w.Dropped++
		}
	}
	var err error
	c.until(ctx, await, func() bool {
		w.Cut, err = c.stalled(ctx)
		return err != nil || w.Cut >= uint64(len(c.deaf))
	})
	if await > 0 {
		w.CutAfter = time.Since(began)
	}
	if await == 0 {
		w.Cut, err = c.stalled(ctx)
	}
	c.close()
	return w, err
}

// lost is how many phase changes of a whole run some client has not seen.
func (c *Crowd) lost() int64 {
	var lost int64
	for i := range c.phases {
		lost += int64(max(0, runPhases-int(c.phases[i].Load())))
	}
	return lost
}

// until returns when the condition holds, or when the time is over.
func (c *Crowd) until(ctx context.Context, within time.Duration, holds func() bool) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for ctx.Err() == nil && !holds() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// stalled asks the server how many clients it has cut off.
func (c *Crowd) stalled(ctx context.Context) (uint64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	const name = "\nfilavip_realtime_stalled_total "
	_, rest, found := bytes.Cut(body, []byte(name))
	if !found {
		return 0, errors.New("the server's metrics lack filavip_realtime_stalled_total")
	}
	var n float64
	_, err = fmt.Sscan(string(rest), &n)
	return uint64(n), err
}

func (c *Crowd) close() {
	for _, p := range append(c.readers, c.deaf...) {
		if p != nil {
			_ = p.Close() // the server may have closed it
		}
	}
	c.all.Wait()
}
