package ui

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// entryName is the source that the build starts at.
const entryName = "src/main.tsx"

// entry is what a page has to load; all names are relative to the root.
type entry struct {
	Script  string // empty if nothing was built
	Preload []string
	Styles  []string
}

// chunk is one row of the build's manifest.
type chunk struct {
	File    string   `json:"file"`
	CSS     []string `json:"css"`
	Imports []string `json:"imports"` // keys of other rows
}

// readEntry finds what to load in the manifest of a build. A folder without a manifest, or
// a manifest without the entry, has none.
func readEntry(dist fs.FS) (entry, error) {
	text, err := fs.ReadFile(dist, ".vite/manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return entry{}, nil
	}
	if err != nil {
		return entry{}, fmt.Errorf("read the dashboard's manifest: %w", err)
	}
	var chunks map[string]chunk
	if err := json.Unmarshal(text, &chunks); err != nil {
		return entry{}, fmt.Errorf("read the dashboard's manifest: %w", err)
	}
	main, ok := chunks[entryName]
	if !ok {
		return entry{}, nil
	}
	e := entry{Script: main.File}
	seen := map[string]bool{entryName: true}
	e.collect(chunks, main, seen)
	for _, name := range append(slices.Concat(e.Preload, e.Styles), e.Script) {
		if _, err := fs.Stat(dist, name); err != nil {
			return entry{}, fmt.Errorf("the dashboard's manifest names a file that is not there: %w", err)
		}
	}
	return e, nil
}

// collect adds what a chunk brings with it and what it imports, each once.
func (e *entry) collect(chunks map[string]chunk, c chunk, seen map[string]bool) {
	for _, name := range c.CSS {
		if !slices.Contains(e.Styles, name) {
			e.Styles = append(e.Styles, name)
		}
	}
	for _, key := range c.Imports {
		if seen[key] {
			continue
		}
		seen[key] = true
		e.Preload = append(e.Preload, chunks[key].File)
		e.collect(chunks, chunks[key], seen)
	}
}
