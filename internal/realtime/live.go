package realtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/realtime/socketio"
	"github.com/filavip/filavip/internal/wire"
)

// Reasons to refuse a stream.
var (
	ErrForeign = errors.New("the page's origin is not allowed")
	ErrFull    = errors.New("there are too many streams")
)

// BadParameterError says which parameter of a stream makes no sense.
type BadParameterError struct{ Name, Given, Allowed string }

// Error implements error.
func (e *BadParameterError) Error() string {
	return fmt.Sprintf("%s: %q; allowed: %s", e.Name, e.Given, e.Allowed)
}

// Options are what the live view works with. Hub, Status, Call and Refuse are required;
// other zero fields take the defaults.
type Options struct {
	Hub *event.Hub
	// Status returns the JSON body of GET /pedidos as it is now.
	Status func(context.Context) ([]byte, error)
	// Call does what a POST to the path with that JSON object would do, for the client
	// that made the request from, and returns its status code and JSON body.
	Call func(ctx context.Context, from *http.Request, path string, fields []byte) (status int, answer []byte)
	// Refuse answers a stream that is refused with one of the reasons above.
	Refuse func(http.ResponseWriter, *http.Request, error)
	// AllowOrigin says whether the page that sent a request may connect. Default: pages
	// of this host.
	AllowOrigin func(*http.Request) bool
	// Authorize says until when whoever made a request may be connected, zero for good, or
	// why not at all. A Socket.IO client may have put the key into its auth payload, as
	// token; it is then in the request as a Bearer. Default: everybody, for good.
	Authorize func(*http.Request) (until time.Time, refusal *wire.Problem)

	// MaxSockets is how many Socket.IO clients there may be. Default: 10,000.
	MaxSockets int
	// MaxStreams is how many streams of server-sent events there may be. Default: 1,000.
	MaxStreams int
	// KeepAlive is how often an idle stream is sent a comment. Default: 15 s.
	KeepAlive time.Duration
	// Patience is how long a client may take nothing of what it is sent before it is cut
	// off. Default: 10 s.
	Patience time.Duration

	// Registry gets the live view's metrics; nobody sees them if nil.
	Registry *metrics.Registry
	// Version is shown to clients. Default: dev.
	Version string
	// Now tells the time. Default: [time.Now].
	Now func() time.Time
	// Log gets what goes wrong. Default: discarded.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.MaxSockets == 0 {
		o.MaxSockets = 10_000
	}
	if o.MaxStreams == 0 {
		o.MaxStreams = 1_000
	}
	if o.KeepAlive == 0 {
		o.KeepAlive = 15 * time.Second
	}
	if o.Patience == 0 {
		o.Patience = 10 * time.Second
	}
	if o.Authorize == nil {
		o.Authorize = letEverybodyIn
	}
	if o.Version == "" {
		o.Version = "dev"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// maxInbound is how long what a Socket.IO client sends may be: a command with its
// parameters, and no more.
const maxInbound = 4 << 10

// joinWithin is how long a Socket.IO session may take to join the namespace. Clients do so
// at once; sessions that never will take the places of others until then.
const joinWithin = 10 * time.Second

// outbox is how many packets wait for a Socket.IO client beyond its subscription. It is
// short: what waits in the subscription is replaced by what is newer, what waits here is
// not.
const outbox = 4

// Live serves the live view. It is safe for concurrent use.
type Live struct {
	opts    Options
	log     *slog.Logger
	epoch   string // of this process's event IDs
	sockets *socketio.Server
	encoder *encoder

	closing context.Context // done once Close is called
	stop    context.CancelFunc

	mu        sync.Mutex // guards closed; held while streaming grows
	closed    bool
	streaming sync.WaitGroup
	places    chan struct{} // holds one for each stream there is
	streams   atomic.Uint64 // that there have been
	stalled   atomic.Uint64 // of them, those that were cut off
}

// New returns a live view that serves nobody yet. Close must be called.
func New(opts Options) *Live {
	opts = opts.withDefaults()
	l := &Live{
		opts:   opts,
		log:    opts.Log.With("component", "realtime"),
		epoch:  strconv.FormatInt(opts.Now().UnixMilli(), 36),
		places: make(chan struct{}, opts.MaxStreams),
	}
	l.encoder = newEncoder(l.epoch)
	l.closing, l.stop = context.WithCancel(context.Background())
	l.sockets = socketio.New(socketio.Options{
		MaxPayload:     maxInbound,
		ConnectTimeout: joinWithin,
		MaxAttachments: -1,
		MaxSessions:    opts.MaxSockets,
		WriteTimeout:   opts.Patience,
		Outbox:         outbox,
		AllowOrigin:    opts.AllowOrigin,
		Connect:        l.join,
		Serve:          l.serve,
		Handle:         l.handle,
		Log:            l.log,
	})
	l.registerMetrics(opts.Registry)
	return l
}

// SocketIO returns the handler of /socket.io/ and all below it.
func (l *Live) SocketIO() http.Handler { return l.sockets }

// Stream returns the handler of the server-sent events.
func (l *Live) Stream() http.Handler { return http.HandlerFunc(l.stream) }

// begin counts a stream that Close waits for. It says no once all is closed.
func (l *Live) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.streaming.Add(1)
	return true
}

