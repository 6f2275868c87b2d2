package ui

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/wire"
)

const runID = "01a20848-c939-70bb-a49a-f2ffffffffff"

// status is that of a run in full flow.
func status(t *testing.T) wire.Status {
	t.Helper()
	var s wire.Status
	err := json.Unmarshal([]byte(`{"contractVersion":2,"phase":"WAITING_NORMAL_DRAIN","lastRunId":"`+runID+`","target":1000000,"generated":1000000,
		"generationTimeMs":665,"processing":{"vip":{"start":"2026-11-23T12:01:57.588Z","end":"2026-11-23T12:01:58.229Z","timeMs":641,"count":250315},
		"normal":{"start":"2026-11-23T12:01:58.233Z","end":null,"timeMs":0,"count":1234}},"totalTimeMs":1306,"wallClockMs":1655,
		"counts":{"vip":250315,"normal":1234,"total":251549,"failed":7,"removed":0,"pending":748451},
		"throughput":{"vip":390507.4,"normal":2148094.6,"overall":604229},"eta":{"estimatedMs":4321,"progressPercent":25.15}}`), &s)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// build is a build of two chunks.
func build() fstest.MapFS {
	return fstest.MapFS{
		".vite/manifest.json": {Data: []byte(`{"src/main.tsx":{"file":"assets/main-abc.js","css":["assets/main-def.css"],"imports":["_shared.js"]},
			"_shared.js":{"file":"assets/shared-ghi.js","css":["assets/shared.css","assets/main-def.css"],"imports":["src/main.tsx"]},
			"src/late.tsx":{"file":"assets/late.js"}}`)},
		"assets/main-abc.js":   {Data: []byte(strings.Repeat("console.log('filavip');\n", 100))},
		"assets/main-def.css":  {Data: []byte("body{}")},
		"assets/shared-ghi.js": {Data: []byte("export{}")},
		"assets/shared.css":    {Data: []byte("p{}")},
		"assets/late.js":       {Data: []byte("late()")},
		"assets/f/x.woff2":     {Data: bytes.Repeat([]byte("w"), 1000)},
		"secret.txt":           {Data: []byte("not an asset")},
	}
}

func newHandler(t *testing.T, change func(*Options)) *Handler {
	t.Helper()
	opts := Options{
		Status:  func(context.Context) (wire.Status, error) { return status(t), nil },
		Version: "v1.2.3", Workers: 25, MaxOrders: 1_500_000, Refresh: 2 * time.Second, Tiers: [4]uint32{25, 25, 25, 25},
		Dist: build(),
		Language: func(r *http.Request) string {
			if r.Header.Get("Accept-Language") == "pt" {
				return portuguese
			}
			return english
		},
	}
	if change != nil {
		change(&opts)
	}
	h, err := New(opts)
	if err != nil {
		t.Fatalf("New = %v", err)
	}
	return h
}

// ask sends a request with headers name, value, name, value.
func ask(h http.Handler, method, target string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	r.Host = "shop.example:3000"
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// get returns a page, which must have that status.
func get(t *testing.T, h http.Handler, target string, code int, headers ...string) string {
	t.Helper()
	res := ask(h, http.MethodGet, target, headers...)
	if res.StatusCode != code || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("GET %s = %d, %s; want %d, a page", target, res.StatusCode, res.Header.Get("Content-Type"), code)
	}
	return text(t, res)
}

// element returns the text of the first element that the pattern finds.
func element(t *testing.T, page, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("the page has no %s:\n%s", pattern, page)
	}
	return found[1]
}

// targets are all pages, with the application's root as each has it.
func targets() map[string]string {
	return map[string]string{
		"/": "./", "/charts": "./", "/browse": "./", "/queue": "./", "/failures": "./", "/runs": "./", "/runs/" + runID: "../", "/logs": "./", "/system": "./",
	}
}

