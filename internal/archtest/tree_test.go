package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"iter"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// module is the source of a module, parsed.
type module struct {
	path     string // such as github.com/filavip/filavip
	packages map[string]*pkg
}

// pkg is one folder of Go files.
type pkg struct {
	name  string // as in the table
	files []file
}

// file is what the rules look at.
type file struct {
	name    string // with its folder
	test    bool
	pkgName string
	doc     string // of the package clause
	imports []string
	inits   int
	lines   int
}

// keys returns a map's keys, as an argument of [slices.Sorted].
func keys[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }

// load parses the module whose go.mod is at the top of fsys. Every Go file counts,
// whatever its build constraints. What does not parse is an error.
func load(fsys fs.FS) (*module, error) {
	mod, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		return nil, fmt.Errorf("read go.mod: %w", err)
	}
	m := &module{packages: map[string]*pkg{}}
	if _, err := fmt.Fscanf(bytes.NewReader(mod), "module %s\n", &m.path); err != nil {
		return nil, fmt.Errorf("parse go.mod: %w", err)
	}
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skip(fsys, name)
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		return m.add(name, src)
	})
	return m, err
}

// skip returns [fs.SkipDir] for folders that the go command does not look into, and for
// the source of the dashboard.
func skip(fsys fs.FS, name string) error {
	if name == "." {
		return nil
	}
	base := path.Base(name)
	if base[0] == '.' || base[0] == '_' || base == "testdata" || base == "vendor" || base == "node_modules" || name == "web" {
		return fs.SkipDir
	}
	if _, err := fs.Stat(fsys, path.Join(name, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

func (m *module) add(name string, src []byte) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("parse: %w", err)
	}
	f := file{
		name:    name,
		test:    strings.HasSuffix(name, "_test.go"),
		pkgName: parsed.Name.Name,
		doc:     parsed.Doc.Text(),
		lines:   bytes.Count(src, []byte("\n")),
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
		}
		f.imports = append(f.imports, imported)
	}
	for _, d := range parsed.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			f.inits++
		}
	}
	at := strings.TrimPrefix(path.Dir(name), inModule)
	if m.packages[at] == nil {
		m.packages[at] = &pkg{name: at}
	}
	m.packages[at].files = append(m.packages[at].files, f)
	return nil
}

// sorted returns the packages by name.
func (m *module) sorted() []*pkg {
	return slices.SortedFunc(maps.Values(m.packages), func(a, b *pkg) int { return strings.Compare(a.name, b.name) })
}

// own returns the table's name of an imported package, if it is one of the module's.
func (m *module) own(imported string) (string, bool) {
	if imported == m.path {
		return root, true
	}
	name, ok := strings.CutPrefix(imported, m.path+"/")
	return strings.TrimPrefix(name, inModule), ok
}

// isTest says whether the file is part of tests only.
func (p *pkg) isTest(f file) bool { return f.test || testOnly(p.name) }
