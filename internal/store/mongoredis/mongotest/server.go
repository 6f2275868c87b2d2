package mongotest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Options say what kind of server the double plays. The zero value is a standalone MongoDB
// 7.0 on a free port of 127.0.0.1 that asks for no password.
type Options struct {
	Addr       string // to listen on; 127.0.0.1:0 if empty
	ReplicaSet string // name of the set it is the primary of; empty for a standalone server
	Version    string // such as 4.4.29, which decides the protocol's version too; 7.0.14 if empty

	// User and Password must be given by clients, by SCRAM-SHA-256, unless both are empty.
	User, Password string

	Denied  []string         // commands that the user may not run: code 13
	Latency time.Duration    // waited before each command but those of the handshake
	Now     func() time.Time // the server's clock; time.Now if nil
}

// Server is a running double. All its methods are safe for concurrent use.
type Server struct {
	opts       Options
	wire       int32 // maxWireVersion
	started    time.Time
	commands   map[string]command
	secret     *credentials // nil if none are asked for
	catalog    catalog
	sessions   sessions
	cursors    cursors
	faults     faults
	tally      tally
	nextConn   atomic.Int32
	nextID     atomic.Uint32
	operations atomic.Uint32                 // of a replica set, whose answers tell of a time
	stepped    atomic.Bool                   // down from primary
	ice        atomic.Pointer[chan struct{}] // closed at the end of a Freeze; nil if there is none

	mu       sync.Mutex // guards the three below
	listener net.Listener
	addr     string
	conns    map[*conn]struct{}
	running  sync.WaitGroup
}

// TB is the part of testing.TB that Start needs.
type TB interface {
	Helper()
	Fatal(args ...any)
	Cleanup(f func())
}

// Start is New for tests: it ends the test if the server cannot be started, and closes it
// with the test.
func Start(tb TB, o Options) *Server {
	tb.Helper()
	s, err := New(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	return s
}

// New starts a server, which the caller closes.
func New(o Options) (*Server, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Version == "" {
		o.Version = "7.0.14"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	wire, err := wireVersion(o.Version)
	if err != nil {
		return nil, err
	}
	s := &Server{opts: o, wire: wire, started: o.Now(), commands: commands(), addr: o.Addr, conns: map[*conn]struct{}{}}
	if o.User != "" || o.Password != "" {
		if s.secret, err = newCredentials(o.User, o.Password); err != nil {
			return nil, err
		}
	}
	return s, s.Restart()
}

// Addr returns host and port, which stay the same for the server's life.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// URI returns the connection string of a database, with the server's user if it has one.
func (s *Server) URI(db string) string {
	u := url.URL{Scheme: "mongodb", Host: s.Addr(), Path: "/" + db}
	q := url.Values{}
	if s.opts.ReplicaSet != "" {
		q.Set("replicaSet", s.opts.ReplicaSet)
	}
	if s.secret != nil {
		u.User = url.UserPassword(s.opts.User, s.opts.Password)
		q.Set("authSource", "admin")
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// Stop closes the listener and cuts every connection. What a client had sent and the server
// had begun is executed to its end. The collections stay; a second Stop does nothing.
func (s *Server) Stop() {
	s.mu.Lock()
	if s.listener != nil {
		_ = s.listener.Close() // it listens no more, whatever it says
		s.listener = nil
	}
	s.cutAll()
	s.mu.Unlock()
	s.running.Wait()
}

// Cut cuts every connection; new ones are taken at once.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cutAll()
}

// cutAll cuts the connections there are. mu held.
func (s *Server) cutAll() {
	for c := range s.conns {
		c.cut()
	}
}

// Restart listens again after a Stop, on the same port.
func (s *Server) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		return errors.New("start the double: it runs already")
	}
	listener, err := s.listen()
	if err != nil {
		return fmt.Errorf("start the double: %w", err)
	}
	s.listener, s.addr = listener, listener.Addr().String()
	s.running.Go(func() { s.accept(listener) })
	return nil
}

// listen listens at the server's address. While the server was down, a connection that
// somebody opens may have been given the port for its own end: such ones pass, and so it
// tries again for a while.
func (s *Server) listen() (net.Listener, error) {
	const tries = 500
	for i := 1; ; i++ {
		listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", s.addr)
		if err == nil || i == tries || !errors.Is(err, syscall.EADDRINUSE) || s.nextConn.Load() == 0 {
			return listener, err
		}
		time.Sleep(10 * time.Millisecond) // nothing tells when a port is free
	}
}

// Freeze makes the server stop answering, as a process that is stopped does: connections
// stay, new ones are taken, and what is sent waits until Thaw.
func (s *Server) Freeze() {
	ice := make(chan struct{})
	s.ice.CompareAndSwap(nil, &ice)
}

// Thaw ends a Freeze: what was sent meanwhile is executed.
func (s *Server) Thaw() {
	if ice := s.ice.Swap(nil); ice != nil {
		close(*ice)
	}
}

// frozen waits for the end of a Freeze, and says whether the connection is still there.
func (s *Server) frozen(c *conn) bool {
	ice := s.ice.Load()
	if ice == nil {
		return true
	}
	select {
	case <-*ice:
		return true
	case <-c.gone:
		return false
	}
}

// Close stops the server and returns when nothing of it runs any more.
func (s *Server) Close() {
	s.faults.release()
	s.Stop()
}

// StepDown makes the server a secondary, which refuses writes with NotWritablePrimary, or
// the primary again. Only a member of a replica set can step down.
func (s *Server) StepDown(down bool) { s.stepped.Store(down && s.opts.ReplicaSet != "") }

// accept serves connections until the listener is closed.
func (s *Server) accept(listener net.Listener) {
	for {
		nc, err := listener.Accept()
		if err != nil {
			return
		}
		c := newConn(s, nc)
		s.mu.Lock()
		if s.listener != listener {
			s.mu.Unlock()
			c.close()
			return
		}
		s.conns[c] = struct{}{}
		s.running.Go(c.serve)
		s.mu.Unlock()
	}
}

// gone forgets a connection that has ended.
func (s *Server) gone(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// now is the server's clock, in milliseconds.
func (s *Server) now() int64 { return s.opts.Now().UnixMilli() }

// wireVersion returns the highest protocol version that a release speaks.
func wireVersion(version string) (int32, error) {
	var major, minor int32
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil {
		return 0, fmt.Errorf("start the double: version %q: want major.minor.patch: %w", version, err)
	}
	switch {
	case major >= 8:
		return 25, nil
	case major == 7:
		return 21, nil
	case major == 6:
		return 17, nil
	case major == 5:
		return 13, nil
	case major == 4:
		return 7 + minor/2, nil
	case major == 3:
		return 3 + minor/2, nil
	}
	return 2, nil
}

// random fills a new slice with random bytes.
func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails
	return b
}
