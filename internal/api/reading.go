package api

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// shownBytes is how much of a value a fault repeats.
const shownBytes = 64

// reading takes parameters out of a request and collects what is wrong with them, so
// that a client hears of everything at once.
type reading struct {
	args   map[string][]string
	faults []fault
}

// err returns the faults found so far as one refusal; nil if there are none.
func (in *reading) err() error {
	if len(in.faults) == 0 {
		return nil
	}
	return &refusal{kind: invalidParameter, faults: in.faults}
}

func (in *reading) fault(name string, values []string, allowed text, args ...any) {
	in.faults = append(in.faults, newFault(name, strings.Join(values, ", "), allowed, args...))
}

func newFault(name, value string, allowed text, args ...any) fault {
	return fault{parameter: cut(name), value: cut(value), allowed: allowed, args: args}
}

// cut shortens what a client sent to what is worth repeating.
func cut(value string) string {
	value = strings.ToValidUTF8(value, "\uFFFD")
	if len(value) <= shownBytes {
		return value
	}
	end := shownBytes
	for !utf8.RuneStart(value[end]) {
		end--
	}
	return value[:end] + "…"
}

// flag describes a parameter that is true or false.
type flag struct {
	name, doc string
	byDefault bool
}

// flag returns the parameter's value; its default if it is absent. Only the exact
// texts true and false will do.
func (in *reading) flag(p flag) bool {
	values, given := in.args[p.name]
	switch {
	case !given:
		return p.byDefault
	case len(values) == 1 && values[0] == "true":
		return true
	case len(values) == 1 && values[0] == "false":
		return false
	}
	in.fault(p.name, values, allowedFlag)
	return p.byDefault
}

// choice describes a parameter that is one of a few words, or with many a list of
// such, separated by commas.
type choice struct {
	name, doc string
	byDefault string
	of        []string
	many      bool
}

// choice returns the parameter's value; its default if it is absent.
func (in *reading) choice(p choice) string {
	values, given := in.args[p.name]
	if !given {
		return p.byDefault
	}
	if len(values) != 1 || !slices.Contains(p.of, values[0]) {
		in.fault(p.name, values, allowedChoice, strings.Join(p.of, ", "))
		return p.byDefault
	}
	return values[0]
}

// choices returns the words of the parameter's list, each once, in the order given.
func (in *reading) choices(p choice) []string {
	values, given := in.args[p.name]
	if !given {
		return []string{p.byDefault}
	}
	var words []string
	for _, value := range values {
		for word := range strings.SplitSeq(value, ",") {
			if !slices.Contains(p.of, word) {
				in.fault(p.name, values, allowedChoices, strings.Join(p.of, ", "))
				return []string{p.byDefault}
			}
			if !slices.Contains(words, word) {
				words = append(words, word)
			}
		}
	}
	return words
}

// opaque describes a parameter that is a text which only this server can read.
type opaque struct{ name, doc string }

// opaque returns the parameter's value; empty if it is absent.
func (in *reading) opaque(p opaque) string {
	values, given := in.args[p.name]
	switch {
	case !given:
		return ""
	case len(values) == 1 && values[0] != "":
		return values[0]
	}
	in.fault(p.name, values, allowedCursor)
	return ""
}
