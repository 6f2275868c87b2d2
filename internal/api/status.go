package api

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/filavip/filavip/internal/wire"
)

// jsonType is the media type of answers.
const jsonType = "application/json"

// body is an answer with nothing but a body.
type body[T any] struct{ Body T }

// tagged is an answer that was encoded before, with its entity tag.
type tagged struct {
	Status       int
	ContentType  string `header:"Content-Type"`
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	Body         []byte
}

// newTagged answers with a body, or with 304 and none if the client has it already.
func newTagged(req *request, encoded []byte, etag string) *tagged {
	out := &tagged{Status: http.StatusOK, ContentType: jsonType, ETag: etag, CacheControl: "no-cache", Body: encoded}
	if matches(req.http.Header.Values("If-None-Match"), etag) {
		out.Status, out.Body = http.StatusNotModified, nil
	}
	return out
}

// encodeTagged encodes v and answers with it under a strong tag.
func encodeTagged(req *request, v any) (*tagged, error) {
	encoded, err := encode(v)
	if err != nil {
		return nil, err
	}
	return newTagged(req, encoded, tagOf(encoded)), nil
}

func (a *API) registerStatus() {
	handle(a, route{
		method: http.MethodGet, paths: []string{"/pedidos", "/orders"}, id: "get-status", tag: "status",
		summary: "The current or latest batch run",
		more:    "Everything about the run in one body, up to 100 ms old, or a second where counting takes long. Answers 304 while nothing happens, if asked with If-None-Match.",
		errors:  []int{http.StatusServiceUnavailable},
	}, a.getStatus)
	a.documentTagged("/pedidos", reflect.TypeFor[wire.Status]())
	a.documentTagged("/orders", reflect.TypeFor[wire.Status]())
}

func (a *API) getStatus(ctx context.Context, req *request) (*tagged, error) {
	now, err := a.latest.get(ctx)
	if err != nil {
		return nil, err
	}
	return newTagged(req, now.body, now.etag), nil
}

// documentTagged gives the document what huma cannot know of an encoded body: its
// schema, and that it may be 304.
func (a *API) documentTagged(path string, t reflect.Type) {
	responses := a.huma.OpenAPI().Paths[path].Get.Responses
	responses["200"].Content = map[string]*huma.MediaType{jsonType: {Schema: a.schema(t)}}
	responses["304"] = &huma.Response{Description: http.StatusText(http.StatusNotModified)}
}
