package mongoredis

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// closeTimeout bounds each step of giving the store back.
const closeTimeout = 3 * time.Second

// tie begins a call that lasts: its context ends with the store, whose Close waits until
// done is called.
func (s *DB) tie(ctx context.Context) (_ context.Context, done func(), _ error) {
	s.tying.Lock()
	defer s.tying.Unlock()
	if err := s.enter(ctx); err != nil {
		return nil, nil, err
	}
	s.loops.Add(1)
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.closing, cancel)
	return ctx, func() {
		stop()
		cancel()
		s.loops.Done()
	}, nil
}

// Close implements [store.Store]. It ends what goes on in the background, a term of this
// process as coordinator included, and gives back what is claimed. If the servers do not
// answer, others do so when this process's lease has ended.
func (s *DB) Close() error {
	s.shutting.Do(func() { s.closeErr = s.shut() })
	return s.closeErr
}

func (s *DB) shut() error {
	s.tying.Lock()
	s.close()
	s.tying.Unlock()
	s.changed.fire()
	s.loops.Wait()
	if err := s.giveBack(); err != nil {
		s.opts.Logger.Warn("claims or entry not given back", "error", err)
	}
	var errs []error
	errs = append(errs, s.redis.Close())
	if s.client != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		errs = append(errs, s.client.Disconnect(ctx))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// giveBack returns the claims of this process, with no attempt consumed, and removes its
// entry among the nodes.
func (s *DB) giveBack() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	var m moves
	var err error
	for _, c := range s.claims.all() {
		if err = s.release(ctx, c, &m, false); err != nil {
			break
		}
	}
	if len(m.args) > 0 {
		s.announce(ctx, &m)
	}
	return errors.Join(err, s.leave(ctx))
}
