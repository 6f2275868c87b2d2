package client

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/filavip/filavip/internal/wire"
)

// Ready asks whether the server can do its work. It returns what each check found, one
// line each, such as "[+]store ok"; to a client without the server's key it says no more
// than "ok". If a check failed, the error is an [*Error] with status 503 that names it, but
// for that client.
func (c *Client) Ready(ctx context.Context) (report string, err error) {
	return c.probe(ctx, "ask whether the server is ready", "/readyz", params{"verbose": {""}})
}

// Live asks whether the server answers at all.
func (c *Client) Live(ctx context.Context) error {
	_, err := c.probe(ctx, "ask whether the server is alive", "/livez", nil)
	return err
}

// probe asks a probe, which answers in plain text.
func (c *Client) probe(ctx context.Context, name, path string, query params) (string, error) {
	a, err := c.exchange(ctx, call{name: name, method: http.MethodGet, path: path, query: query})
	if err == nil {
		err = a.probed()
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return string(a.body), nil
}

// probed returns what a probe's answer says is wrong.
func (a *answer) probed() error {
	text := string(a.body)
	switch {
	case a.status == http.StatusOK && (strings.HasPrefix(text, "ok") || strings.HasPrefix(text, "[+]")):
		return nil
	case a.status == http.StatusServiceUnavailable && (strings.Contains(text, "[-]") || strings.HasPrefix(text, "readyz check failed")):
		return notReady(text)
	case a.status/100 == 2:
		return fmt.Errorf("%w: the answer is not a probe's", ErrUnreachable)
	}
	return newError(a)
}

// notReady makes an error of a report with failed checks.
func notReady(report string) *Error {
	var failed []string
	for line := range strings.Lines(report) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "[-]"); ok {
			failed = append(failed, name)
		}
	}
	detail := "not ready"
	if len(failed) > 0 {
		detail += ": " + strings.Join(failed, ", ")
	}
	const status = http.StatusServiceUnavailable
	return &Error{Status: status, Problem: wire.NewProblem("about:blank", status,
		http.StatusText(status), detail)}
}
