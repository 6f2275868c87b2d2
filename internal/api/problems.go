package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

func (a *API) registerProblems() {
	handle(a, route{
		method: http.MethodGet, paths: []string{"/problems/{name}"}, id: "get-problem", tag: "problems",
		summary: "What a kind of problem means and what to do about it",
		params:  []parameter{inPath{name: "name", doc: "The last part of a problem's type."}},
		errors:  []int{http.StatusNotFound},
	}, a.explain)
	a.documentPlain("/problems/{name}")
}

func (a *API) explain(_ context.Context, req *request) (*plain, error) {
	name := req.http.PathValue("name")
	k := kind(name)
	if !slices.Contains(kinds(), k) {
		return nil, refuse(notFound, textNoProblem, cut(name))
	}
	lang := languageOf(req.http)
	page := fmt.Sprintf("%s (%d %s)\n\n%s.\n%s\n", a.texts.say(lang, k.title()), k.status(), http.StatusText(k.status()),
		a.texts.say(lang, k.detail()), a.texts.say(lang, k.advice()))
	return newPlain(http.StatusOK, []byte(page)), nil
}

// documentPlain tells the document that an answer is plain text.
func (a *API) documentPlain(path string) {
	text := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	a.huma.OpenAPI().Paths[path].Get.Responses["200"].Content = map[string]*huma.MediaType{"text/plain": text}
}
