package event

import (
	"math/rand/v2"
	"testing"
)

func TestFifoAgainstASlice(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 0))
		q := fifo{limit: 1 + rng.IntN(20)}
		var model []Event
		for n := range 200 {
			if rng.IntN(5) < 3 {
				e := Progress{Done: int64(n)}
				if ok := q.push(e); ok != (len(model) < q.limit) {
					t.Fatalf("seed %d: push with %d of %d = %v", seed, len(model), q.limit, ok)
				} else if ok {
					model = append(model, e)
				}
				continue
			}
			var want Event
			if len(model) > 0 {
				want, model = model[0], model[1:]
			}
			if got := q.pop(); got != want {
				t.Fatalf("seed %d: pop() = %v, want %v", seed, got, want)
			}
		}
		q.clear()
		if q.pop() != nil || q.ring != nil || q.limit == 0 {
			t.Errorf("seed %d: clear() leaves %+v", seed, q)
		}
	}
}
