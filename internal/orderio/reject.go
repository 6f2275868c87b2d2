package orderio

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/filavip/filavip/internal/order"
)

// Reject says why a record was refused.
type Reject struct {
	Line    int64  `json:"line"`            // the record's first, from 1
	Field   string `json:"field,omitempty"` // empty if it concerns the whole record
	Value   string `json:"value,omitempty"` // escaped, at most 80 bytes
	Reason  string `json:"reason"`
	Allowed string `json:"allowed,omitempty"`
}

// String returns the reject as one line of printable text.
func (r *Reject) String() string {
	s := fmt.Sprintf("line %d: ", r.Line)
	if r.Field != "" {
		s += r.Field + ": "
	}
	if r.Value != "" {
		s += "`" + r.Value + "`: "
	}
	s += r.Reason
	if r.Allowed != "" {
		s += "; allowed: " + r.Allowed
	}
	return s
}

// RejectError is the error [Reader.Next] returns for a record that it refuses. Reading
// may go on. It wraps [order.ErrInvalid].
type RejectError struct{ Reject Reject }

// Error returns the reject as one line.
func (e *RejectError) Error() string { return e.Reject.String() }

// Unwrap returns [order.ErrInvalid].
func (e *RejectError) Unwrap() error { return order.ErrInvalid }

// WriteReject writes r to w as one line of NDJSON.
func WriteReject(w io.Writer, r Reject) error {
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode reject of line %d: %w", r.Line, err)
	}
	if _, err := w.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write reject of line %d: %w", r.Line, err)
	}
	return nil
}

// refuse returns a Reject without a line, which the Reader fills in.
func refuse(field string, value []byte, reason, allowed string) *Reject {
	return &Reject{Field: field, Value: excerpt(value), Reason: reason, Allowed: allowed}
}

const (
	maxExcerpt = 80
	ellipsis   = "..."
)

// excerpt returns the beginning of value in at most maxExcerpt bytes of printable text.
// What is not printable is escaped as in Go.
func excerpt(value []byte) string {
	var b []byte
	fits := 0 // how much of b may stay if not everything fits
	for rest := value; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			b = fmt.Appendf(b, `\x%02x`, rest[0])
		case strconv.IsPrint(r):
			b = utf8.AppendRune(b, r)
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			b = append(b, quoted[1:len(quoted)-1]...)
		}
		rest = rest[size:]
		if len(b) > maxExcerpt {
			return string(b[:fits]) + ellipsis
		}
		if len(b) <= maxExcerpt-len(ellipsis) {
			fits = len(b)
		}
	}
	return string(b)
}
