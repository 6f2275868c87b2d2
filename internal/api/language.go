package api

import (
	"net/http"
	"strconv"
	"strings"
)

// language is one the messages are written in.
type language uint8

// The languages. English is what a client hears that does not say.
const (
	english language = iota
	portuguese

	languageCount = 2
)

// tag returns the language's tag, for Content-Language.
func (l language) tag() string {
	if l == portuguese {
		return "pt-BR"
	}
	return "en"
}

// languageOf returns the language the client likes best of those we have.
func languageOf(r *http.Request) language {
	return parseLanguage(strings.Join(r.Header.Values("Accept-Language"), ","))
}

// parseLanguage reads an Accept-Language header: of the ranges whose language we have,
// the one with the highest weight, the first of several. A range that makes no sense
// is passed over.
func parseLanguage(accept string) language {
	best, bestWeight := english, 0.0
	for part := range strings.SplitSeq(accept, ",") {
		tag, parameter, _ := strings.Cut(part, ";")
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		weight := weightOf(parameter)
		if weight <= bestWeight {
			continue
		}
		switch primary {
		case "en", "*":
			best, bestWeight = english, weight
		case "pt":
			best, bestWeight = portuguese, weight
		}
	}
	return best
}

// weightOf reads a range's q parameter: 1 if there is none, 0 if it makes no sense.
func weightOf(parameter string) float64 {
	parameter = strings.TrimSpace(parameter)
	if parameter == "" {
		return 1
	}
	value, ok := strings.CutPrefix(parameter, "q=")
	if !ok {
		return 0
	}
	weight, err := strconv.ParseFloat(value, 64)
	if err != nil || !(weight >= 0 && weight <= 1) {
		return 0
	}
	return weight
}

// Language returns the tag of the language that the client likes best of those there are:
// en or pt-BR. It is for pages that are mounted beside the API.
func Language(r *http.Request) string { return languageOf(r).tag() }
