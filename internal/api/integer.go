package api

import "strconv"

// maxDigits is how many digits a whole number may have.
const maxDigits = 10

// wholeNumber describes a parameter that is a whole number.
type wholeNumber struct {
	name, doc string
	byDefault int64
	min, max  int64
	clamp     bool // what is above max counts as max
}

// number returns the parameter's value; its default if it is absent. Anything but one
// text of 1 to 10 ASCII digits in the range is a fault: no sign, no space, no exponent,
// no digits of other scripts, and not nothing.
func (in *reading) number(p wholeNumber) int64 {
	values, given := in.args[p.name]
	if !given {
		return p.byDefault
	}
	n, ok := parseWhole(values)
	if !ok || n < p.min || n > p.max && !p.clamp {
		in.fault(p.name, values, allowedNumber, p.min, p.max)
		return p.byDefault
	}
	return min(n, p.max)
}

func parseWhole(values []string) (int64, bool) {
	if len(values) != 1 || len(values[0]) == 0 || len(values[0]) > maxDigits {
		return 0, false
	}
	for i := range len(values[0]) {
		if c := values[0][i]; c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(values[0], 10, 64)
	return n, err == nil
}
