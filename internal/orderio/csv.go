package orderio

import (
	"bytes"
	"fmt"
)

// csv decodes rows in the columns that a header row named.
type csv struct {
	separator byte
	columns   []field
	cells     [][]byte // of the current row
	scratch   []byte   // cells with doubled quotes, undoubled
}

func (d *csv) decode(w *window, line []byte, size int, rec *record) (span, *Reject, error) {
	taken, rej, err := d.split(w, line, size)
	if rej != nil || err != nil {
		return taken, rej, err
	}
	if len(d.cells) != len(d.columns) {
		return taken, refuse("", w.rest()[:len(line)], fmt.Sprintf("%d cells", len(d.cells)),
			fmt.Sprintf("%d, as in the header", len(d.columns))), nil
	}
	for i, f := range d.columns {
		cell := d.cells[i]
		if at := invalidUTF8(cell); at >= 0 {
			rej := refuseUTF8(cell, at)
			rej.Field = f.String()
			return taken, rej, nil
		}
		if len(cell) == 0 {
			rec.set(f, null, nil)
		} else {
			rec.set(f, text, cell)
		}
	}
	return taken, nil, nil
}

// split cuts the row that begins with line into cells. A row that is malformed takes
// its first line only: what follows may well be rows.
func (d *csv) split(w *window, line []byte, size int) (span, *Reject, error) {
	d.cells, d.scratch = d.cells[:0], d.scratch[:0]
	if bytes.IndexByte(line, '"') < 0 {
		d.plain(line)
		return span{size, 1}, nil, nil
	}
	for whole := false; ; {
		rest := w.rest()
		rest = rest[:min(len(rest), maxLine+len("\r\n"))]
		end, wrong := d.quoted(rest)
		open := wrong == unclosed || wrong == "" && rest[end-1] != '\n'
		switch {
		case open && !whole && len(rest) == len(w.rest()):
			// What looks like the end may be none once more is there.
			if err := w.more(); ended(err) {
				whole = true
			} else if err != nil {
				return span{}, nil, err
			}
		case wrong == "" && open && len(rest) < len(w.rest()):
			wrong = unclosed
			fallthrough
		case wrong != "":
			return span{size, 1}, refuse("", rest[:len(line)], string(wrong), allowedQuotes), nil
		default:
			return span{end, lineCount(rest[:end])}, nil, nil
		}
	}
}

// lineCount counts the lines of b, of which the last may lack its end.
func lineCount(b []byte) int64 {
	n := bytes.Count(b, []byte{'\n'})
	if b[len(b)-1] != '\n' {
		n++
	}
	return int64(n)
}

// plain cuts a line without quotes.
func (d *csv) plain(line []byte) {
	for {
		i := bytes.IndexByte(line, d.separator)
		if i < 0 {
			d.cells = append(d.cells, line)
			return
		}
		d.cells = append(d.cells, line[:i])
		line = line[i+1:]
	}
}

// malformed says what is wrong with a row; it is empty if nothing is.
type malformed string

const (
	unclosed   malformed = "a quote is not closed, or its row is too long"
	bareQuote  malformed = "a quote within a cell that does not begin with one"
	afterQuote malformed = "text behind a closing quote"

	allowedQuotes = `"text with ""quotes"""`
)

// quoted cuts the row at the beginning of b, of which more may follow, and returns how
// many bytes it takes with its end.
func (d *csv) quoted(b []byte) (end int, wrong malformed) {
	d.cells, d.scratch = d.cells[:0], d.scratch[:0]
	for pos := 0; ; pos++ {
		var cell []byte
		if pos < len(b) && b[pos] == '"' {
			cell, pos, wrong = d.cell(b, pos+1)
		} else {
			cell, pos, wrong = d.bare(b, pos)
		}
		if wrong != "" {
			return 0, wrong
		}
		d.cells = append(d.cells, cell)
		switch {
		case pos == len(b):
			return pos, ""
		case b[pos] == '\n':
			return pos + 1, ""
		}
	}
}

// bare takes a cell without quotes that begins at pos, and returns where it ends.
func (d *csv) bare(b []byte, pos int) ([]byte, int, malformed) {
	start := pos
	for ; pos < len(b) && b[pos] != d.separator && b[pos] != '\n'; pos++ {
		if b[pos] == '"' {
			return nil, 0, bareQuote
		}
	}
	cell := b[start:pos]
	if (pos == len(b) || b[pos] == '\n') && bytes.HasSuffix(cell, []byte{'\r'}) {
		cell = cell[:len(cell)-1]
	}
	return cell, pos, ""
}

// cell takes a cell whose opening quote was before pos, and returns where the
// separator or line end behind it is.
func (d *csv) cell(b []byte, pos int) ([]byte, int, malformed) {
	start, doubled := pos, false
	for {
		i := bytes.IndexByte(b[pos:], '"')
		if i < 0 {
			return nil, 0, unclosed
		}
		pos += i + 1
		if pos == len(b) || b[pos] != '"' {
			break
		}
		doubled = true
		pos++
	}
	cell := b[start : pos-1]
	if doubled {
		from := len(d.scratch)
		d.scratch = append(d.scratch, bytes.ReplaceAll(cell, []byte(`""`), []byte(`"`))...)
		cell = d.scratch[from:]
	}
	if pos < len(b) && b[pos] == '\r' && (pos+1 == len(b) || b[pos+1] == '\n') {
		pos++
	}
	if pos < len(b) && b[pos] != d.separator && b[pos] != '\n' {
		return nil, 0, afterQuote
	}
	return cell, pos, ""
}
