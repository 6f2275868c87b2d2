package api

import (
	"bytes"
	"context"
	"net/http"
	"strings"
)

// Mount is a handler beside the API's own: it answers behind the same checks and with
// the same headers, which it may replace.
type Mount struct {
	Method  string // GET also takes HEAD
	Path    string // as [http.ServeMux] has it; one that ends in a slash takes all below
	Handler http.Handler
	// Live says that its connections stay open. They take none of the places of
	// [Options.InFlight], count in no duration, and are asked neither where they come
	// from nor how long their body is: the handler sees to all that, with
	// [API.AllowsOrigin] and limits of its own.
	Live bool
	// Open says that nobody is asked for the key: it is a file or a page that gives nothing
	// away, or the handler asks for the key itself.
	Open bool
}

// mount registers the handlers that the API was given.
func (a *API) mount() {
	for _, m := range a.opts.Mounts {
		a.routes.raw(m.Method, m.Path, m.Handler)
		if m.Open {
			a.routes.letIn(m.Method, m.Path)
		}
		if m.Live {
			a.open = append(a.open, m.Path)
		}
	}
}

// livePaths are the paths of live mounts.
type livePaths []string

// has says whether a request goes to one of them.
func (p livePaths) has(r *http.Request) bool {
	for _, path := range p {
		if r.URL.Path == path || strings.HasSuffix(path, "/") && strings.HasPrefix(r.URL.Path, path) {
			return true
		}
	}
	return false
}

// unless sends the requests to live paths past a middleware.
func (p livePaths) unless(wrap middleware) middleware {
	return func(next http.Handler) http.Handler {
		wrapped := wrap(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if p.has(r) {
				next.ServeHTTP(w, r)
				return
			}
			wrapped.ServeHTTP(w, r)
		})
	}
}

// AllowsOrigin says whether the page that sent a request, if one did, may have a live
// connection: it is this server's own or one of [Options.Origins], letter by letter.
// Browsers apply no such rule to websockets themselves.
func (a *API) AllowsOrigin(r *http.Request) bool { return a.sites.admit(r) }

// Call does what a POST to the path with that JSON object as its body would do, for
// somebody who made the request from, and returns the status code and the JSON body of
// the answer. It is for commands that arrive by another way than HTTP. The key or session
// of from goes along, so it is asked for here as everywhere.
func (a *API) Call(ctx context.Context, from *http.Request, path string, fields []byte) (status int, answer []byte) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, path, bytes.NewReader(fields))
	if err != nil {
		return http.StatusBadRequest, nil
	}
	r.RemoteAddr, r.Host, r.RequestURI = from.RemoteAddr, from.Host, path
	r.Header.Set("Content-Type", jsonType)
	for _, name := range []string{"Accept-Language", "User-Agent", "Authorization", "Cookie"} {
		r.Header[name] = from.Header[name]
	}
	w := &inMemory{header: http.Header{}}
	a.handler.ServeHTTP(w, r)
	return max(w.status, http.StatusOK), w.body.Bytes()
}

// inMemory is an answer that is not sent.
type inMemory struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (w *inMemory) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *inMemory) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write implements [http.ResponseWriter].
func (w *inMemory) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// Status returns the JSON body of GET /pedidos as it is now, up to 100 ms old, or a second
// where it takes long to make, but no older than the last [API.Refresh].
func (a *API) Status(ctx context.Context) ([]byte, error) {
	now, err := a.latest.get(ctx)
	return now.body, err
}

// Refresh makes the next status that is asked for a new one: something has happened that
// somebody may have heard of.
func (a *API) Refresh() { a.latest.drop() }

// Language returns the tag of the language that the client likes best, en or pt-BR.
func (a *API) Language(r *http.Request) string { return languageOf(r).tag() }

// RefuseParameter answers 400 to a request of a mounted handler, naming the parameter.
func (a *API) RefuseParameter(w http.ResponseWriter, r *http.Request, name, given, allowed string) {
	a.deny(w, r, &refusal{kind: invalidParameter, faults: []fault{newFault(name, given, allowedAsSaid, allowed)}})
}

// RefuseOrigin answers 403 to a request of a page whose origin is not allowed.
func (a *API) RefuseOrigin(w http.ResponseWriter, r *http.Request) {
	a.deny(w, r, &refusal{kind: crossOrigin})
}

// RefuseOverload answers 503 to a request that there is no room for.
func (a *API) RefuseOverload(w http.ResponseWriter, r *http.Request) {
	a.deny(w, r, &refusal{kind: overloaded})
}
