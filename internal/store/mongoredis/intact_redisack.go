//go:build !mutant_redisack

package mongoredis

import "context"

// run makes the outcomes durable in MongoDB, and only then takes the claims out of Redis.
func (w *settling) run(ctx context.Context) error {
	if err := w.commit(ctx); err != nil {
		return err
	}
	w.tell(ctx)
	return nil
}
