package socketio

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"
)

// clientScript is the client for browsers, as its authors distribute it.
//
//go:embed client/socket.io.min.js
var clientScript []byte

// script serves the client.
type script struct {
	tag    string
	zipped func() []byte
}

func newScript() *script {
	sum := sha256.Sum256(clientScript)
	return &script{
		tag: hex.EncodeToString(sum[:8]),
		zipped: sync.OnceValue(func() []byte {
			var b bytes.Buffer
			z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
			if err != nil {
				panic(err) // the level exists
			}
			_, _ = z.Write(clientScript) // a buffer takes everything
			_ = z.Close()
			return b.Bytes()
		}),
	}
}

// ServeHTTP implements [http.Handler].
func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "405 method not allowed: GET or HEAD are", http.StatusMethodNotAllowed)
		return
	}
	body, tag := clientScript, s.tag
	h := w.Header()
	h.Set("Vary", "Accept-Encoding")
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		body, tag = s.zipped(), tag+"-gzip"
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=0")
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// acceptsGzip says whether an Accept-Encoding allows gzip by its name.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, quality, _ := strings.Cut(strings.ToLower(part), ";")
		quality = strings.ReplaceAll(quality, " ", "")
		if strings.TrimSpace(name) == "gzip" {
			return strings.TrimRight(quality, "0.") != "q="
		}
	}
	return false
}
