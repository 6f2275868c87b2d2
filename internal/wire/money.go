package wire

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/filavip/filavip/internal/order"
)

// Money is an amount as the API shows it: a JSON number with exactly two decimals,
// such as 1234.50. Inside it is a whole number of cents, so nothing is rounded.
type Money order.Cents

// MarshalJSON implements [json.Marshaler].
func (m Money) MarshalJSON() ([]byte, error) { return []byte(order.Cents(m).String()), nil }

// UnmarshalJSON implements [json.Unmarshaler]. It takes a plain decimal number with at
// most two decimals; an exponent or a third decimal is refused rather than rounded.
func (m *Money) UnmarshalJSON(data []byte) error {
	text, negative := strings.CutPrefix(string(data), "-")
	whole, decimals, _ := strings.Cut(text, ".")
	if len(decimals) > 2 || !allDigits(whole) || decimals != "" && !allDigits(decimals) || strings.HasSuffix(text, ".") {
		return fmt.Errorf("%w: valor %.64q; allowed: a number with at most two decimals", order.ErrInvalid, data)
	}
	units, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || units > (math.MaxInt64-99)/100 {
		return fmt.Errorf("%w: valor %.64q is too large", order.ErrInvalid, data)
	}
	cents := units * 100
	for i, digit := range []byte(decimals) {
		cents += int64(digit-'0') * [...]int64{10, 1}[i]
	}
	if negative {
		cents = -cents
	}
	*m = Money(cents)
	return nil
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
