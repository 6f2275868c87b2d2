package ui

import (
	_ "embed" // for the shell
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strings"

	"github.com/filavip/filavip/internal/wire"
)

//go:embed shell.html
var shellText string

// shell is the template of the pages in one language.
type shell struct{ template *template.Template }

func newShell(texts dictionary) (*shell, error) {
	t, err := template.New("shell").Funcs(template.FuncMap{
		"t": func(name string) (string, error) {
			text, ok := texts[name]
			if !ok {
				return "", fmt.Errorf("no text %q", name)
			}
			return text, nil
		},
		"n":       texts.number,
		"ms":      texts.millis,
		"rate":    texts.rate,
		"instant": instant,
	}).Parse(shellText)
	if err != nil {
		return nil, fmt.Errorf("parse the shell: %w", err)
	}
	return &shell{t}, nil
}

func (s *shell) write(w io.Writer, v view) error { return s.template.Execute(w, v) }

// instant writes an instant for the eye; nothing for one that has not come.
func instant(i wire.Instant) string {
	if i.IsZero() {
		return ""
	}
	return i.UTC().Format("2006-01-02 15:04:05.000 UTC")
}

// view is what a page shows.
type view struct {
	Lang, Locale, Theme   string
	Title, Heading, About string
	URL, Image            string // absolute
	Base                  string
	Entry                 entry
	Pages                 []link
	Locked                bool         // the key is asked for first
	Status                *wire.Status // nil if it cannot be read
	Boot                  boot
	Linked                linked
}

// lock takes out of a page what is for those with the key alone.
func (v *view) lock() {
	v.Locked, v.Status = true, nil
	v.Boot = boot{Base: v.Boot.Base, Lang: v.Boot.Lang, Theme: v.Boot.Theme, Locked: true}
	v.Linked.Version = ""
}

// link is one of the navigation.
type link struct {
	Link, Name string
	Here       bool
}

// boot is what the script begins with.
type boot struct {
	Base      string       `json:"base"`
	Lang      string       `json:"lang"`
	Theme     string       `json:"theme,omitempty"`
	Locked    bool         `json:"locked,omitempty"` // then nothing below is there
	Status    *wire.Status `json:"status,omitempty"`
	RefreshMs int64        `json:"refreshMs,omitempty"`
	MaxOrders int64        `json:"maxOrders,omitempty"`
	Version   string       `json:"version,omitempty"`
	Workers   int          `json:"workers,omitempty"`
	Engine    string       `json:"engine,omitempty"`
	Tiers     [4]uint32    `json:"tiers,omitzero"`
}

// linked describes the application to those who read linked data.
type linked struct {
	Context         string `json:"@context"`
	Type            string `json:"@type"`
	Name            string `json:"name"`
	Category        string `json:"applicationCategory"`
	Version         string `json:"softwareVersion,omitempty"`
	OperatingSystem string `json:"operatingSystem"`
	Description     string `json:"description"`
	URL             string `json:"url"`
	Language        string `json:"inLanguage"`
}

func (h *Handler) view(r *http.Request, p page, lang string, status *wire.Status) view {
	texts, root := h.texts[lang], h.root(r)
	heading, at := texts[p.name], p.path()
	if p.name == "run" {
		at = "/runs/"
		if id := shownID(r.PathValue("id")); id != "" {
			heading, at = heading+" "+id, "/runs/"+id
		}
	}
	v := view{
		Lang: lang, Locale: map[string]string{english: "en_US", portuguese: "pt_BR"}[lang], Theme: theme(r),
		Title: heading + " · filavip", Heading: heading, About: texts["about/"+p.name],
		URL: root + at, Image: root + "/og.svg", Base: p.base, Entry: h.entry, Status: status,
		Boot: boot{
			Base: p.base, Lang: lang, Theme: theme(r), Status: status, RefreshMs: h.opts.Refresh.Milliseconds(), MaxOrders: h.opts.MaxOrders,
			Version: h.opts.Version, Workers: h.opts.Workers, Engine: h.opts.Engine, Tiers: h.opts.Tiers,
		},
		Linked: linked{
			Context: "https://schema.org", Type: "SoftwareApplication", Name: "filavip", Category: "BusinessApplication",
			Version: h.opts.Version, OperatingSystem: "Linux, macOS, Windows", Description: texts["product"], URL: root + "/", Language: lang,
		},
	}
	for _, other := range pages() {
		if at := other.path(); at != "" {
			v.Pages = append(v.Pages, link{Link: strings.TrimPrefix(at, "/"), Name: texts[other.name], Here: other.name == p.name})
		}
	}
	return v
}

// policy is the pages' content security policy: nothing but files of our own, and live
// connections to the server that the page is from. Not every browser counts those to the
// page's own origin, so they are named.
func policy(host string) string {
	live := ""
	if isHost(host) {
		live = " ws://" + host + " wss://" + host
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'" + live +
		"; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}

// hostBytes are all that names, addresses and ports consist of.
const hostBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]"

// isHost says whether a Host header can be written into a header or an address of ours.
func isHost(host string) bool {
	return host != "" && strings.Trim(host, hostBytes) == ""
}
