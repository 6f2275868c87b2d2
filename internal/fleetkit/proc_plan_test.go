package fleetkit

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/ordergen"
)

// plan is a run that is to be. What it comes to follows from it.
type plan struct {
	orders   int64
	seed     uint64
	work     time.Duration // that each order takes
	failures float64       // share of attempts
}

// attempts is how many an order has.
const attempts = 3

// args are the arguments of a server that begins such runs.
func (p plan) args(more ...string) []string {
	return append([]string{
		"--simulate-work", p.work.String(), "--simulate-failures", fmt.Sprint(p.failures), "--attempts", strconv.Itoa(attempts),
	}, more...)
}

// outcome is what a run comes to.
type outcome struct {
	digest    order.Digest
	processed int64
	dead      int64
}

// foretell returns what the plan comes to.
func (p plan) foretell(t *testing.T) (o outcome) {
	t.Helper()
	h, err := handler.New(handler.WorkFor(p.work, p.failures, attempts), p.seed)
	if err != nil {
		t.Fatal(err)
	}
	o.digest = ordergen.New(p.seed, order.Weights{25, 25, 25, 25}).Digest(uint64(p.orders), func(made *order.Order) {
		h.Foretell(made)
		if made.Status == order.Processed {
			o.processed++
		} else {
			o.dead++
		}
	})
	return o
}
