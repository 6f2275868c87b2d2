package fleetkit

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
)

// TestMongoStorm has MongoDB cut connections before and after what it does, refuse,
// report write concerns that failed, and answer late, at random, in runs from their
// acceptance to their end. On a standalone server the client repeats no write by itself.
func TestMongoStorm(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]string{"ReplicaSet": "rs", "Standalone": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rng := seeded(t)
			sv, _ := newServers(t, set)
			s := begin(t, sv, 8)
			runs := 0
			for ; !struckOften(sv.mongo.Struck(), times(50)); runs++ {
				sv.mongo.Storm(mongotest.Storm{
					Seed: rng.Uint64(), MaxDelay: 30 * time.Millisecond,
					Commands: []string{"insert", "update", "delete", "findAndModify", "find", "aggregate", "getMore", "distinct"},
					Chance: map[mongotest.Action]float64{
						mongotest.CutBefore: 0.015, mongotest.CutAfter: 0.02, mongotest.Refuse: 0.005, mongotest.ConcernError: 0.01, mongotest.Delay: 0.05,
					},
				})
				id := s.start(spec(rng, 4000, 0))
				done := s.done(id)
				calm(done, func() bool { return struckOften(sv.mongo.Struck(), times(50)) })
				sv.mongo.Storm(mongotest.Storm{})
				<-done
				s.finished(id)
			}
			for _, action := range slices.Sorted(maps.Keys(sv.mongo.Struck())) {
				t.Logf("%s: %d times in %d runs", action, sv.mongo.Struck()[action], runs)
			}
		})
	}
}

// calm returns once it has been enough, or the run is over.
func calm(done <-chan struct{}, enough func() bool) {
	for !enough() {
		select {
		case <-done:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// struckOften says whether connections were cut that often before and after the command
// together, and each other fault happened too.
func struckOften(struck map[mongotest.Action]int, enough int) bool {
	return struck[mongotest.CutBefore]+struck[mongotest.CutAfter] >= enough &&
		min(struck[mongotest.CutBefore], struck[mongotest.CutAfter], struck[mongotest.Refuse], struck[mongotest.ConcernError]) > 0
}
