package socketio

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options shape a Server. Zero fields take the defaults.
type Options struct {
	// PingInterval is the time between two heartbeats. Default: 25 s.
	PingInterval time.Duration
	// PingTimeout is how long a client has to answer one. Default: 20 s.
	PingTimeout time.Duration
	// ConnectTimeout is how long a session may be without a socket. Default: 45 s.
	ConnectTimeout time.Duration
	// UpgradeTimeout is how long a change to WebSocket may take. Default: 10 s.
	UpgradeTimeout time.Duration
	// WriteTimeout is how long a client may take nothing before it is cut as stalled, and
	// how long the body of a polling request may take to arrive. Default: 10 s.
	WriteTimeout time.Duration
	// MaxPayload bounds an inbound packet with its attachments, and the body of a polling
	// request, in bytes. Default: 1,000,000.
	MaxPayload int
	// MaxAttachments bounds the binary attachments of one inbound packet. Default: 10.
	// Negative: text only; binary data ends the session.
	MaxAttachments int
	// MaxSessions bounds the sessions; more are refused. Default: 10,000.
	MaxSessions int
	// MaxPending bounds the sessions that have not joined a namespace yet. Default: 1,000.
	MaxPending int
	// Outbox is how many messages wait for a client. Default: 64.
	Outbox int
	// WriteBuffer is the kernel's send buffer of a WebSocket connection, in bytes: small,
	// so that a client that never reads is noticed early. Default: 32 KiB.
	WriteBuffer int

	// AllowOrigin says whether a request may come from where its Origin says. Default:
	// requests without an Origin, or whose Origin names the request's host.
	AllowOrigin func(*http.Request) bool
	// Namespaces may be joined. Each begins with a slash and has no comma. Default: "/".
	Namespaces []string

	// Connect is asked before a socket is accepted. What it returns goes to the client as
	// the message of a CONNECT_ERROR; a [ConnectError] carries data too. ctx ends when the
	// client leaves. Nothing can be sent to the socket yet. Optional.
	Connect func(ctx context.Context, s *Socket) error
	// Serve runs in a goroutine of its own for as long as a socket is connected; ctx ends
	// when it disconnects. When Serve returns, the socket is disconnected. Optional.
	Serve func(ctx context.Context, s *Socket)
	// Handle is called for each event of a socket, in order, one at a time per socket. ctx
	// ends when the server closes, not when the client leaves: what was received is
	// carried out. The package's comment says what its error does. Optional.
	Handle func(ctx context.Context, s *Socket, e Event) error

	// Log takes what happens to single clients, mostly at debug level. Default: discards.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	defaultTo(&o.PingInterval, 25*time.Second)
	defaultTo(&o.PingTimeout, 20*time.Second)
	defaultTo(&o.ConnectTimeout, 45*time.Second)
	defaultTo(&o.UpgradeTimeout, 10*time.Second)
	defaultTo(&o.WriteTimeout, 10*time.Second)
	defaultTo(&o.MaxPayload, 1_000_000)
	defaultTo(&o.MaxSessions, 10_000)
	defaultTo(&o.MaxPending, 1_000)
	defaultTo(&o.Outbox, 64)
	defaultTo(&o.WriteBuffer, 32<<10)
	if o.MaxAttachments == 0 {
		o.MaxAttachments = 10
	}
	if o.AllowOrigin == nil {
		o.AllowOrigin = sameHost
	}
	if len(o.Namespaces) == 0 {
		o.Namespaces = []string{"/"}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func defaultTo[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// sameHost allows what comes from no page, or from a page of the very host that is asked.
func sameHost(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}
