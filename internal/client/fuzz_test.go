package client

import (
	"errors"
	"net/http"
	"testing"

	"github.com/filavip/filavip/internal/wire"
)

// FuzzAnswer holds every answer to this: it is a success that was understood, or an
// error that can be shown and says who is to blame.
func FuzzAnswer(f *testing.F) {
	f.Add(200, "application/json", "", []byte(`{"phase":"DONE","lastRunId":"019ab000-0000-7000-8000-00ffffffffff"}`))
	f.Add(409, wire.ProblemType, "1", []byte(`{"title":"t","status":409,"detail":"d","runId":"019ab000-0000-7000-8000-00ffffffffff"}`))
	f.Add(503, "text/plain", "x", []byte("[+]store ok\n[-]shutdown failed\n"))
	f.Add(302, "", "-1", []byte("<html>"))
	f.Fuzz(func(t *testing.T, status int, contentType, retry string, body []byte) {
		a := &answer{status, http.Header{"Content-Type": {contentType}, "Retry-After": {retry}}, body}
		var s wire.Status
		for name, err := range map[string]error{"decode": a.decode(&s), "probed": a.probed()} {
			var refused *Error
			switch isRefusal := errors.As(err, &refused); {
			case err == nil:
				if status/100 != 2 {
					t.Errorf("%s of status %d = nil, want an error", name, status)
				}
			case err.Error() == "":
				t.Errorf("%s of status %d is an error without text", name, status)
			case isRefusal && (refused.Status != status || refused.RetryAfter < 0):
				t.Errorf("%s of status %d: Status, RetryAfter = %d, %v", name, status, refused.Status, refused.RetryAfter)
			case !isRefusal && !errors.Is(err, ErrUnreachable):
				t.Errorf("%s of status %d = %v, want *Error or ErrUnreachable", name, status, err)
			}
		}
	})
}
