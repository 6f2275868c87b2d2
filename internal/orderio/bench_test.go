package orderio

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
)

const benchOrders = 10_000

func sample(i int) order.Order {
	return order.Order{
		Ref: fmt.Sprintf("pedido-%08d", i), Customer: fmt.Sprintf("Cliente %d", i), Amount: order.Cents(i % 100_000),
		Tier: order.Tier(i % order.TierCount), Note: "Entrega expressa solicitada",
		CreatedAt: time.UnixMilli(1_767_225_600_000 + int64(i)).UTC(),
	}
}

func encoded(b *testing.B, open func(io.Writer) *Writer) []byte {
	b.Helper()
	var out bytes.Buffer
	w := open(&out)
	for i := range benchOrders {
		o := sample(i)
		if err := w.Write(&o); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

func benchmarkRead(b *testing.B, input []byte, name string) {
	b.ReportAllocs()
	b.SetBytes(int64(len(input)))
	var o order.Order
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(input), name)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for ; err == nil; n++ {
			err = r.Next(&o)
		}
		if err != io.EOF || n != benchOrders+1 {
			b.Fatalf("%d orders, %v", n-1, err)
		}
		_ = r.Position()
		_ = r.Close()
	}
	b.ReportMetric(float64(b.N)*benchOrders/b.Elapsed().Seconds(), "orders/s")
}

func BenchmarkReadNDJSON(b *testing.B) { benchmarkRead(b, encoded(b, NewNDJSONWriter), "x.ndjson") }

func BenchmarkReadCSV(b *testing.B) { benchmarkRead(b, encoded(b, NewCSVWriter), "x.csv") }

func benchmarkWrite(b *testing.B, open func(io.Writer) *Writer) {
	b.ReportAllocs()
	w := open(io.Discard)
	o := sample(12345)
	for b.Loop() {
		if err := w.Write(&o); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
}

func BenchmarkWriteNDJSON(b *testing.B) { benchmarkWrite(b, NewNDJSONWriter) }

func BenchmarkWriteCSV(b *testing.B) { benchmarkWrite(b, NewCSVWriter) }
