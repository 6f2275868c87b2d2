package mongoredis

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/store/mongoredis/cutter"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// TestChaos has everything happen to the store at once: peers that insert, work, act as
// operators do and die, a MongoDB that fails, a Redis that is killed, emptied, and brought
// back with old data. Then all is calm, and what was acknowledged must be true: see calm and
// check. Resets are not among it, after which nothing acknowledged need be there.
//
// CHAOS_FOR says for how long, as "60s" does. CHAOS_SEED repeats the choices of a run whose
// seed was printed, though not the moments they fall on: try it more than once.
func TestChaos(t *testing.T) {
	lasts, seed := chaosFor(t), chaosSeed(t)
	dice := rand.New(rand.NewPCG(seed, 0))
	var mongo mongotest.Options
	if dice.IntN(2) == 0 {
		mongo = replicated() // whose clients repeat by themselves what was not answered
	}
	c := &chaos{pair: newPair(t, mongo, redistest.Options{}), ledger: newLedger()}
	for i := range c.peers {
		p, err := c.start(c.Context())
		if err != nil {
			c.Fatalf("Open: %v", err)
		}
		c.peers[i].Store(p)
	}
	c.mongo.Storm(mongotest.Storm{
		Seed:     seed,
		Commands: []string{"insert", "update", "find", "findAndModify", "delete", "aggregate", "distinct"},
		Chance: map[mongotest.Action]float64{
			mongotest.CutBefore: 0.0005, mongotest.CutAfter: 0.002, mongotest.Refuse: 0.0005,
			mongotest.ConcernError: 0.002, mongotest.Delay: 0.004,
		},
		MaxDelay: 900 * time.Millisecond, // longer than a lease
	})
	c.rage(dice, lasts)
	c.mongo.Storm(mongotest.Storm{})
	c.calm(dice)
	c.check()
	t.Logf("%s; %d processes died; struck %v", c.ledger, c.deaths, c.mongo.Struck())
}

// chaosFor is how long the chaos lasts: what CHAOS_FOR says, or a few seconds, fewer under
// the race detector, which sees as much in them.
func chaosFor(t *testing.T) time.Duration {
	t.Helper()
	switch text := os.Getenv("CHAOS_FOR"); {
	case text != "":
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			t.Fatalf("CHAOS_FOR is %q; allowed: a duration above 0, such as 60s", text)
		}
		return d
	case testing.Short() || raceDetector:
		return 1500 * time.Millisecond
	default:
		return 3 * time.Second
	}
}

// chaosSeed returns what all choices follow from, and prints it.
func chaosSeed(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("CHAOS_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("CHAOS_SEED: %v", err)
		}
	}
	t.Logf("CHAOS_SEED=%d", seed)
	return seed
}

// chaos is a database that some peers have open, and what they were told.
type chaos struct {
	*pair
	peers  [3]atomic.Pointer[peer] // each replaced when it dies
	ledger *ledger
	deaths int // of peers
}

// peer is a process: a store, and the ways by which it gets to its servers.
type peer struct {
	*DB
	toMongo, toRedis *cutter.Proxy
	asleep           sync.RWMutex // locked while the process is suspended
}

// awake waits until the process is not suspended.
func (p *peer) awake() {
	p.asleep.RLock()
	defer p.asleep.RUnlock()
}

// start opens the store once more. Its lease is so short that the test sees leases end.
func (c *chaos) start(ctx context.Context) (*peer, error) {
	toMongo, behind := c.behind()
	p := &peer{toMongo: toMongo, toRedis: cutter.Start(c.T, c.redis.Addr())}
	o := c.options()
	behind(&o)
	o.Redis.Addrs = []string{p.toRedis.Addr()}
	o.Lease, o.Term = 500*time.Millisecond, 500*time.Millisecond
	var err error
	if p.DB, err = Open(ctx, o); err != nil {
		return nil, err
	}
	c.Cleanup(func() {
		if err := p.Close(); err != nil {
			c.Errorf("Close() = %v, want nil", err)
		}
	})
	return p, nil
}

// rage has all happen at random for that long.
func (c *chaos) rage(dice *rand.Rand, lasts time.Duration) {
	ctx, cancel := context.WithTimeout(c.Context(), lasts)
	defer cancel()
	var all sync.WaitGroup
	for i := range c.peers {
		for range 3 {
			w := &worker{chaos: c, dice: fork(dice), peer: &c.peers[i]}
			all.Go(func() { w.run(ctx) })
		}
	}
	for range 5 {
		i := &inserter{chaos: c, dice: fork(dice)}
		all.Go(func() { i.run(ctx) })
	}
	o := &operator{chaos: c, dice: fork(dice)}
	all.Go(func() { o.run(ctx) })
	s := &suspender{chaos: c, dice: fork(dice)}
	all.Go(func() { s.run(ctx) })
	w := &wrecker{chaos: c, dice: fork(dice)}
	w.run(ctx) // here, where a Redis that does not come back ends the test
	all.Wait()
}

// fork returns a source that goes its own way, for another goroutine.
func fork(dice *rand.Rand) *rand.Rand { return rand.New(rand.NewPCG(dice.Uint64(), 0)) }

// upTo returns a random duration below most.
func upTo(dice *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(dice.Int64N(int64(most)))
}

// any returns one of the peers.
func (c *chaos) any(dice *rand.Rand) *peer {
	return c.peers[dice.IntN(len(c.peers))].Load()
}

// impatient returns a context that ends before many a call does, at any step of it.
func impatient(ctx context.Context, dice *rand.Rand) (context.Context, context.CancelFunc) {
	most := 700 * time.Millisecond
	if dice.IntN(3) == 0 {
		most = 30 * time.Millisecond // about what a call takes
	}
	return context.WithTimeout(ctx, upTo(dice, most))
}
