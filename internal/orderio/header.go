package orderio

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// readHeader consumes the header row and returns a decoder for its columns. A header
// with a column that is none of ours, or without one that every order needs, is a
// *RejectError: no row could be read.
func readHeader(w *window) (*csv, error) {
	for {
		line, size, err := w.line()
		switch {
		case errors.Is(err, errLong):
			return nil, headerError(w, refuse("", line, "too long", fmt.Sprintf("%d bytes", maxLine)))
		case ended(err):
			return nil, headerError(w, refuse("", nil, "no header row", fieldNames()))
		case err != nil:
			return nil, err
		case !blank(line):
			d := &csv{separator: separator(line)}
			if rej := d.header(line); rej != nil {
				return nil, headerError(w, rej)
			}
			w.take(size, 1)
			return d, nil
		}
		w.take(size, 1)
	}
}

func headerError(w *window, rej *Reject) error {
	rej.Line = w.lines + 1
	return &RejectError{*rej}
}

// separator returns the one of , and ; that the header has more of. The names of
// fields contain neither.
func separator(header []byte) byte {
	if bytes.Count(header, []byte{';'}) > bytes.Count(header, []byte{','}) {
		return ';'
	}
	return ','
}

func (d *csv) header(line []byte) *Reject {
	if _, wrong := d.quoted(line); wrong != "" {
		return refuse("", line, string(wrong), allowedQuotes)
	}
	for _, name := range d.cells {
		f, known := parseField(name)
		switch {
		case !known:
			return refuse(excerpt(name), nil, "no such field", fieldNames())
		case slices.Contains(d.columns, f):
			return refuse(f.String(), nil, "given twice", "each field once")
		}
		d.columns = append(d.columns, f)
	}
	for f := range field(fieldCount) {
		if f.required() && !slices.Contains(d.columns, f) {
			return refuse(f.String(), line, "no such column", "a header with cliente, valor and tier")
		}
	}
	return nil
}
