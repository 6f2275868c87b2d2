package api

import (
	"slices"
	"unicode/utf8"

	"github.com/filavip/filavip/internal/order"
)

// phrase describes a parameter that is a text of people's.
type phrase struct {
	name, doc string
	most      int // bytes
}

// phrase returns the parameter's value; empty if it is absent.
func (in *reading) phrase(p phrase) string {
	values, given := in.args[p.name]
	switch {
	case !given:
		return ""
	case len(values) == 1 && values[0] != "" && len(values[0]) <= p.most && utf8.ValidString(values[0]):
		return values[0]
	}
	in.fault(p.name, values, allowedPhrase, p.most)
	return ""
}

// orderID describes a parameter that names an order, by its key or its ref.
type orderID struct{ name, doc string }

// orderID returns the parameter's value; empty if it is absent.
func (in *reading) orderID(p orderID) string {
	values, given := in.args[p.name]
	switch {
	case !given:
		return ""
	case len(values) == 1 && mayName(values[0]):
		return values[0]
	}
	in.fault(p.name, values, allowedOrder)
	return ""
}

// mayName says whether a text can be an order's key or ref.
func mayName(id string) bool { return order.ValidateRef(id) == nil }

// orderIDs describes a parameter that names up to most orders.
type orderIDs struct {
	name, doc string
	most      int
}

// orderIDs returns the names in the parameter, each once.
func (in *reading) orderIDs(p orderIDs) []string {
	values, given := in.args[p.name]
	if !given {
		return nil
	}
	ids := slices.Clone(values)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) > p.most || len(ids) == 0 || slices.ContainsFunc(ids, func(id string) bool { return !mayName(id) }) {
		in.fault(p.name, values, allowedOrders, p.most)
	}
	return ids
}

// runID describes a parameter that names a run.
type runID struct{ name, doc string }

// runID returns the parameter's value; zero if it is absent.
func (in *reading) runID(p runID) order.RunID {
	values, given := in.args[p.name]
	if !given {
		return order.RunID{}
	}
	if len(values) == 1 {
		if id, err := order.ParseRunID(values[0]); err == nil && !id.IsZero() {
			return id
		}
	}
	in.fault(p.name, values, allowedRunID)
	return order.RunID{}
}

// orderCursor reads a cursor of a listing by key: the last order of the page before.
func (in *reading) orderCursor(p opaque) string {
	text := in.opaque(p)
	if text == "" {
		return ""
	}
	if _, err := order.ParseKey(text); err != nil {
		in.fault(p.name, []string{text}, allowedCursor)
	}
	return text
}
