package order_test

import (
	"fmt"
	"testing"

	"github.com/filavip/filavip/internal/order"
)

func BenchmarkSum(b *testing.B) {
	o := sample()
	o.Process(accepted)
	b.ReportAllocs()
	var sum order.Digest
	for b.Loop() {
		sum = sum.Add(o.Sum())
	}
}

func BenchmarkKeyString(b *testing.B) {
	key := sample().Key
	b.ReportAllocs()
	for b.Loop() {
		_ = key.String()
	}
}

func BenchmarkParseKey(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := order.ParseKey(rfcExample); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkErrorGroup(b *testing.B) {
	for _, reason := range []string{
		"simulated failure",
		"handler: post https://shop.example/orders/" + rfcExample + ": dial tcp 10.0.0.7:443: i/o timeout after 30s, request 0x7fff5fbff8c0",
	} {
		b.Run(fmt.Sprint(len(reason)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = order.ErrorGroup(reason)
			}
		})
	}
}
