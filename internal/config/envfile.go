package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"
)

// maxFile is how many bytes a .env file or a secret's file may have.
const maxFile = 1 << 20

// assignment is one NAME=value of a .env file.
type assignment struct {
	name, value string
	line        int
}

// readEnvFile returns the assignments of the file at path, and none if there is no
// such file. A file that exists and cannot be read or understood is an error.
func readEnvFile(path string) ([]assignment, error) {
	content, err := readSmallFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, errors.New(bare(err)) // the caller names the path
	}
	return parseEnvFile(content)
}

func readSmallFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return "", err
	}
	if len(content) > maxFile {
		return "", fmt.Errorf("over %d bytes", maxFile)
	}
	return string(content), nil
}

// parseEnvFile understands what such files usually contain:
//
//	# comment
//	NAME=plain value # comment behind a space
//	export NAME='literal, over several lines if need be'
//	NAME="with \n, \r, \t, \", \$ and \\"
//
// No variables are expanded. An error names the line and not the text, which may be a
// secret.
func parseEnvFile(content string) ([]assignment, error) {
	p := envParser{rest: strings.TrimPrefix(content, "\ufeff"), line: 1}
	if !utf8.ValidString(content) || strings.ContainsRune(content, 0) {
		return nil, fmt.Errorf("line %d: not UTF-8 text", lineOfInvalid(content))
	}
	var assignments []assignment
	for p.rest != "" {
		start := p.line
		a, ok, err := p.next()
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", start, err)
		}
		if ok {
			a.line = start
			assignments = append(assignments, a)
		}
	}
	return assignments, nil
}

func lineOfInvalid(content string) int {
	line := 1
	for i, r := range content {
		if r == '\n' {
			line++
		}
		if _, size := utf8.DecodeRuneInString(content[i:]); r == 0 || (r == utf8.RuneError && size == 1) {
			break
		}
	}
	return line
}

// envParser is what is left of a .env file and the number of its first line.
type envParser struct {
	rest string
	line int
}

// next takes one line, or as many as a quoted value spans. ok is false for blank lines
// and comments.
func (p *envParser) next() (a assignment, ok bool, err error) {
	head, _, _ := strings.Cut(p.rest, "\n")
	if text := strings.TrimSpace(head); text == "" || text[0] == '#' {
		p.advance(len(head) + 1)
		return assignment{}, false, nil
	}
	name, _, ok := strings.Cut(head, "=")
	if !ok {
		return assignment{}, false, errors.New("no =; allowed: NAME=value, # comment")
	}
	p.advance(len(name) + 1)
	if a.name, err = variableName(name); err != nil {
		return assignment{}, false, err
	}
	a.value, err = p.value()
	return a, err == nil, err
}

// advance drops n bytes, or all if there are fewer, and counts their lines.
func (p *envParser) advance(n int) {
	n = min(n, len(p.rest))
	p.line += strings.Count(p.rest[:n], "\n")
	p.rest = p.rest[n:]
}

func variableName(text string) (string, error) {
	name := strings.TrimSpace(text)
	if after, ok := strings.CutPrefix(name, "export"); ok && strings.TrimLeft(after, " \t") != after {
		name = strings.TrimSpace(after)
	}
	for i := range len(name) {
		c := name[i]
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return "", errors.New("not a name before =; allowed: letters, digits and _")
		}
	}
	if name == "" {
		return "", errors.New("no name before =")
	}
	return name, nil
}

// value takes what stands behind the = up to the end of its line.
func (p *envParser) value() (string, error) {
	blanks := len(p.rest) - len(strings.TrimLeft(p.rest, " \t"))
	p.advance(blanks)
	if p.rest != "" && (p.rest[0] == '"' || p.rest[0] == '\'') {
		return p.quoted(p.rest[0])
	}
	text, _, _ := strings.Cut(p.rest, "\n")
	p.advance(len(text) + 1)
	if strings.HasPrefix(text, "#") && blanks > 0 {
		return "", nil
	}
	for i := 1; i < len(text); i++ {
		if text[i] == '#' && (text[i-1] == ' ' || text[i-1] == '\t') {
			text = text[:i]
		}
	}
	return strings.TrimSpace(text), nil
}

// quoted takes a value in quotes and demands that nothing but a comment follows it.
func (p *envParser) quoted(quote byte) (string, error) {
	var b strings.Builder
	i := 1
	for ; i < len(p.rest) && p.rest[i] != quote; i++ {
		c := p.rest[i]
		if c == '\\' && quote == '"' && i+1 < len(p.rest) {
			i++
			c = unescape(&b, p.rest[i])
		}
		b.WriteByte(c)
	}
	if i >= len(p.rest) {
		return "", fmt.Errorf("no closing %c", quote)
	}
	p.advance(i + 1)
	tail, _, _ := strings.Cut(p.rest, "\n")
	p.advance(len(tail) + 1)
	if tail = strings.TrimSpace(tail); tail != "" && tail[0] != '#' {
		return "", fmt.Errorf("text behind the closing %c", quote)
	}
	return b.String(), nil
}

// unescape returns what a backslash before c stands for. An escape that means nothing
// keeps its backslash, as in a Windows path.
func unescape(b *strings.Builder, c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case '"', '\\', '$':
		return c
	}
	b.WriteByte('\\')
	return c
}
