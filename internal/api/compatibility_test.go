package api_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each test that docs/compatibility.md names as a proof exists under that name.
func TestCompatibilityNamesRealTests(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "compatibility.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z]+)\\.((?:Test|Fuzz)[A-Z]\\w*)(?:/\\w+)?`").FindAllStringSubmatch(string(page), -1)
	if len(named) < 100 {
		t.Fatalf("%d tests named, want a page full", len(named))
	}
	sources := map[string]string{}
	for _, match := range named {
		pkg, name := match[1], match[2]
		if _, known := sources[pkg]; !known {
			sources[pkg] = testSources(t, pkg)
		}
		if !strings.Contains(sources[pkg], "\nfunc "+name+"(") {
			t.Errorf("%s.%s does not exist", pkg, name)
		}
	}
	web := sourcesOf(t, filepath.Join("..", "..", "web", "e2e", "*.test.mjs"))
	for _, match := range regexp.MustCompile("`web: ([^`]+)`").FindAllStringSubmatch(string(page), -1) {
		// What follows in the source may go on with what a test is repeated for.
		if !strings.Contains(web, `test("`+match[1]) && !strings.Contains(web, "test(`"+match[1]) {
			t.Errorf("no test of the web is called %q", match[1])
		}
	}
}

// testSources returns the text of a package's test files, wherever its folder is.
func testSources(t *testing.T, pkg string) string {
	t.Helper()
	var all string
	for _, dir := range []string{pkg, filepath.Join("store", pkg), filepath.Join("realtime", pkg), filepath.Join("..", pkg)} {
		all += sourcesOf(t, filepath.Join("..", dir, "*_test.go"))
	}
	return all
}

// sourcesOf returns the texts of the files that a pattern matches.
func sourcesOf(t *testing.T, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
