package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/api"
	"github.com/filavip/filavip/internal/order"
)

func TestErrorsBecomeProblems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err    error
		status int
		kind   string
	}{
		{order.ErrNotFound, 404, "not-found"},
		{order.ErrInvalid, 400, "invalid-parameter"},
		{order.ErrRunActive, 409, "run-active"},
		{order.ErrStale, 409, "stale"},
		{order.ErrClaimLost, 409, "claim-lost"},
		{order.ErrPaused, 409, "queue-paused"},
		{order.ErrGateShut, 409, "gate-shut"},
		{order.ErrRefConflict, 409, "ref-conflict"},
		{order.ErrKeyReused, 422, "idempotency-key-reused"},
		{order.ErrDiskFull, 507, "disk-full"},
		{&order.UnavailableError{Server: "redis", Err: errors.New("refused")}, 503, "store-unavailable"},
		{order.ErrLocked, 503, "store-unavailable"},
		{order.ErrSchema, 503, "store-unavailable"},
		{order.ErrCorrupt, 500, "damaged-store"},
		{context.DeadlineExceeded, 503, "store-unavailable"},
		{errors.New("anything else"), 500, "internal-error"},
	}
	for _, test := range tests {
		f := newFixture(t, nil)
		f.pipe.set(func(p *fakePipeline) { p.err = fmt.Errorf("read /var/secret: %w", test.err) })
		res := f.post("/pedidos/reset")
		retry := res.Header.Get("Retry-After")
		p := readProblem(t, res, test.status, test.kind)
		if strings.Contains(p.Detail+p.Title, "secret") {
			t.Errorf("%v: the client reads %q", test.err, p.Detail)
		}
		if logged := strings.Contains(f.log.String(), "/var/secret"); logged != (test.status >= 500) {
			t.Errorf("%v: details logged = %v, want it for 5xx alone", test.err, logged)
		}
		if (retry != "") != (test.status == 503) {
			t.Errorf("%v: Retry-After = %q, want it with 503 alone", test.err, retry)
		}
		if f.logs.resets != 0 {
			t.Errorf("%v: the logs were reset although nothing else was", test.err)
		}
	}
}

func TestProblemPages(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	english := textOf(t, f.get("/problems/run-active"))
	if !strings.HasPrefix(english, "A run is active (409 Conflict)\n\n") || !strings.Contains(english, "force=true") {
		t.Errorf("page = %q, want what it means and what to do", english)
	}
	res := f.get("/problems/run-active", "Accept-Language", "pt-BR,pt;q=0.9,en;q=0.8")
	if got := res.Header.Get("Content-Language"); got != "pt-BR" {
		t.Errorf("Content-Language = %q, want pt-BR", got)
	}
	if page := textOf(t, res); !strings.HasPrefix(page, "Há uma execução ativa (409 Conflict)\n\n") {
		t.Errorf("page = %q, want it in Portuguese", page)
	}
	readProblem(t, f.get("/problems/nope"), http.StatusNotFound, "not-found")
}

// Each problem's type is a page that this server has.
func TestProblemTypesLeadToPages(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.started(4)
	for _, res := range []*http.Response{
		f.get("/nope"), f.do(http.MethodPut, "/pedidos", ""), f.get("/pedidos/nope"), f.post("/pedidos/generate"),
		f.post("/pedidos/generate?quantity=x"), f.do(http.MethodPost, "/pedidos/generate", "x"),
	} {
		var p struct{ Type string }
		if err := json.Unmarshal([]byte(textOf(t, res)), &p); err != nil {
			t.Fatal(err)
		}
		if page := f.get(p.Type); page.StatusCode != http.StatusOK {
			t.Errorf("GET %s = %d, want 200", p.Type, page.StatusCode)
		}
	}
}

func TestMessagesFollowTheLanguage(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	for accept, want := range map[string]string{
		"":      `quantity: "x" is not allowed`,
		"en-US": `quantity: "x" is not allowed`,
		"pt":    `quantity: "x" não é permitido`,
		"fr":    `quantity: "x" is not allowed`,
	} {
		p := readProblem(t, f.post("/pedidos/generate?quantity=x", "Accept-Language", accept), http.StatusBadRequest, "invalid-parameter")
		if !strings.HasPrefix(p.Detail, want) {
			t.Errorf("Accept-Language %q: detail = %q, want %q", accept, p.Detail, want)
		}
	}
}

func TestNewError(t *testing.T) {
	t.Parallel()
	err := api.NewError(http.StatusNotAcceptable, "cannot write that", errors.New("secret"))
	if err.GetStatus() != http.StatusNotAcceptable || err.Error() != "cannot write that" {
		t.Errorf("NewError = %d %q, want 406 and its message", err.GetStatus(), err)
	}
}
