package pebblestore

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/ordergen"
)

var codecRun = order.NewRunID(1_900_000_000_000, 7)

// TestOrderRow: what was accepted is what is read, whichever fields are special.
func TestOrderRow(t *testing.T) {
	t.Parallel()
	started := codecRun.Started()
	for name, o := range map[string]order.Order{
		"plain":        {Customer: "Cliente 1", Amount: 1, Note: order.StandardNote(3), CreatedAt: started},
		"own note":     {Customer: "Cliente 2", Amount: 1 << 40, Tier: order.Diamond, Note: "mine", CreatedAt: started},
		"no texts":     {CreatedAt: started},
		"ref, earlier": {Ref: "A-1", Customer: "ção", Amount: 99, Tier: order.Diamond, CreatedAt: started.Add(-time.Hour)},
		"long ago":     {CreatedAt: time.Date(1, 2, 3, 4, 5, 6, 7e6, time.UTC)},
		"later":        {Ref: "A-2", Note: order.StandardNote(0), CreatedAt: started.Add(time.Millisecond)},
	} {
		o.Key = codecRun.Key(5)
		v := appendOrder([]byte("before"), &o, started)
		row, err := decodeOrder(bytes.TrimPrefix(v, []byte("before")))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := row.order(o.Key); got != o {
			t.Errorf("%s: %+v became %+v", name, o, got)
		}
	}
}

// FuzzDecodeOrder: a row is refused as corrupt, or says the same once written anew.
func FuzzDecodeOrder(f *testing.F) {
	orders := make([]order.Order, 3)
	ordergen.New(1, order.Weights{1, 1, 1, 1}).Fill(orders, codecRun, 0)
	for i := range orders {
		f.Add(appendOrder(nil, &orders[i], codecRun.Started()))
	}
	f.Add(appendOrder(nil, &order.Order{Ref: "r", Note: "n", CreatedAt: codecRun.Started().Add(time.Hour)}, codecRun.Started()))
	f.Fuzz(func(t *testing.T, v []byte) {
		row, err := decodeOrder(v)
		if err != nil {
			corrupt(t, err)
			return
		}
		k := codecRun.Key(0)
		o := row.order(k)
		again, err := decodeOrder(appendOrder(nil, &o, codecRun.Started()))
		if got := again.order(k); err != nil || got != o {
			t.Fatalf("%+v became %+v, %v", o, got, err)
		}
	})
}

func FuzzDecodeOutcome(f *testing.F) {
	started := codecRun.Started()
	f.Add(appendOutcome(nil, order.Processed, 1, started.Add(time.Second), started, ""))
	f.Add(appendOutcome(nil, order.Dead, 3, started, started, "no stock"))
	f.Fuzz(func(t *testing.T, v []byte) {
		row, err := decodeOutcome(v, started)
		if err != nil {
			corrupt(t, err)
			return
		}
		again, err := decodeOutcome(appendOutcome(nil, row.status, row.attempts, row.at, started, row.reason), started)
		if err != nil || again != row {
			t.Fatalf("%+v became %+v, %v", row, again, err)
		}
	})
}

func FuzzDecodeBlock(f *testing.F) {
	b := blockRow{run: codecRun, indexes: []uint64{0, 1, 7, 900}}
	f.Add(b.append(nil))
	b = blockRow{run: codecRun, attempts: 2, strikes: 1, failed: codecRun.Started(), since: codecRun.Started(), reason: "no stock", indexes: []uint64{3}}
	f.Add(b.append(nil))
	f.Fuzz(func(t *testing.T, v []byte) {
		row, count, err := decodeBlock(v, true)
		if err != nil {
			corrupt(t, err)
			return
		}
		if _, n, err := decodeBlock(v, false); count != len(row.indexes) || n != count || err != nil {
			t.Fatalf("count is %d with and %d without the indexes, %v; want %d", count, n, err, len(row.indexes))
		}
		written := row.append(nil)
		again, _, err := decodeBlock(written, true)
		if err != nil || !bytes.Equal(again.append(nil), written) {
			t.Fatalf("%+v became %+v, %v", row, again, err)
		}
	})
}

func corrupt(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, order.ErrCorrupt) {
		t.Fatalf("refused with %v, want ErrCorrupt", err)
	}
}

// BenchmarkCodec encodes and decodes generated orders.
func BenchmarkCodec(b *testing.B) {
	orders := make([]order.Order, 1000)
	ordergen.New(1, order.Weights{1, 1, 1, 1}).Fill(orders, codecRun, 0)
	rows := make([][]byte, len(orders))
	for i := range orders {
		rows[i] = appendOrder(nil, &orders[i], codecRun.Started())
	}
	b.Run("Encode", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for i := range b.N {
			buf = appendOrder(buf[:0], &orders[i%len(orders)], codecRun.Started())
		}
	})
	b.Run("Decode", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			if _, err := decodeOrder(rows[i%len(rows)]); err != nil {
				b.Fatal(err)
			}
		}
	})
}
