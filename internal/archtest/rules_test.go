package archtest

import (
	"fmt"
	"slices"
	"strings"
)

const (
	maxChain = 8   // packages that import one another in a row
	maxLines = 700 // of a file that is not a test
)

// rules are all that the module is held to. Each returns a sentence per breach.
func rules() []func(*module) []string {
	return []func(*module) []string{
		tableRule, libraryRule, chainRule, initRule, nameRule, commentRule, lengthRule,
	}
}

// check applies all rules.
func check(m *module) []string {
	var found []string
	for _, rule := range rules() {
		found = append(found, rule(m)...)
	}
	return found
}

// tableRule finds packages that are not in the table, and imports it does not allow.
func tableRule(m *module) []string {
	var found []string
	allowed := table()
	for _, p := range m.sorted() {
		row, ok := allowed[p.name]
		if !ok {
			found = append(found, fmt.Sprintf("%s: package is not in the import table", p.name))
			continue
		}
		for _, f := range p.files {
			for _, imported := range f.imports {
				name, ours := m.own(imported)
				if ours && !slices.Contains(row, name) && (!p.isTest(f) || !mayTest(f, p.name, name)) {
					found = append(found, fmt.Sprintf("%s: %s may not import %s", f.name, p.name, name))
				}
			}
		}
	}
	return found
}

// mayTest says whether a test of the package importer may import name beside its row:
// the helpers of all tests, and, from an external test, the package itself.
func mayTest(f file, importer, name string) bool {
	external := strings.HasSuffix(f.pkgName, "_test") && name == importer
	return external || slices.Contains(inTests(), name)
}

// libraryRule finds libraries without a home, and imports outside it.
func libraryRule(m *module) []string {
	var found []string
	for _, p := range m.sorted() {
		for _, f := range p.files {
			for _, imported := range f.imports {
				if _, ours := m.own(imported); ours {
					continue
				}
				if why := misplaced(p, f, imported); why != "" {
					found = append(found, fmt.Sprintf("%s: %s %s", f.name, imported, why))
				}
			}
		}
	}
	return found
}

// misplaced says what is wrong with importing a foreign package from this file, or "".
func misplaced(p *pkg, f file, imported string) string {
	if imported == "C" {
		return "needs cgo; the program is built without"
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return "" // the standard library
	}
	for _, h := range homes() {
		if imported != h.library && !strings.HasPrefix(imported, h.library+"/") {
			continue
		}
		if slices.Contains(h.packages, p.name) || h.inTests && p.isTest(f) {
			return ""
		}
		return fmt.Sprintf("has its home in %q, test files: %v", h.packages, h.inTests)
	}
	return "is a library without a home"
}

// chainRule finds a chain of imports that is too long, and cycles.
func chainRule(m *module) []string {
	edges := map[string][]string{}
	for _, p := range m.sorted() {
		for _, f := range p.files {
			for _, imported := range f.imports {
				if name, ours := m.own(imported); ours && !f.test {
					edges[p.name] = append(edges[p.name], name)
				}
			}
		}
	}
	return chains(edges)
}

// chains says what is wrong with the longest chain of a graph of imports.
func chains(edges map[string][]string) []string {
	memo := map[string][]string{}
	var longest []string
	for _, from := range slices.Sorted(keys(edges)) {
		chain, cycle := walk(edges, memo, nil, from)
		if cycle != nil {
			return []string{"cycle: " + strings.Join(cycle, " > ")}
		}
		if len(chain) > len(longest) {
			longest = chain
		}
	}
	if len(longest) > maxChain {
		return []string{fmt.Sprintf("chain of %d packages; allowed: %d: %s", len(longest), maxChain, strings.Join(longest, " > "))}
	}
	return nil
}

// walk returns the longest chain from a package, or a cycle that it is led into. trail
// is how it was reached.
func walk(edges, memo map[string][]string, trail []string, from string) (chain, cycle []string) {
	if at := slices.Index(trail, from); at >= 0 {
		return nil, append(slices.Clone(trail[at:]), from)
	}
	if known, ok := memo[from]; ok {
		return known, nil
	}
	for _, to := range edges[from] {
		tail, cycle := walk(edges, memo, append(slices.Clone(trail), from), to)
		if cycle != nil {
			return nil, cycle
		}
		if len(tail) > len(chain) {
			chain = tail
		}
	}
	chain = append([]string{from}, chain...)
	memo[from] = chain
	return chain, nil
}

// initRule finds init functions: what happens at start is written in app and cmd.
func initRule(m *module) []string {
	return eachFile(m, func(p *pkg, f file) string {
		if f.inits > 0 {
			return "has an init function"
		}
		return ""
	})
}

// nameRule finds packages that are named after what they are rather than what they
// provide.
func nameRule(m *module) []string {
	drawers := []string{"util", "utils", "common", "helper", "helpers", "type", "types", "model", "models", "misc", "shared", "lib", "base"}
	return eachFile(m, func(p *pkg, f file) string {
		folders := append(strings.Split(p.name, "/"), strings.TrimSuffix(f.pkgName, "_test"))
		for _, name := range folders {
			if slices.Contains(drawers, name) {
				return "is in a package named " + name
			}
		}
		return ""
	})
}

// commentRule finds packages without a package comment, and comments that do not name
// their package. A comment in a test file does not count.
func commentRule(m *module) []string {
	var found []string
	for _, p := range m.sorted() {
		commented := slices.ContainsFunc(p.files, func(f file) bool { return !f.test && f.doc != "" })
		if !commented {
			found = append(found, p.name+": has no package comment")
		}
	}
	return append(found, eachFile(m, func(p *pkg, f file) string {
		start := "Package " + f.pkgName
		if f.test || f.doc == "" || f.pkgName == "main" || strings.HasPrefix(f.doc, start) {
			return ""
		}
		return fmt.Sprintf("package comment does not start with %q", start)
	})...)
}

// lengthRule finds files that are too long.
func lengthRule(m *module) []string {
	return eachFile(m, func(p *pkg, f file) string {
		if !f.test && f.lines > maxLines {
			return fmt.Sprintf("has %d lines; allowed: %d", f.lines, maxLines)
		}
		return ""
	})
}

// eachFile asks a rule about every file and returns its objections.
func eachFile(m *module, object func(*pkg, file) string) []string {
	var found []string
	for _, p := range m.sorted() {
		for _, f := range p.files {
			if why := object(p, f); why != "" {
				found = append(found, f.name+": "+why)
			}
		}
	}
	return found
}
