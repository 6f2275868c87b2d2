package orderio

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// text takes a string up to and with its closing quote; the opening one is taken. The
// result is part of the line or, if there were escapes, of the scratch memory.
func (d *ndjson) text(field string) ([]byte, *Reject) {
	start := d.pos
	for ; d.pos < len(d.line); d.pos++ {
		switch c := d.line[d.pos]; {
		case c == '"':
			d.pos++
			return d.line[start : d.pos-1], nil
		case c == '\\':
			return d.escaped(field, start)
		case c < ' ':
			return nil, d.control(field, start)
		}
	}
	return nil, d.broken(field)
}

// escaped goes on with a string at its first backslash.
func (d *ndjson) escaped(field string, start int) ([]byte, *Reject) {
	from := len(d.scratch)
	d.scratch = append(d.scratch, d.line[start:d.pos]...)
	for d.pos < len(d.line) {
		c := d.line[d.pos]
		switch {
		case c == '"':
			d.pos++
			return d.scratch[from:], nil
		case c == '\\':
			if rej := d.escape(field); rej != nil {
				return nil, rej
			}
			continue
		case c < ' ':
			return nil, d.control(field, start)
		}
		d.scratch = append(d.scratch, c)
		d.pos++
	}
	return nil, d.broken(field)
}

func (d *ndjson) control(field string, start int) *Reject {
	return refuse(field, d.line[start:], fmt.Sprintf("control character %U", d.line[d.pos]), "printable text")
}

// escape takes one escape sequence, a surrogate pair's two as one.
func (d *ndjson) escape(field string) *Reject {
	rest := d.line[d.pos:]
	if len(rest) < 2 {
		d.pos = len(d.line)
		return d.broken(field)
	}
	if rest[1] == 'u' {
		return d.unicode(field, rest)
	}
	c := unescape(rest[1])
	if c == 0 {
		return d.broken(field)
	}
	d.scratch = append(d.scratch, c)
	d.pos += 2
	return nil
}

func unescape(c byte) byte {
	switch c {
	case '"', '\\', '/':
		return c
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}

func (d *ndjson) unicode(field string, rest []byte) *Reject {
	r, ok := hex4(rest)
	if !ok {
		return d.broken(field)
	}
	d.pos += 6
	if utf16.IsSurrogate(r) {
		low, _ := hex4(d.line[d.pos:])
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return refuse(field, rest, "half of a surrogate pair", "both halves, or the character itself")
		}
		d.pos += 6
	}
	d.scratch = utf8.AppendRune(d.scratch, r)
	return nil
}

// hex4 reads the four digits of a \uXXXX that b begins with.
func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
