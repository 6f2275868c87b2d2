package archtest

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestModule(t *testing.T) {
	t.Parallel()
	m, err := load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"order", "store", "archtest"} {
		if m.packages[name] == nil {
			t.Errorf("package %s was not found; the test looks in the wrong place", name)
		}
	}
	for _, breach := range check(m) {
		t.Error(breach)
	}
}

// TestTable holds the table itself to its rules: a row for each name, no cycle, and no
// chain that would be too long if every allowed import were made.
func TestTable(t *testing.T) {
	t.Parallel()
	rows := table()
	for name, row := range rows {
		for _, imported := range row {
			if _, ok := rows[imported]; !ok {
				t.Errorf("%s may import %s, which has no row", name, imported)
			}
			if testOnly(imported) {
				t.Errorf("%s may import %s, which is for tests", name, imported)
			}
			if imported == "app" && name != root && name != "cmd/filavip" && !testOnly(name) {
				t.Errorf("%s may import app", name)
			}
		}
	}
	for _, breach := range chains(rows) {
		t.Error(breach)
	}
	for _, h := range homes() {
		for _, name := range h.packages {
			if _, ok := rows[name]; !ok {
				t.Errorf("%s has its home in %s, which has no row", h.library, name)
			}
		}
	}
}

// source returns the files of a small module that keeps all rules, changed by what is
// given: path and content in turn.
func source(changes ...string) fstest.MapFS {
	files := map[string]string{
		"go.mod":                         "module example.com/m\n\ngo 1.26\n",
		"cmd/filavip/main.go":            "// Command filavip does it.\npackage main\n\nimport _ \"example.com/m/internal/app\"\n",
		"internal/app/app.go":            "// Package app wires.\npackage app\n\nimport _ \"example.com/m/internal/store/memstore\"\n",
		"internal/order/order.go":        "// Package order is the domain.\npackage order\n",
		"internal/order/order_test.go":   "package order_test\n\nimport _ \"example.com/m/internal/order\"\n",
		"internal/store/store.go":        "// Package store is the contract.\npackage store\n\nimport _ \"example.com/m/internal/order\"\n",
		"internal/store/memstore/mem.go": "// Package memstore stores.\npackage memstore\n\nimport _ \"example.com/m/internal/store\"\n",
		"internal/store/testdata/x.go":   "package util\n\nfunc init() {}\n",
		"web/node_modules/x/x.go":        "package common\n",
		"tools/go.mod":                   "module example.com/tools\n",
		"tools/main.go":                  "package main\n",
	}
	for i := 0; i < len(changes); i += 2 {
		files[changes[i]] = changes[i+1]
	}
	fsys := fstest.MapFS{}
	for name, content := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return fsys
}

func pkgOf(name string, imports ...string) string {
	src := "// Package " + name + " is here.\npackage " + name + "\n"
	for _, i := range imports {
		src += "import _ \"" + i + "\"\n"
	}
	return src
}

