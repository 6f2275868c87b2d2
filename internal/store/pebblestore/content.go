package pebblestore

import (
	"strings"
	"unicode/utf8"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// content is what a query wants of an order as it was accepted.
type content struct {
	tier     *order.Tier
	customer string // in lower case
	ascii    bool   // customer is
}

func newContent(q *store.OrderQuery) content {
	c := content{tier: q.Tier, customer: strings.ToLower(q.Customer)}
	c.ascii = isASCII(c.customer)
	return c
}

// all says whether every order will do.
func (c *content) all() bool { return c.tier == nil && c.customer == "" }

func (c *content) row(row *orderRow) bool {
	return (c.tier == nil || *c.tier == row.tier) && match(c, row.customer)
}

func (c *content) order(o *order.Order) bool {
	return (c.tier == nil || *c.tier == o.Tier) && match(c, o.Customer)
}

// match says whether a name contains what is wanted. Names in ASCII are compared where
// they lie; to write another one in lower case takes memory.
func match[T string | []byte](c *content, name T) bool {
	if len(c.customer) == 0 {
		return true
	}
	if !c.ascii || !isASCII(name) {
		return strings.Contains(strings.ToLower(string(name)), c.customer)
	}
	for at := 0; at+len(c.customer) <= len(name); at++ {
		if begins(name[at:], c.customer) {
			return true
		}
	}
	return false
}

// begins says whether an ASCII text that is long enough begins with one in lower case.
func begins[T string | []byte](text T, lower string) bool {
	for i := range len(lower) {
		b := text[i]
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		if b != lower[i] {
			return false
		}
	}
	return true
}

func isASCII[T string | []byte](text T) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
