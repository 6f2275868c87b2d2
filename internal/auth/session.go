package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Cookie is the name of the cookie that holds a session.
const Cookie = "filavip_session"

// SessionFor is how long a session lasts.
const SessionFor = 30 * 24 * time.Hour

// deriveSigning returns the secret for the MACs of sessions. It does not lead back to the
// key, and whatever else may ever be derived from the key has a label of its own.
func deriveSigning(key string) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte("filavip session 1"))
	return mac.Sum(nil)
}

// SignIn opens a session for whoever has the key, in a cookie of the answer; or says why
// not, as Check does. Where no key is asked for it does nothing.
func (g *Guard) SignIn(w http.ResponseWriter, r *http.Request, key string) error {
	if !g.asks {
		return nil
	}
	err := ErrNoKey
	if key != "" {
		err = g.compare(key)
	}
	if err := g.note(err); err != nil {
		return err
	}
	end := g.now().Add(SessionFor)
	setCookie(w, r, g.token(end), int(SessionFor/time.Second))
	return nil
}

// SignOut has the browser forget its session.
func (g *Guard) SignOut(w http.ResponseWriter, r *http.Request) { setCookie(w, r, "", -1) }

// setCookie sets the session's cookie, for so many seconds, or none if that is negative. It
// stays on TLS where it came over TLS, also where a proxy says so: who lies about that
// harms nobody but itself.
func setCookie(w http.ResponseWriter, r *http.Request, value string, seconds int) {
	overTLS := r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure on plain HTTP would be no session at all
		Name: Cookie, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: overTLS,
	})
}

// token returns the value of a session's cookie: when it ends in seconds since 1970, a dot,
// and the MAC of that.
func (g *Guard) token(end time.Time) string {
	text := strconv.FormatInt(end.Unix(), 10)
	return text + "." + base64.RawURLEncoding.EncodeToString(g.mac(text))
}

func (g *Guard) mac(text string) []byte {
	mac := hmac.New(sha256.New, g.signing)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// session returns when the session of a request ends. Of several cookies, as another
// server on the same host or a page below a path may have set, one must be good.
func (g *Guard) session(r *http.Request) (end time.Time, err error) {
	err = ErrNoKey
	for _, c := range r.CookiesNamed(Cookie) {
		if end, ok := g.verify(c.Value); ok && g.now().Before(end) {
			return end, nil
		}
		err = ErrNoSession
	}
	return time.Time{}, err
}

// verify returns when a session ends, if a server with this key has opened it.
func (g *Guard) verify(token string) (end time.Time, ok bool) {
	text, sum, _ := strings.Cut(token, ".")
	given, err := base64.RawURLEncoding.Strict().DecodeString(sum)
	if err != nil || !hmac.Equal(given, g.mac(text)) {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0), err == nil
}
