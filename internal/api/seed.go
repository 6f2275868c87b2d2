package api

import (
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/filavip/filavip/internal/order"
)

// seedNumber describes a parameter that is a seed: any number of 64 bits, in decimal.
type seedNumber struct{ name, doc string }

func (p seedNumber) document() *huma.Param {
	return queryParam(p.name, p.doc, &huma.Schema{Type: huma.TypeString, Pattern: "^[0-9]{1,20}$"})
}

// seed returns the parameter's value; nil if it is absent.
func (in *reading) seed(p seedNumber) *uint64 {
	values, given := in.args[p.name]
	if !given {
		return nil
	}
	if len(values) == 1 && isDigits(values[0]) {
		if n, err := strconv.ParseUint(values[0], 10, 64); err == nil {
			return &n
		}
	}
	in.fault(p.name, values, allowedSeed)
	return nil
}

// isDigits says whether text is nothing but ASCII digits; ParseUint takes no others, but
// an underscore or a sign it may.
func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// tierWeights describes a parameter that is a weight for each tier, lowest tier first.
type tierWeights struct{ name, doc string }

func (p tierWeights) document() *huma.Param {
	return queryParam(p.name, p.doc, &huma.Schema{Type: huma.TypeString, Pattern: "^[0-9]{1,7}(,[0-9]{1,7}){3}$"})
}

// weights returns the parameter's value; nil if it is absent.
func (in *reading) weights(p tierWeights) *order.Weights {
	values, given := in.args[p.name]
	if !given {
		return nil
	}
	if w, ok := parseWeights(values); ok && w.Validate() == nil {
		return &w
	}
	in.fault(p.name, values, allowedWeights)
	return nil
}

func parseWeights(values []string) (w order.Weights, ok bool) {
	if len(values) != 1 {
		return w, false
	}
	parts := strings.Split(values[0], ",")
	if len(parts) != len(w) {
		return w, false
	}
	for i, part := range parts {
		n, ok := parseWhole([]string{part})
		if !ok || n > 1_000_000 {
			return w, false
		}
		w[i] = uint32(n)
	}
	return w, true
}
