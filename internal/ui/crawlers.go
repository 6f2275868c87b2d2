package ui

import (
	"encoding/xml"
	"net/http"
	"strings"
)

// root returns the absolute address of the application, without a slash at its end.
func (h *Handler) root(r *http.Request) string {
	if h.opts.URL != "" {
		return strings.TrimRight(h.opts.URL, "/")
	}
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	host := r.Host
	if !isHost(host) {
		host = "localhost"
	}
	return scheme + "://" + host
}

// robots lets crawlers see the pages, and keeps them from what changes by the second.
func (h *Handler) robots(w http.ResponseWriter, r *http.Request) {
	text := "User-agent: *\nDisallow: /pedidos\nDisallow: /orders\nDisallow: /diagnostics\nDisallow: /socket.io\nSitemap: " + h.root(r) + "/sitemap.xml\n"
	newAsset("robots.txt", []byte(text), forHour).ServeHTTP(w, r)
}

func (h *Handler) sitemap(w http.ResponseWriter, r *http.Request) {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n")
	for _, p := range pages() {
		if at := p.path(); at != "" {
			b.WriteString("<url><loc>")
			_ = xml.EscapeText(&b, []byte(h.root(r)+at)) // it does not fail on a builder
			b.WriteString("</loc></url>\n")
		}
	}
	b.WriteString("</urlset>\n")
	newAsset("sitemap.xml", []byte(b.String()), forHour).ServeHTTP(w, r)
}
