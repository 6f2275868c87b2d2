package mongoredis

import (
	"testing"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// BenchmarkReads reads a run of 100,000 orders that wait, and one of as many that are
// processed.
func BenchmarkReads(b *testing.B) {
	const orders = 100_000
	db := mustOpen(b, startServers(b).options())
	done := fillRun(b, db, orders)
	settleAll(b, db)
	if _, err := db.Cancel(b.Context(), done, store.CancelOptions{}, nil); err != nil {
		b.Fatal(err)
	}
	fillRun(b, db, orders)
	status := order.Dead
	for name, read := range map[string]func() error{
		"Orders/page": func() error { _, err := db.Orders(b.Context(), store.OrderQuery{Limit: 100}); return err },
		"Orders/window": func() error {
			_, err := db.Orders(b.Context(), store.OrderQuery{Status: &status, Limit: 100})
			return err
		},
		"Orders/names": func() error {
			_, err := db.Orders(b.Context(), store.OrderQuery{Customer: "nobody", Limit: 100})
			return err
		},
		"Jobs/waiting": func() error {
			_, err := db.Jobs(b.Context(), store.JobQuery{State: store.Waiting, Limit: 100})
			return err
		},
		"Jobs/completed": func() error {
			_, err := db.Jobs(b.Context(), store.JobQuery{State: store.Completed, Limit: 100})
			return err
		},
		"Jobs/deep": func() error {
			_, err := db.Jobs(b.Context(), store.JobQuery{State: store.Completed, Offset: 9900, Limit: 100})
			return err
		},
		"DeadLetters": func() error { _, err := db.DeadLetters(b.Context(), store.DeadQuery{Limit: 100}); return err },
		"Verify":      func() error { _, err := db.Verify(b.Context()); return err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
