package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxBody is how much of an answer is read. The longest that a server gives are its
// logs: three rings of 4 MiB.
const maxBody = 32 << 20

// call is one request.
type call struct {
	name   string // what it attempts, for errors
	method string
	path   string // escaped
	query  params
	body   any           // sent as JSON; nil for none
	longer time.Duration // how much longer than others it may take
}

// params are the parameters of a call. What is not given is left to the server.
type params url.Values

func (p params) text(name, value string) {
	if value != "" {
		p[name] = []string{value}
	}
}

func (p params) flag(name string, value *bool) {
	if value != nil {
		p[name] = []string{strconv.FormatBool(*value)}
	}
}

func (p params) number(name string, value *int64) {
	if value != nil {
		p[name] = []string{strconv.FormatInt(*value, 10)}
	}
}

func (p params) positive(name string, value int64) {
	if value != 0 {
		p.number(name, &value)
	}
}

func (p params) millis(name string, value *time.Duration) {
	if value != nil {
		p.number(name, new(value.Milliseconds()))
	}
}

// get asks for a body.
func get[T any](ctx context.Context, c *Client, name, path string, query params) (T, error) {
	return ask[T](ctx, c, call{name: name, method: http.MethodGet, path: path, query: query})
}

// post does something and returns what became of it.
func post[T any](ctx context.Context, c *Client, name, path string, query params) (T, error) {
	return ask[T](ctx, c, call{name: name, method: http.MethodPost, path: path, query: query})
}

// ask sends a request and decodes the body of the answer, which must be a success.
func ask[T any](ctx context.Context, c *Client, what call) (T, error) {
	var body, none T
	a, err := c.exchange(ctx, what)
	if err == nil {
		err = a.decode(&body)
	}
	if err != nil {
		return none, fmt.Errorf("%s: %w", what.name, err)
	}
	return body, nil
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// exchange sends a request and reads the whole answer, whatever it is.
func (c *Client) exchange(ctx context.Context, what call) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout+what.longer)
	defer cancel()
	req, err := c.request(ctx, what)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("%w at %s: the answer is longer than %d MiB", ErrUnreachable, c.base, maxBody>>20)
	}
	return &answer{resp.StatusCode, resp.Header, body}, nil
}

func (c *Client) request(ctx context.Context, what call) (*http.Request, error) {
	target := c.base + what.path
	if len(what.query) > 0 {
		target += "?" + url.Values(what.query).Encode()
	}
	var body io.Reader
	if what.body != nil {
		encoded, err := json.Marshal(what.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, what.method, target, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("User-Agent", "filavip")
	if c.opts.Language != "" {
		req.Header.Set("Accept-Language", c.opts.Language)
	}
	if c.opts.APIKey != "" {
		req.Header.Set("Authorization", "Bearer "+c.opts.APIKey)
	}
	if c.key != "" && what.method == http.MethodPost {
		if !fitsHeader(c.key) {
			return nil, ErrKey
		}
		req.Header.Set("Idempotency-Key", c.key)
	}
	return req, nil
}

// decode reads the JSON body of a success. Any other status is an [*Error]; a success
// with any other body is not ours.
func (a *answer) decode(into any) error {
	if a.status/100 != 2 {
		return newError(a)
	}
	if kind := a.mediaType(); kind != "application/json" {
		return fmt.Errorf("%w: the answer is of type %q, not JSON", ErrUnreachable, kind)
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		return fmt.Errorf("%w: the answer is not understood: %w", ErrUnreachable, err)
	}
	return nil
}

// mediaType returns the body's type without its parameters.
func (a *answer) mediaType() string {
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// segment escapes a part of a path, dots included: a server would take . and .. for
// steps.
func segment(text string) string {
	return strings.ReplaceAll(url.PathEscape(text), ".", "%2E")
}
