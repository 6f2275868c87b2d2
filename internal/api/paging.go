package api

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
)

// paging are the parameters of a listing by key.
type paging struct {
	limit  wholeNumber
	cursor opaque
}

func newPaging(what string) paging {
	return paging{
		limit:  wholeNumber{name: "limit", doc: "How many " + what + " at most.", byDefault: 50, min: 1, max: 200, clamp: true},
		cursor: opaque{name: "cursor", doc: "The nextCursor of the page before."},
	}
}

// page reads the parameters.
func (in *reading) page(p paging) (limit int, cursor string) {
	return int(in.number(p.limit)), in.orderCursor(p.cursor)
}

// nextPage returns a Link header to the page behind the one that was asked for with
// these parameters; empty if there is none.
func nextPage(path string, args map[string][]string, limit int, cursor string) string {
	if cursor == "" {
		return ""
	}
	query := url.Values{}
	for _, name := range slices.Sorted(maps.Keys(args)) {
		query[name] = args[name]
	}
	query.Set("limit", strconv.Itoa(limit))
	query.Set("cursor", cursor)
	return fmt.Sprintf(`<%s?%s>; rel="next"`, path, query.Encode())
}
