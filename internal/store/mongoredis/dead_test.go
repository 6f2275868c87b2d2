package mongoredis

import (
	"slices"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// TestRedriveReadsNoFurther: who wants one dead letter does not read them all.
func TestRedriveReadsNoFurther(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open()
	run := p.begin(db, order.Generated)
	p.insert(db, run, chunkOf(run, 0, slices.Repeat([]order.Tier{order.Diamond}, 500)...))
	for claims := p.claim(db); len(claims) > 0; claims = p.claim(db) {
		if err := p.settle(db, order.Dead, claims...); err != nil {
			t.Fatal(err)
		}
	}
	more := p.mongo.Inject(mongotest.Fault{Command: "getMore", Collection: ordersName, Times: -1, Action: mongotest.Delay})
	n, err := db.Redrive(t.Context(), store.RedriveOptions{At: time.Now(), Limit: 1}, nil)
	if n != 1 || err != nil {
		t.Fatalf("Redrive = %d, %v; want 1", n, err)
	}
	if more.Struck() != 0 {
		t.Errorf("%d more batches of dead letters were read, want none", more.Struck())
	}
}
