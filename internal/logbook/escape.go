package logbook

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxField bounds one escaped text, in bytes.
	maxField = 1 << 10
	// ellipsis stands for what was cut off.
	ellipsis = "…"
)

// appendEscaped appends s to dst so that it is one line and shows nothing it is not:
// backslashes, and whatever is not printable or is one of special, are escaped as in a Go
// string. At most limit bytes are appended; a text that may need more ends in an ellipsis.
func appendEscaped(dst []byte, s, special string, limit int) []byte {
	last := len(dst) + limit - len(ellipsis)
	for i, r := range s {
		mark := len(dst)
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			dst = fmt.Appendf(dst, `\x%02x`, s[i])
		case r == '\\' || !unicode.IsPrint(r) || strings.ContainsRune(special, r):
			dst = appendEscape(dst, r)
		default:
			dst = utf8.AppendRune(dst, r)
		}
		if len(dst) > last {
			return append(dst[:mark], ellipsis...)
		}
	}
	return dst
}

func appendEscape(dst []byte, r rune) []byte {
	switch r {
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	case '\\', '"':
		return append(dst, '\\', byte(r))
	}
	switch {
	case r < utf8.RuneSelf:
		return fmt.Appendf(dst, `\x%02x`, r)
	case r < 0x10000:
		return fmt.Appendf(dst, `\u%04x`, r)
	}
	return fmt.Appendf(dst, `\U%08x`, r)
}

// appendValue appends an attribute's value: bare if it is one plain word, else quoted.
func appendValue(dst []byte, s string) []byte {
	if plain(s) {
		return appendEscaped(dst, s, "", maxField)
	}
	dst = append(dst, '"')
	dst = appendEscaped(dst, s, `"`, maxField-len(`""`))
	return append(dst, '"')
}

// plain says whether s can be read back without quotes.
func plain(s string) bool {
	for _, r := range s {
		if r == ' ' || r == '=' || r == '"' || r == '\\' || r == utf8.RuneError || !unicode.IsPrint(r) {
			return false
		}
	}
	return s != ""
}