// Close ends all connections and waits for them, no longer than ctx allows.
func (l *Live) Close(ctx context.Context) error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.stop()
	err := l.sockets.Close(ctx)
	done := make(chan struct{})
	go func() {
		l.streaming.Wait()
		close(done)
	}()
	select {
	case <-done:
		return err
	case <-ctx.Done():
		return errors.Join(err, ctx.Err())
	}
}

// Stats are the figures of the live view at one moment.
type Stats struct {
	Polling   int    // Socket.IO clients by transport
	WebSocket int    // the same
	Streams   int    // of server-sent events
	Stalled   uint64 // clients cut off because they took nothing, or lost too many phase changes
	Dropped   uint64 // log lines that were not sent to somebody
}

// Stats returns the figures as they are now.
func (l *Live) Stats() Stats {
	sockets, hub := l.sockets.Stats(), l.opts.Hub.Stats()
	return Stats{
		Polling:   sockets.Polling,
		WebSocket: sockets.WebSocket,
		Streams:   len(l.places),
		Stalled:   sockets.Stalled + sockets.Timeouts + l.stalled.Load() + hub.Cut,
		Dropped:   hub.DroppedLines,
	}
}

func (l *Live) registerMetrics(r *metrics.Registry) {
	r.GaugeVecFunc("filavip_realtime_clients", "Clients that are connected to the live view.",
		func(report metrics.Report) {
			s := l.Stats()
			report(float64(s.Polling), "polling")
			report(float64(s.WebSocket), "websocket")
			report(float64(s.Streams), "sse")
		}, metrics.OneOf("transport", "polling", "websocket", "sse"))
	r.CounterFunc("filavip_realtime_stalled_total", "Clients of the live view that were cut off because they were too slow.",
		func() float64 { return float64(l.Stats().Stalled) })
	r.CounterFunc("filavip_realtime_dropped_total", "Log lines that a client of the live view was too slow for.",
		func() float64 { return float64(l.Stats().Dropped) })
}

// hello returns the first event of a connection.
func (l *Live) hello(client string) wire.Connected {
	return wire.Connected{
		Message:   "connected to filavip",
		Timestamp: wire.Millis(l.opts.Now()),
		ClientID:  client,
		Version:   l.opts.Version,
	}
}

// resumeAt returns the ID behind which a client that saw lastEventID goes on; zero if
// that is none of this process.
func (l *Live) resumeAt(lastEventID string) uint64 {
	id, ok := strings.CutPrefix(lastEventID, l.epoch+"-")
	if !ok {
		return 0
	}
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
