package mongoredis

import (
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

func TestUsage(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open()
	if _, err := db.Begin(t.Context(), order.Spec{}, time.Now(), nil); err != nil {
		t.Fatal(err)
	}
	u, err := db.Usage(t.Context())
	if err != nil || u.Runs != 1 || u.Memory == 0 {
		t.Errorf("Usage() = %+v, %v; want one run, and memory of Redis", u, err)
	}
	p.redis.Kill()
	if u, err = db.Usage(t.Context()); err != nil || u.Runs != 1 || u.Memory != 0 {
		t.Errorf("Usage() without Redis = %+v, %v; want one run", u, err)
	}
}
