package orderio

import (
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/filavip/filavip/internal/order"
)

// checkText refuses what an order may not carry as free text: too many bytes, or a
// control character. The text is valid UTF-8.
func checkText(f field, t []byte) *Reject {
	if len(t) > order.MaxTextLen {
		return f.refuse(t, fmt.Sprintf("%d bytes", len(t)))
	}
	for i := 0; i < len(t); {
		if c := t[i]; c >= ' ' && c < 0x7f {
			i++
			continue
		}
		r, size := utf8.DecodeRune(t[i:])
		if unicode.IsControl(r) {
			return f.refuse(t, fmt.Sprintf("control character %U", r))
		}
		i += size
	}
	return nil
}

// invalidUTF8 returns the offset of the first byte of b that begins no valid sequence,
// or -1.
func invalidUTF8(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	i := 0
	for i < len(b) {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		i += size
	}
	return i
}

// refuseUTF8 reports the byte at that offset of the record's text.
func refuseUTF8(text []byte, at int) *Reject {
	from := max(0, at-20)
	for from < at && !utf8.RuneStart(text[from]) {
		from++
	}
	return refuse("", text[from:], fmt.Sprintf("byte %d is not UTF-8", at+1), "UTF-8")
}

// parseAmount reads a plain decimal number with at most two decimals, exactly. The
// text says what is wrong with it; it is empty if nothing is.
func parseAmount(t []byte) (amount order.Cents, wrong string) {
	whole, decimals := t, []byte(nil)
	for i, c := range t {
		if c == '.' {
			whole, decimals = t[:i], t[i+1:]
			if len(decimals) == 0 {
				return 0, "not a plain number"
			}
			break
		}
	}
	if !plain(whole) || len(decimals) > 0 && !digits(decimals) {
		return 0, wrongNumber(t)
	}
	if len(decimals) > 2 {
		return 0, "more than two decimals"
	}
	if len(whole) > 10 {
		return 0, "out of range"
	}
	for _, c := range whole {
		amount = amount*10 + order.Cents(c-'0')
	}
	amount *= 100
	for i, c := range decimals {
		amount += order.Cents(c-'0') * [2]order.Cents{10, 1}[i]
	}
	if amount > order.MaxAmount {
		return 0, "out of range"
	}
	return amount, ""
}

// wrongNumber tells a negative number from what is none.
func wrongNumber(t []byte) string {
	if len(t) > 1 && t[0] == '-' {
		if _, wrong := parseAmount(t[1:]); wrong != "not a plain number" {
			return "negative"
		}
	}
	return "not a plain number"
}

// plain says whether t is a whole number as JSON writes it: no needless 0 in front.
func plain(t []byte) bool { return digits(t) && (t[0] != '0' || len(t) == 1) }

func digits(t []byte) bool {
	for _, c := range t {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(t) > 0
}

// parseInstant reads an RFC 3339 instant and returns it in UTC, to the millisecond.
func parseInstant(t []byte) (time.Time, bool) {
	var at time.Time
	if err := at.UnmarshalText(t); err != nil {
		return time.Time{}, false
	}
	at = at.UTC().Truncate(time.Millisecond)
	return at, at.Year() >= 1970 && at.Year() <= 9999
}
