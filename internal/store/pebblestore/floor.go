package pebblestore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/filavip/filavip/internal/order"
)

// Floor does the least that any durable store of these orders must do, for comparison:
// it makes every order, encodes it and its outcome as this store does, key and value,
// and appends them to a plain file chunk by chunk with an fsync after each; and all that
// twice, since an order is stored once when it is accepted and once when it is settled,
// and a log-structured store writes everything to its log and to its tables. pass
// returns a function that fills its argument with the next orders and returns how many,
// 0 at the end. Floor returns the bytes written.
func Floor(dir string, chunk int, pass func() func([]order.Order) int) (written int64, err error) {
	for i := range 2 {
		n, err := floorPass(filepath.Join(dir, fmt.Sprintf("floor-%d", i)), chunk, pass())
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

func floorPass(path string, chunk int, next func([]order.Order) int) (written int64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	orders := make([]order.Order, chunk)
	var buf []byte
	for n := next(orders); n > 0; n = next(orders) {
		buf = buf[:0]
		for i := range orders[:n] {
			buf = appendFloor(buf, &orders[i])
		}
		if _, err := f.Write(buf); err != nil {
			return written, err
		}
		if err := f.Sync(); err != nil {
			return written, err
		}
		written += int64(len(buf))
	}
	return written, nil
}

func appendFloor(buf []byte, o *order.Order) []byte {
	started := o.Key.Run().Started()
	buf = appendOrderKey(buf, rowOrder, o.Priority(), o.Key)
	buf = appendOrder(buf, o, started)
	buf = appendOrderKey(buf, rowOutcome, o.Priority(), o.Key)
	return appendOutcome(buf, order.Processed, 1, started, started, "")
}
