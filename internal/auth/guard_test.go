package auth

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/metrics"
)

// clock stands still until it is moved.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func newGuard(t *testing.T) (g *Guard, key string, c *clock) {
	t.Helper()
	key, c = rand.Text(), &clock{time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	return New(Options{Key: key, Now: c.Now}), key, c
}

// request has headers name, value, name, value.
func request(headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// signIn returns the cookie of a new session.
func signIn(t *testing.T, g *Guard, r *http.Request, key string) *http.Cookie {
	t.Helper()
	w := httptest.NewRecorder()
	if err := g.SignIn(w, r, key); err != nil {
		t.Fatalf("SignIn = %v, want a session", err)
	}
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("SignIn sets %d cookies, want one", len(cookies))
	}
	return cookies[0]
}

func TestCheck(t *testing.T) {
	t.Parallel()
	g, key, c := newGuard(t)
	session := Cookie + "=" + signIn(t, g, request(), key).Value
	end, _, _ := strings.Cut(strings.TrimPrefix(session, Cookie+"="), ".")
	other, otherKey, _ := newGuard(t)
	foreign := Cookie + "=" + signIn(t, other, request(), otherKey).Value
	c.now = c.now.Add(-SessionFor - time.Second)
	expired := Cookie + "=" + signIn(t, g, request(), key).Value
	c.now = c.now.Add(SessionFor + time.Second)
	for name, tt := range map[string]struct {
		headers []string
		want    error
	}{
		"nothing":                         {nil, ErrNoKey},
		"the key":                         {[]string{"Authorization", "Bearer " + key}, nil},
		"the key, scheme in small":        {[]string{"Authorization", "bearer  " + key}, nil},
		"another key":                     {[]string{"Authorization", "Bearer " + otherKey}, ErrWrongKey},
		"no key":                          {[]string{"Authorization", "Bearer "}, ErrWrongKey},
		"no space":                        {[]string{"Authorization", "Bearer"}, ErrWrongKey},
		"part of the key":                 {[]string{"Authorization", "Bearer " + key[:len(key)-1]}, ErrWrongKey},
		"more than the key":               {[]string{"Authorization", "Bearer " + key + "x"}, ErrWrongKey},
		"the key in another case":         {[]string{"Authorization", "Bearer " + strings.ToLower(key)}, ErrWrongKey},
		"another scheme":                  {[]string{"Authorization", "Basic " + key}, ErrNoKey},
		"the key alone":                   {[]string{"Authorization", key}, ErrNoKey},
		"another header":                  {[]string{"X-Api-Key", key}, ErrNoKey},
		"a session":                       {[]string{"Cookie", session}, nil},
		"a session behind a proxy's word": {[]string{"Authorization", "Basic eA==", "Cookie", session}, nil},
		"a session beside another":        {[]string{"Cookie", foreign + "; " + session}, nil},
		"a wrong key beside a session":    {[]string{"Authorization", "Bearer " + otherKey, "Cookie", session}, ErrWrongKey},
		"the key beside an old session":   {[]string{"Authorization", "Bearer " + key, "Cookie", expired}, nil},
		"the key as cookie":               {[]string{"Cookie", Cookie + "=" + key}, ErrNoSession},
		"an empty cookie":                 {[]string{"Cookie", Cookie + "="}, ErrNoSession},
		"another cookie":                  {[]string{"Cookie", "session=" + key}, ErrNoKey},
		"a session of another key":        {[]string{"Cookie", foreign}, ErrNoSession},
		"a session that has ended":        {[]string{"Cookie", expired}, ErrNoSession},
		"a session made longer":           {[]string{"Cookie", strings.Replace(session, end, "9"+end, 1)}, ErrNoSession},
		"a session cut short":             {[]string{"Cookie", session[:len(session)-4]}, ErrNoSession},
		"a session without its MAC":       {[]string{"Cookie", Cookie + "=" + end + "."}, ErrNoSession},
		"a MAC with the key itself": {[]string{"Cookie", Cookie + "=" + end + "." +
			base64.RawURLEncoding.EncodeToString((&Guard{signing: []byte(key)}).mac(end))}, ErrNoSession},
	} {
		if _, err := g.Check(request(tt.headers...)); !errors.Is(err, tt.want) {
			t.Errorf("%s: Check = %v, want %v", name, err, tt.want)
		}
		if got := g.Admits(request(tt.headers...)); got != (tt.want == nil) {
			t.Errorf("%s: Admits = %v, want %v", name, got, tt.want == nil)
		}
	}
	inAddress := httptest.NewRequest(http.MethodGet, "/?key="+key+"&token="+key+"&access_token="+key+"&"+session, nil)
	if _, err := g.Check(inAddress); !errors.Is(err, ErrNoKey) {
		t.Errorf("a key in the address: Check = %v, want %v", err, ErrNoKey)
	}
}

