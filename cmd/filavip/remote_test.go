package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/wire"
)

func TestLanguageOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ env, want string }{
		{"", ""},
		{"LANG=pt_BR.UTF-8", "pt-BR"},
		{"LANG=pt_PT", "pt-PT"},
		{"LANG=pt", "pt"},
		{"LANG=pt.UTF-8", "pt"},
		{"LANG=pt_BRASIL\r\n", "pt"},
		{"LANG=en_US.UTF-8", ""},
		{"LANG=C", ""},
		{"LANG=ptx", ""},
		{"LANG=en_US LC_ALL=pt_BR", "pt-BR"},
		{"LANG=en_US LC_MESSAGES=pt_BR", "pt-BR"},
		{"LANG=pt_BR LC_ALL=C", ""},
		{"LANG=pt_BR LC_MESSAGES=en_US LC_ALL=pt_PT", "pt-PT"},
	} {
		env := map[string]string{}
		for pair := range strings.SplitSeq(tc.env, " ") {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		if got := languageOf(func(name string) string { return env[name] }); got != tc.want {
			t.Errorf("languageOf(%q) = %q, want %q", tc.env, got, tc.want)
		}
	}
}

func TestWholeNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"0": true, "1": true, "100": true, "0000000007": true,
		"": false, "101": false, "-0": false, "+1": false, "1e1": false, "0x1": false, "１": false, " 1": false, "1_0": false, "00000000001": false,
		"99999999999999999999": false,
	} {
		n, err := wholeNumber("flag", text, 0, 100)
		if (err == nil) != want {
			t.Errorf("wholeNumber(%q) = %d, %v; want it allowed: %v", text, n, err, want)
		}
		if err != nil && statusOf(err) != exitUsage {
			t.Errorf("wholeNumber(%q) ends with status %d, want %d", text, statusOf(err), exitUsage)
		}
	}
}

// TestRefusals maps what a server refuses to exit statuses.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]int{
		400: exitUsage, 403: exitUsage, 404: exitUsage, 413: exitUsage, 421: exitUsage,
		409: exitConflict, 422: exitConflict,
		429: exitUnreachable, 502: exitUnreachable, 503: exitUnreachable,
		504: exitTimeout,
		500: exitIO, 507: exitIO,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", wire.ProblemType)
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"title":"t","status":%d,"detail":"this is why"}`, status)
		}))
		filavip(t, "queue", "pause", "--url", server.URL).ends(want).says("filavip: pause: this is why\n", "ask again in 2s")
		server.Close()
	}
}

func TestSomethingElseAnswers(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	for _, line := range []string{"status", "healthcheck", "cancel"} {
		filavip(t, line, "--url", server.URL).ends(exitUnreachable).says("no filavip server answers", "404 Not Found", server.URL)
	}
}

func TestAsk(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{
		"y\n": true, "YES\n": true, " yes \n": true, "y": true, "sim\n": true,
		"n\n": false, "\n": false, "": false, "yesno\n": false,
	} {
		var out strings.Builder
		err := ask(strings.NewReader(answer), &out, "Really?")
		if (err == nil) != want {
			t.Errorf("ask answered %q = %v, want yes: %v", answer, err, want)
		}
		if err != nil && statusOf(err) != exitUsage {
			t.Errorf("ask answered %q ends with status %d, want %d", answer, statusOf(err), exitUsage)
		}
		if !strings.HasPrefix(out.String(), "Really? [y/N] ") {
			t.Errorf("ask writes %q, want the question", out.String())
		}
	}
}

// TestConfirmAsksTerminals takes the null device for one, whose answer is nothing.
func TestConfirmAsksTerminals(t *testing.T) {
	t.Parallel()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	var asked strings.Builder
	c := console{in: null, err: &asked}
	if err := c.confirm(false, "Really?"); err == nil || !strings.Contains(asked.String(), "Really?") {
		t.Errorf("confirm on a device = %v after asking %q, want the question and a refusal", err, asked.String())
	}
	if err := c.confirm(true, "Really?"); err != nil {
		t.Errorf("confirm with --yes = %v, want nil", err)
	}
	file, err := os.Create(t.TempDir() + "/answers")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := (&console{in: file}).confirm(false, "Really?"); err == nil || !strings.Contains(err.Error(), "--yes") {
		t.Errorf("confirm on a file = %v, want a refusal that names --yes", err)
	}
}
