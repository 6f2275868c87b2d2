package order

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxGroupLen bounds the name of an error group, in bytes.
const MaxGroupLen = 120

// ErrorGroup returns what the texts of errors that differ only in their data have in
// common: UUIDs become <uuid>, hexadecimal numbers <hex>, other numbers <n>, quoted
// texts <text>; white space is one space. The result is never empty, holds no ASCII
// digit, and is at most [MaxGroupLen] bytes of valid UTF-8.
func ErrorGroup(reason string) string {
	g := grouper{rest: strings.ToValidUTF8(reason, "?")}
	for g.rest != "" && g.out.Len() <= MaxGroupLen {
		g.step()
	}
	name := strings.TrimSpace(g.out.String())
	if name == "" {
		return "<empty>"
	}
	return strings.TrimSpace(truncate(name, MaxGroupLen))
}

// grouper rewrites a text from its start, one token at a time.
type grouper struct {
	rest   string
	out    strings.Builder
	inWord bool // the byte before rest is a letter or a digit
}

// step moves one token from rest to out.
func (g *grouper) step() {
	c := g.rest[0]
	switch {
	case isQuote(c) && !g.inWord && quoted(g.rest) > 0:
		g.replace(quoted(g.rest), "<text>", false)
	case !g.inWord && isUUID(g.rest):
		g.replace(36, "<uuid>", true)
	case !g.inWord && hexLen(g.rest) > 0:
		g.replace(hexLen(g.rest), "<hex>", true)
	case isDigit(c):
		g.replace(numberLen(g.rest), "<n>", true)
	default:
		g.copyRune()
	}
}

func (g *grouper) replace(n int, placeholder string, inWord bool) {
	g.rest, g.inWord = g.rest[n:], inWord
	g.out.WriteString(placeholder)
}

// copyRune moves one rune; white space and control characters become a space, of which
// there is never more than one in a row.
func (g *grouper) copyRune() {
	r, n := utf8.DecodeRuneInString(g.rest)
	g.rest, g.inWord = g.rest[n:], unicode.IsLetter(r)
	if !unicode.IsSpace(r) && !unicode.IsControl(r) {
		g.out.WriteRune(r)
		return
	}
	if text := g.out.String(); text != "" && text[len(text)-1] != ' ' {
		g.out.WriteByte(' ')
	}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isHex(c byte) bool   { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }
func isWord(c byte) bool  { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' }

// quoted returns the length of the quoted text that s starts with, 0 if its quote is
// never closed.
func quoted(s string) int {
	end := strings.IndexByte(s[1:], s[0])
	if end < 0 {
		return 0
	}
	return end + 2
}

// isUUID says whether s starts with a UUID in canonical form.
func isUUID(s string) bool {
	if len(s) < 36 || len(s) > 36 && isWord(s[36]) {
		return false
	}
	_, err := ParseKey(s[:36])
	return err == nil
}

// hexLen returns the length of the hexadecimal number that s starts with: 0x and at
// least one digit, or at least eight digits of which some are letters and some are
// not. 0 if there is none.
func hexLen(s string) int {
	start := 0
	if strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X") {
		start = 2
	}
	end, digits := start, 0
	for ; end < len(s) && isHex(s[end]); end++ {
		if isDigit(s[end]) {
			digits++
		}
	}
	n := end - start
	mixed := n >= 8 && 0 < digits && digits < n
	if end < len(s) && isWord(s[end]) || n == 0 || start == 0 && !mixed {
		return 0
	}
	return end
}

// numberLen returns the length of the number that s starts with: digits, and groups of
// digits after a dot or a comma.
func numberLen(s string) int {
	n := 0
	for n < len(s) && (isDigit(s[n]) || n+1 < len(s) && (s[n] == '.' || s[n] == ',') && isDigit(s[n+1])) {
		n++
	}
	return n
}

// truncate cuts s to at most n bytes, between runes.
func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