// Without a key there is nothing to ask for, and no session to open.
func TestNoKey(t *testing.T) {
	t.Parallel()
	g := New(Options{})
	w := httptest.NewRecorder()
	if err := g.SignIn(w, request(), "anything"); err != nil || len(w.Result().Cookies()) != 0 {
		t.Errorf("SignIn = %v, %v, want nothing", err, w.Result().Cookies())
	}
	for _, r := range []*http.Request{request(), request("Authorization", "Bearer x"), request("Cookie", Cookie+"=x")} {
		if until, err := g.Check(r); err != nil || !until.IsZero() || !g.Admits(r) || g.Asks() {
			t.Errorf("Check(%v) = %v, %v, want everybody let in for good", r.Header, until, err)
		}
	}
}

func TestCookie(t *testing.T) {
	t.Parallel()
	g, key, _ := newGuard(t)
	secure := request()
	secure.TLS = &tls.ConnectionState{}
	for name, tt := range map[string]struct {
		r      *http.Request
		secure bool
	}{
		"plain": {request(), false}, "TLS": {secure, true},
		"TLS up to a proxy": {request("X-Forwarded-Proto", "https"), true}, "a plain proxy": {request("X-Forwarded-Proto", "http"), false},
	} {
		got := signIn(t, g, tt.r, key)
		if got.Name != "filavip_session" || !got.HttpOnly || got.SameSite != http.SameSiteStrictMode || got.Path != "/" || got.Domain != "" || got.Secure != tt.secure {
			t.Errorf("%s: cookie %v, want HttpOnly, SameSite=Strict, Path=/, Secure: %v", name, got, tt.secure)
		}
		if got.MaxAge != 30*24*60*60 {
			t.Errorf("%s: cookie ends after %d s, want 30 days", name, got.MaxAge)
		}
		if strings.Contains(got.Value, key) {
			t.Errorf("%s: the cookie holds the key: %v", name, got)
		}
	}
	w := httptest.NewRecorder()
	g.SignOut(w, request())
	if out := w.Result().Cookies(); len(out) != 1 || out[0].MaxAge >= 0 || out[0].Value != "" || out[0].Path != "/" || out[0].Name != Cookie {
		t.Errorf("SignOut sets %v, want the cookie gone", out)
	}
}

// A session of one server is good on all others with the same key, to the second it ends.
func TestSessionIsGoodOnOtherServers(t *testing.T) {
	t.Parallel()
	g, key, c := newGuard(t)
	session := signIn(t, g, request(), key)
	other := New(Options{Key: key, Now: c.Now})
	until, err := other.Check(request("Cookie", session.String()))
	if err != nil || !until.Equal(c.now.Add(SessionFor)) {
		t.Errorf("Check = %v, %v, want the end of the session", until, err)
	}
	c.now = until.Add(-time.Second)
	if _, err := other.Check(request("Cookie", session.String())); err != nil {
		t.Errorf("a second before its end: Check = %v", err)
	}
	c.now = until
	if _, err := other.Check(request("Cookie", session.String())); !errors.Is(err, ErrNoSession) {
		t.Errorf("at its end: Check = %v, want %v", err, ErrNoSession)
	}
}

