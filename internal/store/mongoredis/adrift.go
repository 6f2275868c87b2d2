package mongoredis

import (
	"context"
	"sync"
)

// adrift are claims that blocks' documents may show as this process's, although nobody in
// it works on them: the call that made them, or was to give them back, was cut off. Nobody
// else may take them as long as this process is alive, so it must give them back itself.
type adrift struct {
	mu     sync.Mutex // guards claims
	claims []*claim
}

func (a *adrift) add(claims ...*claim) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.claims = append(a.claims, claims...)
}

// collect returns all and forgets them.
func (a *adrift) collect() []*claim {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.claims
	a.claims = nil
	return all
}

// land gives back what is adrift. What it cannot give back stays adrift. A block that
// does not show the claim is written all the same: a write that is still on its way comes
// too late then.
func (s *DB) land(ctx context.Context) {
	all := s.adrift.collect()
	var m moves
	for i, c := range all {
		if err := s.release(ctx, c, &m, true); err != nil {
			s.adrift.add(all[i:]...)
			if ctx.Err() == nil {
				s.opts.Logger.Warn("claims that were cut off are still not given back", "claims", len(all)-i, "error", err)
			}
			break
		}
	}
	if len(m.args) > 0 {
		s.announce(ctx, &m)
	}
}

// letGo gives claims up that could not be released: they are lost to whoever has them in
// hand, and given back as soon as that is possible.
func (s *DB) letGo(claims ...*claim) {
	for _, c := range claims {
		s.claims.end(c.token)
	}
	s.adrift.add(claims...)
}
