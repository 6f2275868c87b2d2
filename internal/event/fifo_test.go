package event

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestFifoAgainstASlice(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 0))
		q := fifo{limit: 1 + rng.IntN(20)}
		var model []uint64
		for n := range 200 {
			if rng.IntN(5) < 3 {
				id := uint64(n) + 1
				if ok := q.push(Delivery{ID: id}); ok != (len(model) < q.limit) {
					t.Fatalf("seed %d: push with %d of %d = %v", seed, len(model), q.limit, ok)
				} else if ok {
					model = append(model, id)
				}
				continue
			}
			var kept []uint64
			for _, d := range q.all() {
				kept = append(kept, d.ID)
			}
			if diff := cmp.Diff(model, kept, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("seed %d: all() (-want +got):\n%s", seed, diff)
			}
			var want uint64
			if len(model) > 0 {
				want, model = model[0], model[1:]
			}
			if got, ok := q.pop(); got.ID != want || ok != (want != 0) {
				t.Fatalf("seed %d: pop() = %d, %v, want %d", seed, got.ID, ok, want)
			}
		}
		q.clear()
		if _, ok := q.pop(); ok || q.ring != nil || q.limit == 0 {
			t.Errorf("seed %d: clear() leaves %+v", seed, q)
		}
	}
}
