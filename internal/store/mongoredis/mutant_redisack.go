//go:build mutant_redisack

package mongoredis

import "context"

// run is a planted bug: Redis forgets the claims before MongoDB has the outcomes.
func (w *settling) run(ctx context.Context) error {
	for _, u := range w.units {
		for _, p := range u.parts {
			w.moves.ack(p.claim.lane, p.claim.entry)
		}
	}
	w.db.announce(ctx, &w.moves)
	if err := w.commit(ctx); err != nil {
		return err
	}
	w.tell(ctx)
	return nil
}