// Many wrong keys are told to come later, and nobody else is.
func TestWrongKeysAreLimited(t *testing.T) {
	t.Parallel()
	registry := metrics.New()
	c := &clock{time.Unix(1_800_000_000, 0)}
	key := rand.Text()
	g := New(Options{Key: key, Now: c.Now, Registry: registry})
	session := signIn(t, g, request(), key).String()
	wrong := func() error {
		_, err := g.Check(request("Authorization", "Bearer "+rand.Text()))
		return err
	}
	for range wrongAtOnce {
		if err := wrong(); !errors.Is(err, ErrWrongKey) {
			t.Fatalf("Check = %v, want %v", err, ErrWrongKey)
		}
	}
	for range 5 {
		if err := wrong(); !errors.Is(err, ErrTooMany) {
			t.Fatalf("Check = %v, want %v", err, ErrTooMany)
		}
	}
	if err := g.SignIn(httptest.NewRecorder(), request(), "wrong"); !errors.Is(err, ErrTooMany) {
		t.Errorf("SignIn = %v, want %v", err, ErrTooMany)
	}
	if _, err := g.Check(request("Authorization", "Bearer "+key)); err != nil {
		t.Errorf("the right key among wrong ones: Check = %v, want it let in", err)
	}
	signIn(t, g, request(), key)
	for name, r := range map[string]*http.Request{"nothing": request(), "a session": request("Cookie", session), "an old session": request("Cookie", Cookie+"=1.x")} {
		if _, err := g.Check(r); errors.Is(err, ErrTooMany) {
			t.Errorf("%s: Check = %v, want it not limited", name, err)
		}
	}
	c.now = c.now.Add(time.Second)
	if err := wrong(); !errors.Is(err, ErrWrongKey) {
		t.Errorf("after a second: Check = %v, want %v", err, ErrWrongKey)
	}
	text := exposition(t, registry)
	for reason, n := range map[string]string{"wrong": "21", "limited": "6", "missing": "1", "session": "1"} {
		if line := `filavip_auth_refused_total{reason="` + reason + `"} ` + n + "\n"; !strings.Contains(text, line) {
			t.Errorf("metrics lack %s in\n%s", line, text)
		}
	}
	if problems, err := registry.Lint(); err != nil || len(problems) > 0 {
		t.Errorf("Lint = %v, %v, want nothing", problems, err)
	}
}

func exposition(t *testing.T, r *metrics.Registry) string {
	t.Helper()
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, request())
	text, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The guard keeps no key, and compares what is secret in constant time: how long a wrong
// one takes must not tell how much of it is right. Clocks are too coarse to test that, so
// this reads the source.
func TestComparesInConstantTime(t *testing.T) {
	t.Parallel()
	for _, at := range []struct{ file, function, call string }{
		{"guard.go", "compare", "subtle.ConstantTimeCompare"},
		{"session.go", "verify", "hmac.Equal"},
	} {
		var calls []string
		ast.Inspect(bodyOf(t, at.file, at.function), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if of, ok := n.X.(*ast.Ident); ok {
					calls = append(calls, of.Name+"."+n.Sel.Name)
				}
			case *ast.BinaryExpr:
				if with, _ := n.Y.(*ast.Ident); n.Op == token.EQL && (with == nil || with.Name != "nil") {
					t.Errorf("%s: %s uses ==", at.file, at.function)
				}
			}
			return true
		})
		if !slices.Contains(calls, at.call) || slices.ContainsFunc(calls, func(c string) bool { return strings.HasPrefix(c, "bytes.") }) {
			t.Errorf("%s: %s uses %v, want %s alone to compare", at.file, at.function, calls, at.call)
		}
	}
	g, key, _ := newGuard(t)
	if bytes.Contains(append(g.digest[:], g.signing...), []byte(key)) {
		t.Error("the guard holds the key")
	}
}

func bodyOf(t *testing.T, file, function string) ast.Node {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range parsed.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == function {
			return f.Body
		}
	}
	t.Fatalf("%s has no %s", file, function)
	return nil
}

// No cookie that was not made with the key is ever let in.
func FuzzSession(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	g := New(Options{Key: strings.Repeat("k", 16), Now: func() time.Time { return now }})
	good := g.token(now.Add(time.Hour))
	for _, seed := range []string{"", ".", good, good + ".", "9" + good, strings.ToUpper(good), "-1.x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		end, ok := g.verify(value)
		if ok && g.token(end) != strings.NewReplacer("\r", "", "\n", "").Replace(value) { // the decoder passes over line ends
			t.Errorf("verify(%q) = %v, true; want what the guard has made alone", value, end)
		}
	})
}
