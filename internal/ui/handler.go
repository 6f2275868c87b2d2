package ui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"time"

	"github.com/filavip/filavip/internal/wire"
)

// patience is how long a page waits for the status before it does without.
const patience = 2 * time.Second

// Options are what the pages show. Status is required; other zero fields take the defaults.
type Options struct {
	// Status returns the current status. A page whose status cannot be read says so.
	Status func(context.Context) (wire.Status, error)
	// Admits says whether whoever asks for a page may see the status and how the server is
	// set up. Others get a page that asks for the key. Default: everybody may.
	Admits func(*http.Request) bool
	// Language returns the tag of the language that a client likes best, en or pt-BR. What
	// the page has chosen, as ?lang= or in the cookie filavip_lang, comes before it.
	// Default: en.
	Language func(*http.Request) string

	// URL is the address under which people reach the application. Default: what the
	// request says, which behind a proxy that strips a prefix is not all of it.
	URL     string
	Version string
	Engine  string // default: embedded
	Workers int
	// Refresh is how often the page asks where nothing is pushed. Default: 5 s.
	Refresh   time.Duration
	MaxOrders int64
	Tiers     [4]uint32 // default weights of BRONZE, SILVER, GOLD, DIAMOND

	// Dist is the build's folder. Default: the one that is part of the program.
	Dist fs.FS
}

func (o Options) withDefaults() (Options, error) {
	if o.Status == nil {
		return o, errors.New("ui: no Status")
	}
	if o.Admits == nil {
		o.Admits = func(*http.Request) bool { return true }
	}
	if o.Language == nil {
		o.Language = func(*http.Request) string { return english }
	}
	if o.Engine == "" {
		o.Engine = "embedded"
	}
	if o.Refresh == 0 {
		o.Refresh = 5 * time.Second
	}
	if o.Dist == nil {
		dist, err := fs.Sub(built, "dist")
		if err != nil {
			return o, fmt.Errorf("ui: %w", err)
		}
		o.Dist = dist
	}
	return o, nil
}

// Handler answers for the pages and their files. It is safe for concurrent use.
type Handler struct {
	opts   Options
	entry  entry
	texts  map[string]dictionary
	shells map[string]*shell // by language
	mux    *http.ServeMux
	routes []string
}

// New returns a handler. It fails if the build that is part of the program, or the one it
// is given, makes no sense.
func New(opts Options) (*Handler, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	h := &Handler{opts: opts, texts: dictionaries(), shells: map[string]*shell{}, mux: http.NewServeMux()}
	if h.entry, err = readEntry(opts.Dist); err != nil {
		return nil, fmt.Errorf("ui: %w", err)
	}
	for lang, texts := range h.texts {
		if h.shells[lang], err = newShell(texts); err != nil {
			return nil, fmt.Errorf("ui: %w", err)
		}
	}
	if err := h.register(); err != nil {
		return nil, fmt.Errorf("ui: %w", err)
	}
	return h, nil
}

// Routes returns the paths that the handler answers for, as [http.ServeMux] has them. All
// are for GET and HEAD.
func (h *Handler) Routes() []string { return append([]string(nil), h.routes...) }

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	h.mux.ServeHTTP(w, r)
}

func (h *Handler) handle(pattern string, handler http.Handler) {
	h.routes = append(h.routes, pattern)
	h.mux.Handle(pattern, handler)
}

func (h *Handler) register() error {
	for _, p := range pages() {
		h.handle(p.pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.page(w, r, p) }))
	}
	assets, err := readAssets(h.opts.Dist)
	if err != nil {
		return err
	}
	h.handle("/assets/{file...}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := assets[r.PathValue("file")]
		if a == nil {
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, "there is no such file", http.StatusNotFound)
			return
		}
		a.ServeHTTP(w, r)
	}))
	for _, name := range []string{"favicon.svg", "og.svg", "shell.css", "site.webmanifest"} {
		body, err := fs.ReadFile(static, "static/"+name)
		if err != nil {
			return err
		}
		h.handle("/"+name, newAsset(name, body, forHour))
	}
	h.handle("/robots.txt", http.HandlerFunc(h.robots))
	h.handle("/sitemap.xml", http.HandlerFunc(h.sitemap))
	return nil
}

// page writes a page.
func (h *Handler) page(w http.ResponseWriter, r *http.Request, p page) {
	lang := h.language(r)
	admitted := h.opts.Admits(r)
	var status *wire.Status
	if admitted {
		status = h.status(r.Context())
	}
	v := h.view(r, p, lang, status)
	if !admitted {
		v.lock()
	}
	var buf bytes.Buffer
	if err := h.shells[lang].write(&buf, v); err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Content-Language", lang)
	head.Set("Content-Security-Policy", policy(r.Host))
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cache-Control", "no-store")
	head.Add("Vary", "Accept-Language, Cookie")
	if status == nil && admitted {
		head.Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(buf.Bytes()) // the client may have gone
	}
}

// status returns the current status; nil if it cannot be read.
func (h *Handler) status(ctx context.Context) *wire.Status {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := h.opts.Status(ctx)
	if err != nil {
		return nil
	}
	return &s
}

// language returns the language of a page: what was chosen, or else what the client likes.
func (h *Handler) language(r *http.Request) string {
	chosen := []string{r.URL.Query().Get("lang")}
	if cookie, err := r.Cookie("filavip_lang"); err == nil {
		chosen = append(chosen, cookie.Value)
	}
	for _, lang := range append(chosen, h.opts.Language(r)) {
		if h.texts[lang] != nil {
			return lang
		}
	}
	return english
}

// theme returns the theme that was chosen; empty if it is the system's.
func theme(r *http.Request) string {
	if cookie, err := r.Cookie("filavip_theme"); err == nil && (cookie.Value == "light" || cookie.Value == "dark") {
		return cookie.Value
	}
	return ""
}
