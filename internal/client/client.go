package client

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	defaultTimeout = 30 * time.Second
	dialTimeout    = 5 * time.Second
)

// Options say how to talk to a server. The zero value is ready to use.
type Options struct {
	// Language is what the server's messages are asked for in, such as pt-BR. Default:
	// whatever the server speaks to those who do not say.
	Language string
	// APIKey is the key that the server asks for. Default: none is sent. It goes to nobody
	// else, for redirects are not followed, and is part of no error.
	APIKey string
	// Timeout limits each call, beside its context. Default: 30 seconds.
	Timeout time.Duration
	// Transport sends the requests. Default: one of the client's own.
	Transport http.RoundTripper
}

func (o Options) withDefaults() Options {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Transport == nil {
		o.Transport = newTransport()
	}
	return o
}

// newTransport connects within a few seconds or not at all, so that a host that does
// not answer is told from a server that takes its time.
func newTransport() *http.Transport {
	dialer := net.Dialer{Timeout: dialTimeout}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSHandshakeTimeout:   dialTimeout,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   4,
		IdleConnTimeout:       30 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

// Client talks to one server. It is safe for concurrent use.
type Client struct {
	base string // without the slash at its end
	opts Options
	key  string
	http *http.Client
}

// New returns a client of the server at baseURL, an http or https URL without
// credentials, query or fragment. It does not connect yet.
func New(baseURL string, opts Options) (*Client, error) {
	u, err := url.Parse(baseURL)
	if err != nil {
		return nil, fmt.Errorf("new client: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("new client: URL %q; allowed: such as http://127.0.0.1:3000", u.Redacted())
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("new client: URL %q has credentials, a query or a fragment; leave them out", u.Redacted())
	}
	opts = opts.withDefaults()
	if opts.Timeout < 0 {
		return nil, fmt.Errorf("new client: timeout %v; allowed: more than 0", opts.Timeout)
	}
	if !fitsHeader(opts.Language) {
		return nil, fmt.Errorf("new client: language %q has characters that no header may have", opts.Language)
	}
	if !fitsHeader(opts.APIKey) {
		return nil, errors.New("new client: the API key has characters that no header may have")
	}
	return &Client{
		base: strings.TrimRight(u.String(), "/"),
		opts: opts,
		http: &http.Client{
			Transport:     opts.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// URL returns the server's URL, without a slash at its end.
func (c *Client) URL() string { return c.base }

// WithKey returns a client of the same server whose POSTs carry that idempotency key.
// A call that is repeated with the same key and the same parameters has its effect
// once. Use a new key for each call; the empty key is none.
func (c *Client) WithKey(key string) *Client {
	with := *c
	with.key = key
	return &with
}

// CloseIdleConnections closes the connections that no call is using.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

// ErrKey says that an idempotency key cannot be sent.
var ErrKey = errors.New("the idempotency key has characters that no header may have")

// fitsHeader says whether a header can carry the text.
func fitsHeader(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}
