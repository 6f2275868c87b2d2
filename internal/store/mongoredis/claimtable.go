package mongoredis

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// claim is a part of a block in the hands of a worker of this process, and the Token of
// a [store.Claim].
type claim struct {
	db    *DB
	token string
	block blockID
	part  int
	lane  order.Priority
	run   order.RunID
	entry string // in Redis
	dead  atomic.Bool

	mu   sync.Mutex
	seen *block // the block as this process last wrote or read it
}

// known returns the block as it was last seen.
func (c *claim) known() *block {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen
}

func (c *claim) see(b *block) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil || b.version >= c.seen.version {
		c.seen = b
	}
}

// claims are those of this process that are alive.
type claims struct {
	mu      sync.Mutex
	byToken map[string]*claim
}

func (t *claims) add(c *claim) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byToken == nil {
		t.byToken = map[string]*claim{}
	}
	t.byToken[c.token] = c
}

// end makes claims lost that are of this process. What their blocks show must not be that
// they are held by it: nobody would take it from a process that is alive.
func (t *claims) end(tokens ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, token := range tokens {
		if c := t.byToken[token]; c != nil {
			c.dead.Store(true)
			delete(t.byToken, token)
		}
	}
}

// endIf makes those claims lost that match.
func (t *claims) endIf(match func(*claim) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for token, c := range t.byToken {
		if match(c) {
			c.dead.Store(true)
			delete(t.byToken, token)
		}
	}
}

// all returns the claims, in no particular order.
func (t *claims) all() []*claim {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]*claim, 0, len(t.byToken))
	for _, c := range t.byToken {
		all = append(all, c)
	}
	return all
}

// of returns the claim behind c if it is alive, or [order.ErrClaimLost].
func (t *claims) of(c *store.Claim) (*claim, error) {
	token, ok := c.Token.(*claim)
	if !ok || token.dead.Load() {
		return nil, order.ErrClaimLost
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byToken[token.token] != token {
		return nil, order.ErrClaimLost
	}
	return token, nil
}

// anyNormal says whether a NORMAL block is claimed.
func (t *claims) anyNormal() bool {
	return slices.ContainsFunc(t.all(), func(c *claim) bool { return c.lane == order.Normal })
}
