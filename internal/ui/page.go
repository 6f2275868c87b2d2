package ui

import "strings"

// page is one of the dashboard's pages.
type page struct {
	pattern string // as [http.ServeMux] has it
	name    string // of its texts
	base    string // the application's root, relative to the page
}

func pages() []page {
	return []page{
		{"/{$}", "overview", "./"},
		{"/charts", "charts", "./"},
		{"/browse", "browse", "./"},
		{"/queue", "queue", "./"},
		{"/failures", "failures", "./"},
		{"/runs", "runs", "./"},
		{"/runs/{id}", "run", "../"},
		{"/logs", "logs", "./"},
		{"/system", "system", "./"},
	}
}

// path is where the page is, below the root; empty for one of many.
func (p page) path() string {
	if strings.Contains(p.pattern, "{id}") {
		return ""
	}
	return strings.TrimSuffix(p.pattern, "{$}")
}

// shownID returns an ID that looks like one, and nothing otherwise: what else stands in
// the address is not repeated.
func shownID(text string) string {
	if len(text) != 36 || strings.Trim(text, "0123456789abcdefABCDEF-") != "" {
		return ""
	}
	return strings.ToLower(text)
}