func TestRulesHaveTeeth(t *testing.T) {
	t.Parallel()
	const own = "example.com/m/internal/"
	for name, test := range map[string]struct {
		changes []string
		want    []string
	}{
		"nothing wrong": {nil, nil},
		"forbidden edge": {
			[]string{"internal/order/bad.go", "package order\nimport _ \"" + own + "store\"\n"},
			[]string{"internal/order/bad.go: order may not import store", "cycle: store > order > store"},
		},
		"forbidden edge behind a build tag": {
			[]string{"internal/event/event.go", "//go:build never\n\n" + pkgOf("event", own+"store")},
			[]string{"internal/event/event.go: event may not import store"},
		},
		"forbidden edge in a test": {
			[]string{"internal/order/bad_test.go", "package order\nimport _ \"" + own + "store\"\n"},
			[]string{"internal/order/bad_test.go: order may not import store"},
		},
		"itself from an internal test": {
			[]string{"internal/order/bad_test.go", "package order\nimport _ \"" + own + "order\"\n"},
			[]string{"internal/order/bad_test.go: order may not import order"},
		},
		"helpers of tests": {
			[]string{"internal/queue/queue.go", pkgOf("queue"), "internal/queue/queue_test.go",
				pkgOf("queue", own+"store/storetest", own+"store/memstore", own+"ordergen", own+"app", own+"crashkit", own+"handler")},
			nil,
		},
		"helpers of tests in code": {
			[]string{"internal/queue/queue.go", pkgOf("queue", own+"store/storetest", own+"app")},
			[]string{"internal/queue/queue.go: queue may not import store/storetest", "internal/queue/queue.go: queue may not import app"},
		},
		"app imports what only tests": {
			[]string{"internal/app/bad.go", "package app\nimport _ \"" + own + "crashkit\"\n"},
			[]string{"internal/app/bad.go: app may not import crashkit"},
		},
		"unknown package": {
			[]string{"internal/mailer/mailer.go", pkgOf("mailer")},
			[]string{"mailer: package is not in the import table"},
		},
		"unknown package is imported": {
			[]string{"internal/mailer/mailer.go", pkgOf("mailer"), "internal/queue/queue.go", pkgOf("queue", own+"mailer")},
			[]string{"mailer: package is not in the import table", "internal/queue/queue.go: queue may not import mailer"},
		},
		"somebody imports the root": {
			[]string{"filavip.go", pkgOf("filavip", own+"app"), "internal/api/api.go", pkgOf("api", "example.com/m")},
			[]string{"internal/api/api.go: api may not import ."},
		},
		"library at home": {
			[]string{"internal/store/pebblestore/db.go", pkgOf("pebblestore", "github.com/cockroachdb/pebble/v2/vfs"),
				"internal/metrics/m.go", pkgOf("metrics", "github.com/prometheus/client_golang/prometheus"),
				"internal/store/storetest/s.go", pkgOf("storetest", "pgregory.net/rapid"),
				"internal/order/o_test.go", pkgOf("order", "pgregory.net/rapid", "github.com/google/go-cmp/cmp")},
			nil,
		},
		"library away from home": {
			[]string{"internal/queue/queue.go", pkgOf("queue", "github.com/cockroachdb/pebble/v2", "pgregory.net/rapid"),
				"internal/queue/queue_test.go", pkgOf("queue", "github.com/danielgtaylor/huma/v2")},
			[]string{
				`internal/queue/queue.go: github.com/cockroachdb/pebble/v2 has its home in ["store/pebblestore"], test files: false`,
				`internal/queue/queue.go: pgregory.net/rapid has its home in [], test files: true`,
				`internal/queue/queue_test.go: github.com/danielgtaylor/huma/v2 has its home in ["api" "app"], test files: false`,
			},
		},
		"library without a home": {
			[]string{"internal/queue/queue.go", pkgOf("queue", "github.com/spf13/cobrax", "C", "unsafe", "encoding/json")},
			[]string{
				"internal/queue/queue.go: github.com/spf13/cobrax is a library without a home",
				"internal/queue/queue.go: C needs cgo; the program is built without",
			},
		},
		"init": {
			[]string{"internal/order/bad.go", "package order\nfunc init() {}\ntype t int\nfunc (t) init() {}\n"},
			[]string{"internal/order/bad.go: has an init function"},
		},
		"method named init": {
			[]string{"internal/order/fine.go", "package order\ntype t int\nfunc (t) init() {}\n"},
			nil,
		},
		"drawer": {
			[]string{"internal/queue/util/q.go", pkgOf("util"), "internal/order/x_test.go", "package common_test\n"},
			[]string{
				"queue/util: package is not in the import table",
				"internal/order/x_test.go: is in a package named common",
				"internal/queue/util/q.go: is in a package named util",
			},
		},
		"package comments": {
			[]string{"internal/queue/queue.go", "package queue\n",
				"internal/wire/wire.go", "// This is wire.\npackage wire\n",
				"internal/event/event_test.go", pkgOf("event")},
			[]string{
				"event: has no package comment",
				"queue: has no package comment",
				`internal/wire/wire.go: package comment does not start with "Package wire"`,
			},
		},
		"long file": {
			[]string{"internal/order/long.go", "package order\n" + strings.Repeat("\n", 700),
				"internal/order/long_test.go", "package order\n" + strings.Repeat("\n", 900),
				"internal/order/full.go", "package order\n" + strings.Repeat("\n", 699)},
			[]string{"internal/order/long.go: has 701 lines; allowed: 700"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := load(source(test.changes...))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, check(m)); diff != "" {
				t.Errorf("check() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadRefusesWhatIsNoModule(t *testing.T) {
	t.Parallel()
	for name, fsys := range map[string]fstest.MapFS{
		"no go.mod":       {},
		"go.mod is empty": source("go.mod", ""),
		"broken file":     source("internal/order/bad.go", "package"),
	} {
		if _, err := load(fsys); err == nil {
			t.Errorf("%s: load() = nil, want an error", name)
		}
	}
}

func TestChains(t *testing.T) {
	t.Parallel()
	line := map[string][]string{}
	for i := range byte(8) {
		line[string('a'+i)] = []string{string('a' + i + 1)}
	}
	want := []string{"chain of 9 packages; allowed: 8: a > b > c > d > e > f > g > h > i"}
	if diff := cmp.Diff(want, chains(line)); diff != "" {
		t.Errorf("chains() of nine in a row (-want +got):\n%s", diff)
	}
	delete(line, "h")
	if got := chains(line); got != nil {
		t.Errorf("chains() of eight in a row = %q, want nothing", got)
	}
	want = []string{"cycle: b > c > b"}
	if diff := cmp.Diff(want, chains(map[string][]string{"a": {"b"}, "b": {"c"}, "c": {"d", "b"}})); diff != "" {
		t.Errorf("chains() of a cycle (-want +got):\n%s", diff)
	}
}
