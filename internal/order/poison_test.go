package order_test

import (
	"testing"

	"github.com/filavip/filavip/internal/order"
)

func TestFateOf(t *testing.T) {
	for _, test := range []struct {
		orders, strikes int
		want            order.Fate
	}{
		{1, 1, order.Spared}, {1, 2, order.Spared}, {1, 3, order.Buried}, {1, 4, order.Buried},
		{2, 1, order.Spared}, {2, 2, order.Halved}, {2, 3, order.Halved}, {1000, 1, order.Spared}, {1000, 9, order.Halved},
	} {
		if got := order.FateOf(test.orders, test.strikes); got != test.want {
			t.Errorf("FateOf(%d, %d) = %v, want %v", test.orders, test.strikes, got, test.want)
		}
	}
}
