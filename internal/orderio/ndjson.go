package orderio

import (
	"bytes"
	"fmt"
)

// span is what a record takes of the input.
type span struct {
	bytes int
	lines int64
}

// decoder takes records apart, each in its format.
type decoder interface {
	// decode reads the record that begins with line, which takes size bytes, into rec,
	// and returns what it takes of the input. It consumes nothing of w but may read on.
	// A record that cannot be taken apart is a Reject; an error is the source's.
	decode(w *window, line []byte, size int, rec *record) (span, *Reject, error)
}

const allowedJSON = "one JSON object per line"

// ndjson decodes lines that are flat JSON objects with known fields. It is strict
// where the JSON grammar leaves a choice: no key twice, no half of a surrogate pair.
type ndjson struct {
	line    []byte
	pos     int
	scratch []byte // unescaped strings of the current line
}

func (d *ndjson) decode(_ *window, line []byte, size int, rec *record) (span, *Reject, error) {
	taken := span{size, 1}
	if at := invalidUTF8(line); at >= 0 {
		return taken, refuseUTF8(line, at), nil
	}
	d.line, d.pos, d.scratch = line, 0, d.scratch[:0]
	return taken, d.object(rec), nil
}

func (d *ndjson) object(rec *record) *Reject {
	if d.space(); !d.eat('{') {
		return refuse("", d.line, "not a JSON object", allowedJSON)
	}
	if d.space(); !d.eat('}') {
		if rej := d.members(rec); rej != nil {
			return rej
		}
	}
	if d.space(); d.pos < len(d.line) {
		return refuse("", d.line[d.pos:], "text behind the object", allowedJSON)
	}
	return nil
}

// members reads "key": value pairs up to and with the closing brace.
func (d *ndjson) members(rec *record) *Reject {
	for {
		if rej := d.member(rec); rej != nil {
			return rej
		}
		switch d.space(); {
		case d.eat('}'):
			return nil
		case !d.eat(','):
			return d.broken("")
		}
		d.space()
	}
}

func (d *ndjson) member(rec *record) *Reject {
	if !d.eat('"') {
		return d.broken("")
	}
	key, rej := d.text("")
	if rej != nil {
		return rej
	}
	f, known := parseField(key)
	if !known {
		return refuse(excerpt(key), nil, "no such field", fieldNames())
	}
	if rec.forms[f] != absent {
		return refuse(f.String(), nil, "given twice", "each field once")
	}
	if d.space(); !d.eat(':') {
		return d.broken(f.String())
	}
	d.space()
	return d.value(f, rec)
}

func (d *ndjson) value(f field, rec *record) *Reject {
	switch c := d.peek(); {
	case c == '"':
		d.pos++
		value, rej := d.text(f.String())
		rec.set(f, text, value)
		return rej
	case c == '-' || c >= '0' && c <= '9':
		value, ok := d.number()
		if !ok {
			return d.broken(f.String())
		}
		rec.set(f, number, value)
		return nil
	case c == 'n' && d.word("null"):
		rec.set(f, null, nil)
		return nil
	case c == '{' || c == '[' || c == 't' && d.word("true") || c == 'f' && d.word("false"):
		return f.refuse(d.line[d.pos:], "neither text nor number")
	}
	return d.broken(f.String())
}

// number takes a number as the JSON grammar has it, and returns it as it stands.
func (d *ndjson) number() ([]byte, bool) {
	start := d.pos
	d.eat('-')
	if !d.eat('0') && !d.digits() {
		return nil, false
	}
	if d.eat('.') && !d.digits() {
		return nil, false
	}
	if d.eat('e') || d.eat('E') {
		if !d.eat('+') {
			d.eat('-')
		}
		if !d.digits() {
			return nil, false
		}
	}
	return d.line[start:d.pos], true
}

// digits takes at least one digit.
func (d *ndjson) digits() bool {
	start := d.pos
	for c := d.peek(); c >= '0' && c <= '9'; c = d.peek() {
		d.pos++
	}
	return d.pos > start
}

func (d *ndjson) space() {
	for d.pos < len(d.line) {
		switch d.line[d.pos] {
		case ' ', '\t', '\r', '\n':
			d.pos++
		default:
			return
		}
	}
}

// peek returns the next byte, or 0 at the end; a real 0 is no beginning of anything.
func (d *ndjson) peek() byte {
	if d.pos < len(d.line) {
		return d.line[d.pos]
	}
	return 0
}

func (d *ndjson) eat(c byte) bool {
	if d.pos < len(d.line) && d.line[d.pos] == c {
		d.pos++
		return true
	}
	return false
}

// word takes w only with null, whose place in the line matters no more.
func (d *ndjson) word(w string) bool {
	if !bytes.HasPrefix(d.line[d.pos:], []byte(w)) {
		return false
	}
	if w == "null" {
		d.pos += len(w)
	}
	return true
}

// broken refuses the line for its grammar, at the place reached.
func (d *ndjson) broken(field string) *Reject {
	if d.pos >= len(d.line) {
		return refuse(field, d.line, "the line ends within the object", allowedJSON)
	}
	return refuse(field, d.line[d.pos:], fmt.Sprintf("broken JSON at byte %d", d.pos+1), allowedJSON)
}
