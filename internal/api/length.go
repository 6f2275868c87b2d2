package api

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// length describes a parameter that is a whole number with a unit of time, such as 5m, or
// one of a few words that stand for a length.
type length struct {
	name, doc string
	byDefault string   // empty: none
	units     []string // of ms, s, m and h, the smallest first
	words     []string
	min, max  time.Duration
}

// length returns the parameter's value as it was given, or its default, and how long that
// is: 0 for a word and for nothing.
func (in *reading) length(p length) (given string, d time.Duration) {
	values, ok := in.args[p.name]
	if !ok {
		d, _ := p.parse(p.byDefault)
		return p.byDefault, d
	}
	if len(values) == 1 && slices.Contains(p.words, values[0]) {
		return values[0], 0
	}
	if len(values) == 1 {
		if d, ok := p.parse(values[0]); ok {
			return values[0], d
		}
	}
	words := strings.Join(append([]string{""}, p.words...), ", ")
	in.fault(p.name, values, allowedLength, strings.Join(p.units, ", "), p.short(p.min), p.short(p.max), words)
	return p.byDefault, 0
}

func (p length) parse(text string) (time.Duration, bool) {
	number := strings.TrimRight(text, "hms")
	unit := text[len(number):]
	n, ok := parseWhole([]string{number})
	if !ok || !slices.Contains(p.units, unit) || n > int64(p.max/unitOf(unit)) {
		return 0, false
	}
	d := time.Duration(n) * unitOf(unit)
	return d, d >= p.min
}

// unitOf returns how long one of that unit is.
func unitOf(unit string) time.Duration {
	switch unit {
	case "ms":
		return time.Millisecond
	case "s":
		return time.Second
	case "m":
		return time.Minute
	}
	return time.Hour
}

// short writes d in the largest of the units that it is a whole number of.
func (p length) short(d time.Duration) string {
	for _, unit := range slices.Backward(p.units) {
		if d%unitOf(unit) == 0 {
			return strconv.FormatInt(int64(d/unitOf(unit)), 10) + unit
		}
	}
	return d.String()
}

func (p length) document() *huma.Param {
	schema := &huma.Schema{Type: huma.TypeString, Pattern: "^(" + strings.Join(append(slices.Clone(p.words), "[0-9]{1,10}("+strings.Join(p.units, "|")+")"), "|") + ")$"}
	if p.byDefault != "" {
		schema.Default = p.byDefault
	}
	return queryParam(p.name, p.doc+" From "+p.short(p.min)+" to "+p.short(p.max)+".", schema)
}