func TestPagesAreWhole(t *testing.T) {
	t.Parallel()
	h := newHandler(t, nil)
	titles := map[string]string{}
	for target, base := range targets() {
		page := get(t, h, target, http.StatusOK)
		title := element(t, page, `<title>(.+) · filavip</title>`)
		about := element(t, page, `<meta name="description" content="([^"]+)">`)
		if other, ok := titles[title+about]; ok {
			t.Errorf("%s and %s have the same title and description", target, other)
		}
		titles[title+about] = target
		for _, want := range []string{
			`<html lang="en">`, `<meta name="keywords" content="order queue`, `<link rel="canonical" href="http://shop.example:3000` + target + `">`,
			`property="og:type" content="website"`, `property="og:url" content="http://shop.example:3000` + target + `"`,
			`property="og:image" content="http://shop.example:3000/og.svg"`, `name="twitter:card" content="summary_large_image"`,
			`<script type="module" src="` + base + `assets/main-abc.js"></script>`,
			`<link rel="stylesheet" href="` + base + `assets/main-def.css">`, `<link rel="stylesheet" href="` + base + `assets/shared.css">`,
			`<link rel="modulepreload" href="` + base + `assets/shared-ghi.js">`,
			`<link rel="manifest" href="` + base + `site.webmanifest">`,
			`<td>WAITING_NORMAL_DRAIN</td>`, `<td>1,000,000</td>`, `<td>748,451</td>`, `<td>250,315</td>`, `<td>2,148,095</td>`, `<td>641 ms</td>`, `<td>4,321 ms</td>`,
			`<td>2026-11-23 12:01:57.588 UTC</td>`, `<noscript>`, `href="` + base + `runs/` + runID + `"`, `href="` + base + `pedidos"`, `href="` + base + `openapi.json"`,
		} {
			if !strings.Contains(page, want) {
				t.Errorf("%s lacks %s", target, want)
			}
		}
		if n := strings.Count(page, `rel="stylesheet"`); n != 3 {
			t.Errorf("%s loads %d style sheets, want each of 3 once", target, n)
		}
		if strings.Count(page, `aria-current="page"`) != map[bool]int{true: 1}[base == "./"] {
			t.Errorf("%s does not mark itself in the navigation, or marks another page", target)
		}
	}
}

// relative are the attributes whose addresses a proxy that strips a prefix must not break.
var relative = regexp.MustCompile(`(?:href|src)="([^"]*)"`)

func TestAddressesAreRelative(t *testing.T) {
	t.Parallel()
	h := newHandler(t, nil)
	for target, base := range targets() {
		page := strings.Replace(get(t, h, target, http.StatusOK), `<link rel="canonical" href="http://shop.example:3000`+target+`">`, "", 1)
		for _, match := range relative.FindAllStringSubmatch(page, -1) {
			if !strings.HasPrefix(match[1], base) || strings.Contains(match[1], "//") {
				t.Errorf("%s has the address %q, want one that begins with %s", target, match[1], base)
			}
		}
	}
}

// The policy allows no code and no style in the page, so there must be none.
func TestPagesHoldNoCodeAndNoStyle(t *testing.T) {
	t.Parallel()
	h := newHandler(t, nil)
	script := regexp.MustCompile(`<script([^>]*)>`)
	for target := range targets() {
		page := get(t, h, target, http.StatusOK)
		for _, match := range script.FindAllStringSubmatch(page, -1) {
			if !strings.Contains(match[1], " src=") && !strings.Contains(match[1], `type="application/json"`) && !strings.Contains(match[1], `type="application/ld+json"`) {
				t.Errorf("%s has a script of its own: %s", target, match[0])
			}
		}
		if found := regexp.MustCompile(`<style|\sstyle=|\son[a-z]+=|javascript:`).FindString(page); found != "" {
			t.Errorf("%s has %q", target, found)
		}
		got := ask(h, http.MethodGet, target).Header.Get("Content-Security-Policy")
		want := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
			"connect-src 'self' ws://shop.example:3000 wss://shop.example:3000; font-src 'self'; manifest-src 'self'; " +
			"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
		if got != want {
			t.Errorf("%s: policy %q, want %q", target, got, want)
		}
	}
}

func TestBootData(t *testing.T) {
	t.Parallel()
	h := newHandler(t, nil)
	for target, base := range targets() {
		var got boot
		decoder := json.NewDecoder(strings.NewReader(element(t, get(t, h, target, http.StatusOK, "Cookie", "filavip_theme=dark"), `<script type="application/json" id="boot">(.*)</script>`)))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&got); err != nil {
			t.Fatal(err)
		}
		want := boot{Base: base, Lang: "en", Theme: "dark", Status: new(status(t)), RefreshMs: 2000, MaxOrders: 1_500_000, Version: "v1.2.3", Workers: 25, Engine: "embedded", Tiers: [4]uint32{25, 25, 25, 25}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: boot data (-want +got):\n%s", target, diff)
		}
	}
}

