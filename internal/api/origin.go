package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/filavip/filavip/internal/order"
)

// sites are the other sites whose pages may call the API. One list serves both
// questions: whose requests may change something, and who may read the answers.
type sites struct {
	trusted    []string
	protection *http.CrossOriginProtection
}

// newSites returns the sites of these origins, each written as a browser sends it:
// scheme, host and, if it is not the usual one, port.
func newSites(origins []string) (*sites, error) {
	s := &sites{trusted: origins, protection: http.NewCrossOriginProtection()}
	for _, origin := range origins {
		if err := s.protection.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("%w: origin %q; allowed: such as https://orders.example: %w", order.ErrInvalid, origin, err)
		}
	}
	return s, nil
}

// refuseForeign answers 403 to what would change something and was sent by a page of
// a site that is not trusted.
func (s *sites) refuseForeign(deny denier) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if s.protection.Check(r) != nil {
				deny(w, r, &refusal{kind: crossOrigin})
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// admit says whether a request comes from no page, from one of this host, or from one
// of the trusted sites. Unlike refuseForeign it asks this of requests that only read.
func (s *sites) admit(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		// A page gets images and scripts without saying who it is.
		from := r.Header.Get("Sec-Fetch-Site")
		return from == "" || from == "none" || from == "same-origin"
	}
	if slices.Contains(s.trusted, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && u.Host == r.Host
}

// allowTrusted tells browsers that pages of trusted sites may read the answers. They may
// send the key. A session is for our own pages: no other site's may have its cookie sent.
func (s *sites) allowTrusted(next http.Handler) http.Handler {
	if len(s.trusted) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Vary", "Origin")
		origin := r.Header.Get("Origin")
		if !slices.Contains(s.trusted, origin) {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "ETag, Link, Location, Retry-After")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST")
			h.Set("Access-Control-Allow-Headers", "Accept-Language, Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID")
			h.Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}
