package cutter

import (
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// TB is what a proxy needs of a test. [testing.TB] and rapid's T have it.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Direction is the way that bytes go.
type Direction int

// The two directions: what is cut on the way to the server may never have been done,
// what is cut on the way back has been.
const (
	ToServer Direction = iota
	ToClient
)

// Proxy forwards connections to one server. All methods are safe for concurrent use.
type Proxy struct {
	target   string
	listener net.Listener
	work     sync.WaitGroup
	refuse   atomic.Bool
	latency  atomic.Int64 // nanoseconds
	cuts     atomic.Int64

	mu      sync.Mutex // guards what follows
	closed  bool
	links   map[*link]bool
	flow    chan struct{} // closed while bytes may go through
	budgets [2]budget
}

// budget is after how many more bytes of one direction, over all connections, the next
// cut is due.
type budget struct {
	random *rand.Rand // nil: never
	mean   int64
	left   int64
}

func (b *budget) draw() { b.left = 1 + b.random.Int64N(2*b.mean) }

// New returns a proxy to the server at that address. The caller must Close it.
func New(target string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{target: target, listener: l, links: map[*link]bool{}, flow: make(chan struct{})}
	close(p.flow)
	p.work.Go(p.accept)
	return p, nil
}

// Start returns a proxy that is closed at the end of the test.
func Start(t TB, target string) *Proxy {
	t.Helper()
	p, err := New(target)
	if err != nil {
		t.Fatalf("cutter: %v", err)
	}
	t.Cleanup(p.Close)
	return p
}

// Addr returns the address to connect to in place of the server's.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Port returns the port of Addr.
func (p *Proxy) Port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// Cut resets all connections there are and returns how many. What is under way is lost.
func (p *Proxy) Cut() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for l := range p.links {
		if l.cut() {
			n++
		}
	}
	return n
}

// Refuse has new connections reset as soon as they are made, or no longer. Those there
// are stay.
func (p *Proxy) Refuse(on bool) { p.refuse.Store(on) }

// Blackhole lets nothing through in either direction, though connections are accepted
// and stay open, or lets all go on that has been held back.
func (p *Proxy) Blackhole(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.flow:
		if on {
			p.flow = make(chan struct{})
		}
	default:
		if !on {
			close(p.flow)
		}
	}
}

// Strand lets nothing through any more on the connections there are, in either direction
// and for good, though they stay open: as a firewall does that has forgotten them. New ones
// work. It returns how many were stranded.
func (p *Proxy) Strand() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for l := range p.links {
		if !l.stranded.Swap(true) {
			n++
		}
	}
	return n
}

// Latency has every reply arrive that much later; rates stay what they are. It holds for
// what the server sends from now on.
func (p *Proxy) Latency(d time.Duration) { p.latency.Store(int64(d)) }

// CutEvery cuts a connection whenever a number of bytes has gone in that direction over
// all connections together: the one that carried the last of them, behind that byte. The
// numbers are random from 1 to twice the mean, the same for the same seed. A mean of 0
// ends it.
func (p *Proxy) CutEvery(d Direction, mean int64, seed uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.budgets[d] = budget{}
	if mean > 0 {
		p.budgets[d] = budget{random: rand.New(rand.NewPCG(seed, 0)), mean: mean}
		p.budgets[d].draw()
	}
}

// Cuts returns how many connections have been cut, by Cut and by CutEvery.
func (p *Proxy) Cuts() int64 { return p.cuts.Load() }

// Open returns how many connections are open.
func (p *Proxy) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links)
}

// Close closes all connections, and returns once nothing of the proxy is left.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	for l := range p.links {
		l.end()
	}
	p.mu.Unlock()
	_ = p.listener.Close()
	p.work.Wait()
}

func (p *Proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		if p.refuse.Load() {
			reset(conn)
			continue
		}
		p.work.Go(func() { p.connect(conn) })
	}
}

// connect connects a client to the server and forwards until either is gone.
func (p *Proxy) connect(client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		reset(client)
		return
	}
	l := &link{proxy: p, client: client, server: server, done: make(chan struct{})}
	if !p.add(l) {
		l.end()
		return
	}
	l.forward()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

func (p *Proxy) add(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.links[l] = true
	}
	return !p.closed
}

// gate returns a channel that is closed once bytes may go through.
func (p *Proxy) gate() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.flow
}

// spend says how many of n bytes may still go, and whether the connection is to be cut
// behind them.
func (p *Proxy) spend(d Direction, n int64) (may int64, cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := &p.budgets[d]
	if b.random == nil {
		return n, false
	}
	if n < b.left {
		b.left -= n
		return n, false
	}
	may = b.left
	b.draw()
	return may, true
}