func TestLinkedData(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	page := get(t, newHandler(t, nil), "/charts", http.StatusOK, "Accept-Language", "pt")
	if err := json.Unmarshal([]byte(element(t, page, `<script type="application/ld\+json">(.*)</script>`)), &got); err != nil {
		t.Fatal(err)
	}
	if got["@type"] != "SoftwareApplication" || got["applicationCategory"] != "BusinessApplication" || got["softwareVersion"] != "v1.2.3" ||
		got["name"] != "filavip" || got["url"] != "http://shop.example:3000/" || !strings.Contains(got["description"], "fila de pedidos") || got["operatingSystem"] == "" {
		t.Errorf("linked data = %v", got)
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	h := newHandler(t, nil)
	for _, tt := range []struct {
		target, accept, cookie, want string
	}{
		{"/", "", "", "en"},
		{"/", "pt", "", "pt-BR"},
		{"/", "pt", "filavip_lang=en", "en"},
		{"/", "", "filavip_lang=pt-BR", "pt-BR"},
		{"/?lang=en", "pt", "filavip_lang=pt-BR", "en"},
		{"/?lang=pt-BR", "", "", "pt-BR"},
		{"/?lang=xx", "pt", "filavip_lang=yy", "pt-BR"},
	} {
		res := ask(h, http.MethodGet, tt.target, "Accept-Language", tt.accept, "Cookie", tt.cookie)
		page := text(t, res)
		if got := element(t, page, `<html lang="([^"]+)"`); got != tt.want || res.Header.Get("Content-Language") != tt.want {
			t.Errorf("GET %s, accepting %q with %q: %s, %s; want %s", tt.target, tt.accept, tt.cookie, got, res.Header.Get("Content-Language"), tt.want)
		}
		if tt.want == portuguese && (!strings.Contains(page, "<td>1.000.000</td>") || !strings.Contains(page, "Visão geral")) {
			t.Errorf("GET %s: the page is not in Portuguese", tt.target)
		}
	}
}

func TestDictionariesAgree(t *testing.T) {
	t.Parallel()
	en, pt := englishTexts(), portugueseTexts()
	for name := range en {
		if pt[name] == "" || en[name] == "" {
			t.Errorf("%q is missing in a language", name)
		}
	}
	if len(en) != len(pt) {
		t.Errorf("English has %d texts, Portuguese %d", len(en), len(pt))
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	en := englishTexts()
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 100_000: "100,000", -1_234_567: "-1,234,567", -100: "-100"} {
		if got := en.number(n); got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestEverythingIsEscaped(t *testing.T) {
	t.Parallel()
	const evil = `"><script>alert(1)</script><!-- '&`
	h := newHandler(t, func(o *Options) {
		o.Version, o.Engine = evil, evil
		o.Status = func(context.Context) (wire.Status, error) {
			s := status(t)
			s.Stalled, s.Error, s.Paused = evil, &wire.Failure{Kind: evil, Message: evil}, true
			return s, nil
		}
	})
	for _, target := range []string{"/", "/runs/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/charts?lang=%22%3E%3Cscript%3E", "/runs/" + runID + "?x=%3Cscript%3E"} {
		res := ask(h, http.MethodGet, target, "Cookie", `filavip_theme="><script>; filavip_lang=<script>`)
		page := text(t, res)
		if strings.Contains(page, "<script>") || strings.Contains(page, "<!--") || strings.Count(page, "</script>") != 3 {
			t.Errorf("GET %s lets something through:\n%s", target, page)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host = `x"; script-src *; y`
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if got := w.Result().Header.Get("Content-Security-Policy"); strings.Contains(got, "*") || strings.Contains(got, "ws:") {
		t.Errorf("policy for a host that is none: %q", got)
	}
	if !strings.Contains(w.Body.String(), `href="http://localhost/"`) {
		t.Error("a host that is none is repeated in the page")
	}
}

func TestBeforeAnyRun(t *testing.T) {
	t.Parallel()
	h := newHandler(t, func(o *Options) {
		o.Status = func(context.Context) (wire.Status, error) { return wire.Status{}, nil }
	})
	page := get(t, h, "/", http.StatusOK)
	if !strings.Contains(page, "There has been no run yet.") || !strings.Contains(page, "<td>IDLE</td>") || strings.Contains(page, `href="./runs/0`) {
		t.Errorf("before any run:\n%s", page)
	}
}

func TestStatusThatCannotBeRead(t *testing.T) {
	t.Parallel()
	h := newHandler(t, func(o *Options) {
		o.Status = func(context.Context) (wire.Status, error) { return wire.Status{}, errors.New("secret trouble") }
	})
	page := get(t, h, "/queue", http.StatusServiceUnavailable)
	if !strings.Contains(page, "cannot be read") || strings.Contains(page, "secret") || !strings.Contains(page, "assets/main-abc.js") {
		t.Errorf("without a status:\n%s", page)
	}
	if got := element(t, page, `id="boot">(.*)</script>`); strings.Contains(got, "status") {
		t.Errorf("boot data without a status = %s", got)
	}
}

// What nothing was built for still is a page.
func TestWithoutABuild(t *testing.T) {
	t.Parallel()
	for name, dist := range map[string]fs.FS{
		"empty": fstest.MapFS{}, "an empty manifest": fstest.MapFS{".vite/manifest.json": {Data: []byte("{}")}},
	} {
		h := newHandler(t, func(o *Options) { o.Dist = dist })
		if page := get(t, h, "/", http.StatusOK); strings.Contains(page, "module") || !strings.Contains(page, "748,451") {
			t.Errorf("%s:\n%s", name, page)
		}
	}
}

// The build that is part of the program makes sense.
func TestTheBuildInside(t *testing.T) {
	t.Parallel()
	get(t, newHandler(t, func(o *Options) { o.Dist = nil }), "/", http.StatusOK)
}

func TestBuildsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, manifest := range map[string]string{
		"not JSON":               "{",
		"a script that is gone":  `{"src/main.tsx":{"file":"assets/gone.js"}}`,
		"an import that is gone": `{"src/main.tsx":{"file":"assets/main-abc.js","imports":["_x.js"]}}`,
		"a style that is gone":   `{"src/main.tsx":{"file":"assets/main-abc.js","css":["assets/gone.css"]}}`,
	} {
		dist := build()
		dist[".vite/manifest.json"] = &fstest.MapFile{Data: []byte(manifest)}
		if _, err := New(Options{Status: func(context.Context) (wire.Status, error) { return wire.Status{}, nil }, Dist: dist}); err == nil {
			t.Errorf("%s: New = no error", name)
		}
	}
	if _, err := New(Options{}); err == nil {
		t.Error("New without Status = no error")
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	h := newHandler(t, nil)
	for target, want := range map[string]string{
		"/assets/main-abc.js":  "text/javascript; charset=utf-8",
		"/assets/main-def.css": "text/css; charset=utf-8",
		"/assets/f/x.woff2":    "font/woff2",
		"/favicon.svg":         "image/svg+xml",
		"/og.svg":              "image/svg+xml",
		"/shell.css":           "text/css; charset=utf-8",
		"/site.webmanifest":    "application/manifest+json",
		"/robots.txt":          "text/plain; charset=utf-8",
		"/sitemap.xml":         "application/xml; charset=utf-8",
	} {
		res := ask(h, http.MethodGet, target)
		keep := forHour
		if strings.HasPrefix(target, "/assets/") {
			keep = forGood
		}
		plain := text(t, res)
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != want || res.Header.Get("Cache-Control") != keep || plain == "" {
			t.Errorf("GET %s = %d, %v; want a %s that is kept %s", target, res.StatusCode, res.Header, want, keep)
		}
		if again := ask(h, http.MethodGet, target, "If-None-Match", `"x", W/`+res.Header.Get("ETag")); again.StatusCode != http.StatusNotModified || text(t, again) != "" {
			t.Errorf("GET %s again = %d, want 304", target, again.StatusCode)
		}
		if head := ask(h, http.MethodHead, target); text(t, head) != "" || head.Header.Get("Content-Length") != res.Header.Get("Content-Length") {
			t.Errorf("HEAD %s has a body, or another length", target)
		}
		small := ask(h, http.MethodGet, target, "Accept-Encoding", "br, gzip;q=0.8")
		if small.Header.Get("Content-Encoding") == "gzip" {
			if small.Header.Get("ETag") == res.Header.Get("ETag") || unzip(t, small) != plain {
				t.Errorf("GET %s compressed is another file, or has the same tag", target)
			}
		} else if target == "/assets/main-abc.js" {
			t.Errorf("GET %s is not compressed", target)
		}
	}
	if got := ask(h, http.MethodGet, "/assets/f/x.woff2", "Accept-Encoding", "gzip").Header.Get("Content-Encoding"); got != "" {
		t.Errorf("a font is sent as %s, although it is compressed by itself", got)
	}
	for _, none := range []string{"", "identity", "gzip;q=0", "gzip;q=x", "xgzip"} {
		if got := ask(h, http.MethodGet, "/assets/main-abc.js", "Accept-Encoding", none).Header.Get("Content-Encoding"); got != "" {
			t.Errorf("Accept-Encoding %q gets %s", none, got)
		}
	}
}

func unzip(t *testing.T, res *http.Response) string {
	t.Helper()
	r, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestMissingAssets(t *testing.T) {
	t.Parallel()
	h := newHandler(t, nil)
	for _, target := range []string{"/assets/", "/assets/gone.js", "/assets/f", "/assets/..%2fsecret.txt", "/assets/.vite/manifest.json", "/secret.txt", "/runs/a/b", "/x"} {
		if res := ask(h, http.MethodGet, target); res.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", target, res.StatusCode)
		}
	}
	if res := ask(h, http.MethodPost, "/"); res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST / = %d, want 405", res.StatusCode)
	}
}

func TestCrawlers(t *testing.T) {
	t.Parallel()
	h := newHandler(t, func(o *Options) { o.URL = "https://orders.example/queue&co/" })
	var set struct {
		URLs []struct {
			Loc string `xml:"loc"`
		} `xml:"url"`
	}
	if err := xml.NewDecoder(ask(h, http.MethodGet, "/sitemap.xml").Body).Decode(&set); err != nil {
		t.Fatal(err)
	}
	if len(set.URLs) != 8 || set.URLs[0].Loc != "https://orders.example/queue&co/" || set.URLs[1].Loc != "https://orders.example/queue&co/charts" {
		t.Errorf("sitemap = %+v, want the eight pages", set.URLs)
	}
	if got := text(t, ask(h, http.MethodGet, "/robots.txt")); !strings.Contains(got, "Sitemap: https://orders.example/queue&co/sitemap.xml\n") || !strings.Contains(got, "Disallow: /pedidos\n") {
		t.Errorf("robots.txt = %s", got)
	}
	if page := get(t, h, "/logs", http.StatusOK); !strings.Contains(page, `<link rel="canonical" href="https://orders.example/queue&amp;co/logs">`) {
		t.Error("the canonical address is not the one that was configured")
	}
	behind := text(t, ask(newHandler(t, nil), http.MethodGet, "/logs", "X-Forwarded-Proto", "https"))
	if !strings.Contains(behind, `<link rel="canonical" href="https://shop.example:3000/logs">`) {
		t.Error("the canonical address behind a proxy that ends TLS is not https")
	}
	var manifest map[string]any
	if err := json.NewDecoder(ask(h, http.MethodGet, "/site.webmanifest").Body).Decode(&manifest); err != nil || manifest["name"] != "filavip" || manifest["start_url"] != "./" {
		t.Errorf("web manifest = %v, %v", manifest, err)
	}
}

// Every route is one that an outer mux takes, and leads to an answer.
func TestRoutes(t *testing.T) {
	t.Parallel()
	h := newHandler(t, nil)
	mux := http.NewServeMux()
	for _, route := range h.Routes() {
		mux.Handle("GET "+route, h)
	}
	for target := range targets() {
		if res := ask(mux, http.MethodGet, target); res.StatusCode != http.StatusOK {
			t.Errorf("GET %s through another mux = %d", target, res.StatusCode)
		}
	}
	if res := ask(mux, http.MethodGet, "/assets/f/x.woff2"); res.StatusCode != http.StatusOK {
		t.Errorf("GET of an asset through another mux = %d", res.StatusCode)
	}
	if res := ask(mux, http.MethodGet, "/pedidos"); res.StatusCode != http.StatusNotFound {
		t.Errorf("GET /pedidos = %d, want it left to others", res.StatusCode)
	}
}

// Whoever is not admitted gets a page that asks for the key, and nothing of how the server
// is set up; its status is not even read.
func TestLockedPages(t *testing.T) {
	t.Parallel()
	h := newHandler(t, func(o *Options) {
		o.Admits = func(r *http.Request) bool { return r.Header.Get("X-Test") == "in" }
		o.Status = func(context.Context) (wire.Status, error) { return wire.Status{}, errors.New("read") }
	})
	for _, p := range pages() {
		page := get(t, h, strings.NewReplacer("{$}", "", "{id}", runID).Replace(p.pattern), http.StatusOK)
		if got := element(t, page, `id="boot">([^<]*)<`); got != `{"base":"`+p.base+`","lang":"en","locked":true}` {
			t.Errorf("%s: boot data %s, want nothing but that it is locked", p.name, got)
		}
		for _, not := range []string{"v1.2.3", "status cannot be read", "Orders per second"} {
			if strings.Contains(page, not) {
				t.Errorf("%s: a locked page has %q", p.name, not)
			}
		}
		if !strings.Contains(page, "asks for its key") {
			t.Errorf("%s: a locked page does not say so", p.name)
		}
	}
	if page := get(t, h, "/", http.StatusServiceUnavailable, "X-Test", "in"); strings.Contains(page, `"locked"`) {
		t.Error("a page for those who are admitted is locked")
	}
}
