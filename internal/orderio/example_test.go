package orderio_test

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/orderio"
)

func Example() {
	file := strings.NewReader("cliente,valor,tier\nAna,10.50,DIAMOND\nEva,1.005,GOLD\n")
	r, err := orderio.NewReader(file, "orders.csv")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = r.Close() }()
	for {
		var o order.Order
		var rejected *orderio.RejectError
		switch err := r.Next(&o); {
		case err == nil:
			fmt.Println(o.Customer, o.Amount, o.Priority())
		case errors.As(err, &rejected):
			fmt.Println(rejected)
		default:
			fmt.Println(err == io.EOF)
			return
		}
	}
	// Output:
	// Ana 10.50 VIP
	// line 3: valor: `1.005`: more than two decimals; allowed: 0.00 to 1000000000.00, at most two decimals behind a dot
	// true
}
