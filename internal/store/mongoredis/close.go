package mongoredis

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/filavip/filavip/internal/order"
)

const (
	// closeTimeout bounds each step of giving the store back.
	closeTimeout = 3 * time.Second
	// lastWords bounds what a call has still to say to MongoDB once its context has ended.
	lastWords = time.Second
	// retirePatience is for how long a server may be silent that a process is about to leave.
	retirePatience = 2 * time.Second
)

// ending is how a store comes to its end. Once closing has ended no call begins and nothing
// goes on in the background; once severed has, calls under way end; once lost has, MongoDB
// is not asked any more. Each ends with the next.
type ending struct {
	closing, severed, lost context.Context
	close, sever, lose     context.CancelFunc

	beginning sync.Mutex // held while a call begins, and when closing begins
	calls     sync.WaitGroup
	loops     sync.WaitGroup // with calls that last
	servers   sync.WaitGroup // who looks whether they answer, once Close is near

	retiring, shutting sync.Once
	err                error // of the first Close
}

func (e *ending) prepare() {
	e.lost, e.lose = context.WithCancel(context.Background())
	e.severed, e.sever = context.WithCancel(e.lost)
	e.closing, e.close = context.WithCancel(e.severed)
}

// enter begins a call: it refuses those of a closed store and those whose context has
// ended. The context it returns ends also when Close has waited for long enough; it waits
// until leave is called.
func (e *ending) enter(ctx context.Context) (_ context.Context, leave func(), _ error) {
	return e.admit(ctx, e.severed, &e.calls)
}

// tie is enter for a call that lasts: its context ends as soon as the store is closed.
func (e *ending) tie(ctx context.Context) (_ context.Context, done func(), _ error) {
	return e.admit(ctx, e.closing, &e.loops)
}

func (e *ending) admit(ctx, until context.Context, among *sync.WaitGroup) (context.Context, func(), error) {
	e.beginning.Lock()
	defer e.beginning.Unlock()
	if e.closing.Err() != nil {
		return nil, nil, order.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	among.Add(1)
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(until, cancel)
	return ctx, func() {
		stop()
		cancel()
		among.Done()
	}, nil
}

// Retire says that Close is near: from now on nobody waits for a server that does not
// answer. Without MongoDB the store is closed in all but name: every call ends, and what is
// claimed is lost to whoever has it in hand, and others' once the lease has ended. Without
// Redis calls go on; what they give back is found when the lanes are compared with the
// store. It returns at once, and may be called again.
func (s *DB) Retire() {
	s.retiring.Do(func() {
		if client := s.client; client != nil {
			s.servers.Go(func() {
				s.outwait(func(ctx context.Context) error { return client.Ping(ctx, nil) }, s.leaveMongo)
			})
		}
		if s.redis.client() != nil {
			s.servers.Go(func() {
				s.outwait(func(ctx context.Context) error { return s.redis.client().Ping(ctx).Err() }, s.leaveRedis)
			})
		}
	})
}

// outwait asks a server until the store is given back, or until the server has not answered
// for too long: then it is left.
func (s *DB) outwait(ask func(context.Context) error, leave func()) {
	answered := time.Now()
	for pause(s.lost, retirePatience/20) {
		ctx, cancel := context.WithDeadline(s.lost, answered.Add(retirePatience))
		asked := time.Now()
		err := ask(ctx)
		cancel()
		switch {
		case err == nil:
			answered = asked
		case s.lost.Err() != nil:
			return
		case time.Since(answered) >= retirePatience:
			leave()
			return
		}
	}
}

// leaveMongo gives up what needs MongoDB, which is nearly all.
func (s *DB) leaveMongo() {
	s.opts.Logger.Warn("MongoDB does not answer: ending without it; what is claimed here goes to others once its lease has ended",
		"claims", len(s.claims.all()), "lease", s.opts.Lease)
	s.lose()
	s.claims.endIf(func(*claim) bool { return true })
	s.changed.fire()
}

// leaveRedis makes calls of Redis fail at once.
func (s *DB) leaveRedis() {
	s.opts.Logger.Warn("Redis does not answer: ending without it; what is given back here is handed out once the lanes were compared with the store")
	_ = s.redis.Close() // what was under way in it fails, which is the purpose
}

// Close implements [store.Store]. It ends what goes on in the background, a term of this
// process as coordinator included, lets calls under way end, which it cuts short if they
// take too long, and gives back what is claimed. If the servers do not answer, others do so
// when this process's lease has ended.
func (s *DB) Close() error {
	s.shutting.Do(func() { s.err = s.shut() })
	return s.err
}

func (s *DB) shut() error {
	s.Retire()
	s.beginning.Lock()
	s.close()
	s.beginning.Unlock()
	s.changed.fire()
	s.loops.Wait()
	s.awaitCalls()
	if err := s.giveBack(); err != nil && s.lost.Err() == nil {
		s.opts.Logger.Warn("claims or entry not given back", "error", err)
	}
	patience := closeTimeout
	if s.lost.Err() != nil {
		patience = 0 // for the server to be told
	}
	s.lose()
	s.servers.Wait()
	errs := []error{s.redis.Close()}
	if s.client != nil {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		errs = append(errs, s.client.Disconnect(ctx))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// awaitCalls waits for calls under way. Those that take too long it cuts short.
func (s *DB) awaitCalls() {
	ended := make(chan struct{})
	go func() {
		s.calls.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(closeTimeout):
		s.sever()
		<-ended
	}
}

// giveBack returns the claims of this process, with no attempt consumed, and removes its
// entry among the nodes.
func (s *DB) giveBack() error {
	ctx, cancel := context.WithTimeout(s.lost, closeTimeout)
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
