package app_test

import (
	"testing"

	"github.com/filavip/filavip/internal/app"
)

// BenchmarkRun processes whole runs of 100,000 orders, from acceptance to DONE.
func BenchmarkRun(b *testing.B) {
	const orders = 100_000
	var done int64
	for b.Loop() {
		m, err := app.Bench(b.Context(), settings(b, data(b), nil), app.BenchOptions{Quantity: orders, CPU: b.Elapsed})
		if err != nil {
			b.Fatal(err)
		}
		done += m.Orders
	}
	b.ReportMetric(float64(done)/b.Elapsed().Seconds(), "orders/s")
}
