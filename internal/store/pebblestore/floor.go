package pebblestore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/filavip/filavip/internal/order"
)

// Floor does the least that any durable store of these orders must do, for comparison:
// it encodes every order and its outcome as this store does, key and value, appends
// them to a plain file chunk by chunk with an fsync after each, and does so twice, since
// a log-structured store writes everything once to its log and once to its tables. next
// fills its argument with the next orders and returns how many, 0 at the end. It returns
// the bytes written.
func Floor(dir string, chunk int, next func([]order.Order) int) (written int64, err error) {
	var files [2]*os.File
	for i := range files {
		if files[i], err = os.Create(filepath.Join(dir, fmt.Sprintf("floor-%d", i))); err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, files[i].Close()) }()
	}
	orders := make([]order.Order, chunk)
	var buf []byte
	for n := next(orders); n > 0; n = next(orders) {
		buf = buf[:0]
		for i := range orders[:n] {
			buf = appendFloor(buf, &orders[i])
		}
		for _, f := range files {
			if _, err := f.Write(buf); err != nil {
				return written, err
			}
			if err := f.Sync(); err != nil {
				return written, err
			}
			written += int64(len(buf))
		}
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
