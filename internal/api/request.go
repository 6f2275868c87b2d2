package api

import (
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/filavip/filavip/internal/store"
)

// request is what a handler gets: the parameters as they were sent, and the HTTP
// request they came in. huma fills it in through Resolve.
type request struct {
	http *http.Request
	args map[string][]string
	err  error              // why args could not be read
	idem *store.Idempotency // nil without a key
}

// Resolve implements [huma.Resolver]. It never reports an error itself: huma would
// answer 422 to what is 400, 413 or 415.
func (q *request) Resolve(ctx huma.Context) []error {
	r, w := humago.Unwrap(ctx)
	q.http = r
	q.args, q.err = arguments(ctx.Operation(), w, r)
	return nil
}

// reading begins to take parameters out of the request.
func (q *request) reading() *reading { return &reading{args: q.args} }

// arguments reads the parameters of a request from its query and, for a POST, from its
// body.
func arguments(op *huma.Operation, w http.ResponseWriter, r *http.Request) (map[string][]string, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		f := newFault("query", r.URL.RawQuery, allowedQuery)
		return nil, &refusal{kind: invalidParameter, faults: []fault{f}}
	}
	if r.Method != http.MethodPost {
		return query, nil
	}
	if faults := misnamed(query, names(op)); len(faults) > 0 {
		return nil, &refusal{kind: invalidParameter, faults: faults}
	}
	for _, name := range lists(op) {
		if values, given := query[name]; given {
			query[name] = split(values)
		}
	}
	body, err := readBody(w, r)
	if err != nil || len(body) == 0 {
		return query, err
	}
	if got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || got != "application/json" {
		return nil, refuse(mediaType, textNotJSON, cut(r.Header.Get("Content-Type")))
	}
	fields, err := parseBody(body, names(op), lists(op))
	for name, values := range fields {
		query[name] = append(query[name], values...)
	}
	return query, err
}

// misnamed refuses parameters that an operation does not take: a call that acts must not
// act otherwise than it was meant to because of a slip of the pen. Names that begin with
// an underscore, by which some clients get past caches, are nobody's.
func misnamed(query url.Values, allowed []string) []fault {
	var faults []fault
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !slices.Contains(allowed, name) && !strings.HasPrefix(name, "_") {
			faults = append(faults, noSuchName(name, query[name], allowed))
		}
	}
	return faults
}

// noSuchName says which parameters there are.
func noSuchName(name string, values, allowed []string) fault {
	value := strings.Join(values, ", ")
	if len(allowed) == 0 {
		return newFault(name, value, allowedNoNames)
	}
	return newFault(name, value, allowedNames, strings.Join(allowed, ", "))
}

// readBody reads the whole body. The time allowed for reading ends with it: what is
// left of it is no limit to how long the answer may take.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, &refusal{kind: bodyTooLarge}
	}
	if err != nil {
		return nil, &refusal{kind: invalidBody}
	}
	// It fails only on a connection that is gone, and then nobody waits for the answer.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	return body, nil
}

// names returns the parameters that an operation takes from the query or the body.
func names(op *huma.Operation) []string {
	var all []string
	for _, p := range op.Parameters {
		if p.In == "query" {
			all = append(all, p.Name)
		}
	}
	return all
}

// split takes lists that were written as texts apart at their commas. What an array in a
// body holds is not split: it may have commas of its own.
func split(texts []string) []string {
	var all []string
	for _, text := range texts {
		all = append(all, strings.Split(text, ",")...)
	}
	return all
}

// lists returns those of an operation's parameters that may be arrays in the body.
func lists(op *huma.Operation) []string {
	var all []string
	for _, p := range op.Parameters {
		if p.In == "query" && p.Schema.Type == huma.TypeArray {
			all = append(all, p.Name)
		}
	}
	return all
}
