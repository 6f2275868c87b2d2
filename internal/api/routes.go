package api

import (
	"context"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// route describes an operation: where it is, what it takes, and what it may refuse.
type route struct {
	method  string
	paths   []string // the first is its own, the others are aliases
	id      string   // operation ID
	tag     string
	summary string
	more    string
	status  int // when it worked; zero: 200
	params  []parameter
	errors  []int // beside 400, 401 and 500
	old     bool  // deprecated
	open    bool  // nobody is asked for the key
}

// handle registers a route whose handler answers with O.
func handle[O any](a *API, rt route, handler func(context.Context, *request) (*O, error)) {
	for i, at := range rt.paths {
		op := a.operation(rt, i)
		a.routes.add(rt.method, at)
		if rt.open {
			a.routes.letIn(rt.method, at)
		}
		huma.Register(a.huma, op, func(ctx context.Context, req *request) (*O, error) {
			out, err := answer(ctx, a, req, handler)
			if err != nil {
				return nil, a.problem(req.http, err)
			}
			return out, nil
		})
		a.documentBody(op)
	}
}

// answer runs a handler, a POST under its idempotency key.
func answer[O any](ctx context.Context, a *API, req *request, handler func(context.Context, *request) (*O, error)) (*O, error) {
	if req.err != nil {
		return nil, req.err
	}
	if req.http.Method != http.MethodPost {
		return handler(ctx, req)
	}
	release, err := a.beginKey(req)
	if err != nil {
		return nil, err
	}
	defer release()
	// What was seen before the call must not be shown after it.
	defer a.latest.drop()
	return handler(ctx, req)
}

// operation makes huma's description of a route at one of its paths.
func (a *API) operation(rt route, i int) huma.Operation {
	codes := append([]int{http.StatusBadRequest, http.StatusInternalServerError}, rt.errors...)
	if !rt.open {
		codes = append(codes, http.StatusUnauthorized)
	}
	op := huma.Operation{
		Method:        rt.method,
		Path:          rt.paths[i],
		OperationID:   rt.id,
		Tags:          []string{rt.tag},
		Summary:       rt.summary,
		Description:   rt.more,
		DefaultStatus: rt.status,
		Deprecated:    rt.old,
		Responses:     a.errorResponses(codes),
	}
	if rt.open {
		op.Security = nobodyAsked()
	}
	if i > 0 {
		op.OperationID += strings.NewReplacer("/", "-", "{", "", "}", "").Replace(rt.paths[i])
		op.Description = strings.TrimSpace("Same as " + rt.paths[0] + ". " + rt.more)
	}
	for _, p := range rt.params {
		op.Parameters = append(op.Parameters, p.document())
	}
	return op
}

// documentBody adds a POST's body to the document. It comes after huma has registered
// the operation: a body that huma knows of it would read, and refuse, itself.
func (a *API) documentBody(op huma.Operation) {
	if op.Method == http.MethodPost {
		a.huma.OpenAPI().Paths[op.Path].Post.RequestBody = bodyOf(op.Parameters)
	}
}

// routes finds the handler of a request, and says what else there is where there is
// none. A path that is registered letter by letter is that route and no other:
// GET /pedidos/generate is a wrong method, not the order called generate.
type routes struct {
	mux     *http.ServeMux
	deep    *http.ServeMux      // of patterns with something behind a wildcard, which mux would call ambiguous
	paths   []string            // each once
	literal map[string][]string // methods by path, of paths without wildcards
	open    map[string]bool     // patterns that nobody needs the key for
}

func newRoutes() *routes {
	return &routes{mux: http.NewServeMux(), deep: http.NewServeMux(), literal: map[string][]string{}, open: map[string]bool{}}
}

// HandleFunc implements [humago.Mux].
func (rt *routes) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	if strings.Contains(pattern, "}/") {
		rt.deep.HandleFunc(pattern, handler)
		return
	}
	rt.mux.HandleFunc(pattern, handler)
}

// ServeHTTP implements [http.Handler]. /pedidos/runs/story is the run called story, not
// the story of the order called runs.
func (rt *routes) ServeHTTP(w http.ResponseWriter, r *http.Request) { rt.of(r).ServeHTTP(w, r) }

// of returns the mux that has a request's route.
func (rt *routes) of(r *http.Request) *http.ServeMux {
	if _, pattern := rt.deep.Handler(r); pattern == "" {
		return rt.mux
	}
	if _, pattern := rt.mux.Handler(r); pattern == "" {
		return rt.deep
	}
	return rt.mux
}

// add notes that a path has a method.
func (rt *routes) add(method, at string) {
	if !slices.Contains(rt.paths, at) {
		rt.paths = append(rt.paths, at)
	}
	if strings.Contains(at, "{") {
		return
	}
	methods := slices.Concat(rt.literal[at], []string{method})
	if method == http.MethodGet {
		methods = append(methods, http.MethodHead)
	}
	rt.literal[at] = methods
}

// letIn opens a route to those without the key.
func (rt *routes) letIn(method, at string) { rt.open[method+" "+at] = true }

// isOpen says whether the very route that will answer a request is open.
func (rt *routes) isOpen(r *http.Request) bool {
	_, pattern := rt.of(r).Handler(r)
	return rt.open[pattern]
}

// raw registers a handler that huma does not see.
func (rt *routes) raw(method, at string, handler http.Handler) {
	rt.add(method, at)
	rt.mux.Handle(method+" "+at, handler)
}

// allowed returns the methods that a path has; none if there is no such path.
func (rt *routes) allowed(r *http.Request) []string {
	at := r.URL.EscapedPath()
	if methods, ok := rt.literal[at]; ok {
		return methods
	}
	if path.Clean(at) != at {
		return nil // the mux would redirect; nobody is sent elsewhere here
	}
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		probe := &http.Request{Method: method, Host: r.Host, URL: r.URL}
		if _, pattern := rt.of(probe).Handler(probe); pattern != "" {
			methods = append(methods, method)
		}
	}
	return methods
}

// route answers a request, or says why it cannot.
func (a *API) route(w http.ResponseWriter, r *http.Request) {
	methods := a.routes.allowed(r)
	switch {
	case len(methods) == 0:
		a.deny(w, r, refuse(unknownRoute, textUnknownRoute, r.Method, cut(r.URL.Path)))
	case slices.Contains(methods, r.Method):
		a.routes.ServeHTTP(w, r)
	default:
		allow := strings.Join(append(slices.Clone(methods), http.MethodOptions), ", ")
		w.Header().Set("Allow", allow)
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		a.deny(w, r, refuse(methodNotAllowed, textMethod, r.Method, cut(r.URL.Path), allow))
	}
}
