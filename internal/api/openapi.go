package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
)

// registerDocument serves the OpenAPI document. It is written out when it is first
// asked for: it is long, and no start of the server should wait for it.
func (a *API) registerDocument() {
	a.document("/openapi.json", "application/openapi+json", func() ([]byte, error) {
		return json.MarshalIndent(a.huma.OpenAPI(), "", "  ")
	})
	a.document("/openapi.yaml", "application/openapi+yaml", a.huma.OpenAPI().YAML)
}

func (a *API) document(path, contentType string, write func() ([]byte, error)) {
	once := sync.OnceValues(write)
	a.routes.raw(http.MethodGet, path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := once()
		if err != nil {
			a.deny(w, r, fmt.Errorf("write the OpenAPI document: %w", err))
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(body) // the client may have gone
	}))
}
