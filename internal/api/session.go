package api

import (
	"encoding/json"
	"mime"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/filavip/filavip/internal/auth"
)

// sessionPath is where browsers exchange the key for a session.
const sessionPath = "/session"

// registerSession serves the exchange. huma does not see it, for what it sees can be given
// in the query, and no key belongs there.
func (a *API) registerSession() {
	a.routes.raw(http.MethodPost, sessionPath, http.HandlerFunc(a.signIn))
	a.routes.raw(http.MethodDelete, sessionPath, http.HandlerFunc(a.signOut))
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		a.routes.letIn(method, sessionPath)
	}
	a.documentSession()
}

func (a *API) signIn(w http.ResponseWriter, r *http.Request) {
	key, err := keyOf(w, r)
	if err == nil {
		err = a.opts.Guard.SignIn(w, r, key)
		a.noteWrong(r, err)
	}
	if err != nil {
		a.deny(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *API) signOut(w http.ResponseWriter, r *http.Request) {
	a.opts.Guard.SignOut(w, r)
	w.WriteHeader(http.StatusNoContent)
}

// keyOf returns the key that a request brings: its Bearer, else that in its body. Nothing
// of a body that is anything else is repeated, for it may hold the key.
func keyOf(w http.ResponseWriter, r *http.Request) (string, error) {
	if key, given := auth.Bearer(r); given {
		return key, nil
	}
	body, err := readBody(w, r)
	if err != nil {
		return "", err
	}
	if got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); len(body) > 0 && (err != nil || got != jsonType) {
		return "", refuse(mediaType, textNotJSON, cut(r.Header.Get("Content-Type")))
	}
	var fields map[string]string
	key, given := "", false
	if json.Unmarshal(body, &fields) == nil {
		key, given = fields["key"]
	}
	if !given || len(fields) != 1 {
		return "", refuse(invalidBody, textNoKeyInBody)
	}
	return key, nil
}

func (a *API) documentSession() {
	key := &huma.Schema{Type: huma.TypeString}
	body := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"key": key}, Required: []string{"key"}, AdditionalProperties: false}
	done := &huma.Response{Description: http.StatusText(http.StatusNoContent)}
	in := a.errorResponses([]int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests})
	in[strconv.Itoa(http.StatusNoContent)] = done
	a.huma.OpenAPI().AddOperation(&huma.Operation{
		Method: http.MethodPost, Path: sessionPath, OperationID: "sign-in", Tags: []string{"access"}, Security: nobodyAsked(),
		Summary:     "Exchange the key for a session",
		Description: "For browsers. The session is in a cookie of 30 days that no script can read. The key may also come as Bearer, without a body.",
		RequestBody: &huma.RequestBody{Content: map[string]*huma.MediaType{jsonType: {Schema: body}}},
		Responses:   in,
	})
	out := a.errorResponses([]int{http.StatusForbidden})
	out[strconv.Itoa(http.StatusNoContent)] = done
	a.huma.OpenAPI().AddOperation(&huma.Operation{
		Method: http.MethodDelete, Path: sessionPath, OperationID: "sign-out", Tags: []string{"access"}, Security: nobodyAsked(),
		Summary:     "Have the browser forget its session",
		Description: "Other browsers keep theirs. Another key ends them all.",
		Responses:   out,
	})
}

// The ways to show the key, as the document names them.
const (
	bearerScheme  = "key"
	sessionScheme = "session"
)

// securitySchemes documents the ways to show the key.
func securitySchemes() map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{
		bearerScheme: {
			Type: "http", Scheme: "bearer",
			Description: "FILAVIP_API_KEY of the server. A server without one asks for nothing. Without the right one, every operation that needs it answers 401 with a problem, and 429 once there were too many wrong ones.",
		},
		sessionScheme: {Type: "apiKey", In: "cookie", Name: auth.Cookie, Description: "What POST /session gives to browsers."},
	}
}

// keyAsked documents that an operation needs the key, where there is one.
func keyAsked() []map[string][]string {
	return []map[string][]string{{bearerScheme: {}}, {sessionScheme: {}}, {}}
}

// nobodyAsked documents that an operation never needs the key.
func nobodyAsked() []map[string][]string { return []map[string][]string{} }
