package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// How long browsers keep files: those whose names change with their content, and others.
const (
	forGood = "public, max-age=31536000, immutable"
	forHour = "public, max-age=3600"
)

// asset is a file as it goes out. It is compressed when that is first asked for, once.
type asset struct {
	contentType string
	keep        string // Cache-Control
	body        []byte
	tag         string                // of body, without quotes
	gzip        func() ([]byte, bool) // false if that makes it no smaller
}

func newAsset(name string, body []byte, keep string) *asset {
	sum := sha256.Sum256(body)
	a := &asset{contentType: typeOf(name), keep: keep, body: body, tag: hex.EncodeToString(sum[:12])}
	a.gzip = sync.OnceValues(func() ([]byte, bool) {
		small := compress(body)
		return small, len(small) < len(body) && isText(a.contentType)
	})
	return a
}

// typeOf returns the media type of a file by its name.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json", ".map":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".xml":
		return "application/xml; charset=utf-8"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	case ".png":
		return "image/png"
	case ".webp":
		return "image/webp"
	}
	return "application/octet-stream"
}

func isText(contentType string) bool {
	return strings.HasPrefix(contentType, "text/") || strings.Contains(contentType, "json") || strings.Contains(contentType, "xml")
}

func compress(body []byte) []byte {
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // the level is one that there is
	_, _ = w.Write(body)                                    // neither fails on a buffer
	_ = w.Close()
	return buf.Bytes()
}

// ServeHTTP answers with the file, compressed if the client takes that, or with 304 and
// none if the client has it already.
func (a *asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", a.keep)
	h.Add("Vary", "Accept-Encoding")
	body, tag := a.body, `"`+a.tag+`"`
	if takesGzip(r) {
		if small, ok := a.gzip(); ok {
			body, tag = small, `"`+a.tag+`-gz"`
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("ETag", tag)
	if hasAlready(r, tag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", a.contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) //nolint:gosec // a file of ours, or an address checked by isHost; the client may have gone
	}
}

// takesGzip says whether the client takes gzip: it names it, and not with a weight of 0.
func takesGzip(r *http.Request) bool {
	for _, line := range r.Header.Values("Accept-Encoding") {
		for part := range strings.SplitSeq(line, ",") {
			coding, weight, _ := strings.Cut(strings.ReplaceAll(part, " ", ""), ";")
			if strings.EqualFold(coding, "gzip") {
				q, err := strconv.ParseFloat(strings.TrimPrefix(weight, "q="), 64)
				return weight == "" || err == nil && q > 0
			}
		}
	}
	return false
}

// hasAlready says whether the client has the file under that tag.
func hasAlready(r *http.Request, tag string) bool {
	for _, line := range r.Header.Values("If-None-Match") {
		for candidate := range strings.SplitSeq(line, ",") {
			candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
			if candidate == tag || candidate == "*" {
				return true
			}
		}
	}
	return false
}

// readAssets reads the files below the folder assets of a build, by name.
func readAssets(dist fs.FS) (map[string]*asset, error) {
	all := map[string]*asset{}
	if _, err := fs.Stat(dist, "assets"); err != nil {
		return all, nil //nolint:nilerr // nothing was built
	}
	err := fs.WalkDir(dist, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		all[strings.TrimPrefix(name, "assets/")] = newAsset(name, body, forGood)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the dashboard's files: %w", err)
	}
	return all, nil
}
