package ordergen_test

import (
	"fmt"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/ordergen"
)

// Any stretch of a run can be made on its own: here the orders 1000 to 1002 of seed 42.
func ExampleGenerator_Fill() {
	g := ordergen.New(42, order.Weights{25, 25, 25, 25})
	orders := make([]order.Order, 3)
	g.Fill(orders, order.NewRunID(1_795_420_800_000, 0), 1000)
	for _, o := range orders {
		fmt.Println(o.Customer, o.Amount, o.Tier, o.Priority(), o.Note)
	}
	// Output:
	// Cliente 1000 577.91 SILVER NORMAL Desconto de fidelidade
	// Cliente 1001 432.25 DIAMOND VIP Frete grátis
	// Cliente 1002 494.12 DIAMOND VIP Cliente premium
}
