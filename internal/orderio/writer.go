package orderio

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/filavip/filavip/internal/order"
)

// instantLayout is RFC 3339 with milliseconds.
const instantLayout = "2006-01-02T15:04:05.000Z07:00"

// Writer writes orders to one output. It is not safe for concurrent use.
type Writer struct {
	dst    io.Writer
	buf    []byte
	encode func(b []byte, o *order.Order) []byte
	failed error
}

const writerBuffer = 64 << 10

// NewNDJSONWriter returns a Writer of one JSON object per line.
func NewNDJSONWriter(w io.Writer) *Writer {
	return &Writer{dst: w, encode: appendJSON}
}

// NewCSVWriter returns a Writer of CSV with commas. The header row is written even if
// no order is.
func NewCSVWriter(w io.Writer) *Writer {
	header := strings.ReplaceAll(fieldNames(), ", ", ",") + "\n"
	return &Writer{dst: w, encode: appendCSV, buf: []byte(header)}
}

// Write writes one order. An order without a ref has its key as id; one that has
// neither key nor ref has no id, and one without a CreatedAt no createdAt. Orders may
// stay in the Writer's memory until Flush.
func (w *Writer) Write(o *order.Order) error {
	if w.failed != nil {
		return w.failed
	}
	w.buf = w.encode(w.buf, o)
	if len(w.buf) < writerBuffer {
		return nil
	}
	return w.Flush()
}

// Flush passes on what was written so far. After an error nothing more is written.
func (w *Writer) Flush() error {
	if w.failed != nil || len(w.buf) == 0 {
		return w.failed
	}
	if _, err := w.dst.Write(w.buf); err != nil {
		w.failed = fmt.Errorf("write orders: %w", err)
	}
	w.buf = w.buf[:0]
	return w.failed
}

func id(o *order.Order) string {
	if o.Ref == "" && o.Key == (order.Key{}) {
		return ""
	}
	return o.ID()
}

func statusName(s order.Status) string {
	switch s {
	case order.Processed:
		return statusProcessed
	case order.Dead:
		return statusDead
	case order.Removed:
		return statusRemoved
	}
	return statusPending
}

// appendAmount writes an amount as [order.Cents.String] does, without allocating.
func appendAmount(b []byte, c order.Cents) []byte {
	if c < 0 {
		return append(b, c.String()...)
	}
	return fmt.Appendf(b, "%d.%02d", c/100, c%100)
}

func appendInstant(b []byte, t time.Time) []byte { return t.UTC().AppendFormat(b, instantLayout) }

func appendJSON(b []byte, o *order.Order) []byte {
	b = append(b, '{')
	if name := id(o); name != "" {
		b = append(appendString(append(b, `"id":`...), name), ',')
	}
	b = appendString(append(b, `"cliente":`...), o.Customer)
	b = appendAmount(append(b, `,"valor":`...), o.Amount)
	b = appendString(append(b, `,"tier":`...), o.Tier.String())
	b = appendString(append(b, `,"priority":`...), o.Priority().String())
	b = appendString(append(b, `,"observacoes":`...), o.Note)
	b = appendString(append(b, `,"status":`...), statusName(o.Status))
	if !o.CreatedAt.IsZero() {
		b = append(appendInstant(append(b, `,"createdAt":"`...), o.CreatedAt), '"')
	}
	return append(b, "}\n"...)
}

// appendString writes s as a JSON string. Bytes that are not UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += size
			continue
		}
		i++
	}
	return append(b, '"')
}

func appendCSV(b []byte, o *order.Order) []byte {
	b = append(appendCell(b, id(o)), ',')
	b = append(appendCell(b, o.Customer), ',')
	b = append(appendAmount(b, o.Amount), ',')
	b = append(append(b, o.Tier.String()...), ',')
	b = append(append(b, o.Priority().String()...), ',')
	b = append(appendCell(b, o.Note), ',')
	b = append(append(b, statusName(o.Status)...), ',')
	if !o.CreatedAt.IsZero() {
		b = appendInstant(b, o.CreatedAt)
	}
	return append(b, '\n')
}

// appendCell quotes a cell if something in it, or around it, would else be lost.
func appendCell(b []byte, s string) []byte {
	if !strings.ContainsAny(s, ",;\"\r\n") && strings.Trim(s, " \t") == s {
		return append(b, s...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(s, `"`, `""`)...)
	return append(b, '"')
}
