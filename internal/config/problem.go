package config

import (
	"fmt"
	"strconv"
	"strings"
)

// Problem is one setting that cannot be used as it was given. Its text is one line
// without a secret in it.
type Problem struct {
	Name    string // the name it was given by: key, alias, X_FILE or --flag; quoted if it is not plain
	Given   string // quoted, shortened, without passwords; empty if there is no value to show
	Where   string // the origin, with the line if it is a file's
	Reason  string // empty if Allowed says it all
	Allowed string // empty if Reason says it all
}

// Error returns name, value, origin, reason and what is allowed, in one line.
func (p *Problem) Error() string {
	text := p.Name
	if p.Given != "" {
		text += "=" + p.Given
	}
	if p.Where != "" {
		text += " (" + p.Where + ")"
	}
	if p.Reason != "" {
		text += ": " + p.Reason
	}
	switch {
	case p.Allowed == "":
		return text
	case p.Reason == "":
		return text + ": allowed: " + p.Allowed
	}
	return text + "; allowed: " + p.Allowed
}

// maxShown is how many bytes of a name or value a problem shows.
const maxShown = 80

// showGiven quotes a value, so that nothing in it can break the line, and masks what is
// or may be a secret.
func showGiven(value string, secret bool) string {
	if secret && value != "" {
		return `"` + mask + `"`
	}
	return quote(redactText(value))
}

// showName quotes a name that is not made of plain printable characters: whoever gives
// an unknown one may call it anything.
func showName(name string) string {
	plain := !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' })
	if plain && len(name) <= maxShown {
		return name
	}
	return quote(name)
}

func quote(text string) string {
	if len(text) > maxShown {
		return strconv.QuoteToASCII(text[:maxShown]) + fmt.Sprintf("... (%d bytes)", len(text))
	}
	return strconv.QuoteToASCII(text)
}

// Nearest returns the name that a user who wrote given most likely meant: one at most
// two edits away, or one if it is short. It returns the empty string if there is none.
func Nearest(given string, names []string) string {
	best, bestEdits := "", min(len(given)/3, 2)+1
	for _, name := range names {
		if edits := distance(given, name); edits < bestEdits {
			best, bestEdits = name, edits
		}
	}
	return best
}

// distance counts the insertions, deletions and replacements that turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
