package mongoredis

import (
	"context"
	"errors"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// start brings the lanes up to the store and begins what a process does by itself: it
// renews its leases, looks whether others have changed anything, and now and then
// compares the lanes with the store.
func (s *DB) start(ctx context.Context) error {
	if err := s.reconcile(ctx); err != nil {
		return err
	}
	w := &watch{db: s}
	if g, err := s.lanes.Load().peek(ctx, s.opts.Lease); err == nil {
		w.last = g
	}
	s.looked.Store(new(time.Now()))
	woken := make(chan struct{}, 1)
	s.loops.Go(func() { s.listen(s.closing, woken) })
	s.loops.Go(func() { w.keepLooking(s.closing, woken) })
	s.loops.Go(func() { every(s.closing, s.glanceEvery(), s.mend) })
	s.loops.Go(func() { every(s.closing, s.opts.Lease/3, s.renewAll) })
	s.loops.Go(func() { every(s.closing, s.glanceEvery(), s.land) })
	s.loops.Go(func() { every(s.closing, s.glanceEvery(), s.confirm) })
	s.loops.Go(func() { every(s.closing, s.glanceEvery(), s.doubt) })
	s.loops.Go(func() { every(s.closing, s.compareEvery(), s.compare) })
	s.loops.Go(func() { every(s.closing, time.Second, s.watchOver) })
	return nil
}

// glanceEvery is how often a process looks at Redis: within a quarter of a second it
// knows what others have done.
func (s *DB) glanceEvery() time.Duration { return min(200*time.Millisecond, s.opts.Lease/4) }

// compareEvery is how often some process of the fleet compares the lanes with the store.
func (s *DB) compareEvery() time.Duration { return max(time.Second, s.opts.Lease/3) }

// every calls act again and again until ctx is done.
func every(ctx context.Context, interval time.Duration, act func(context.Context)) {
	for pause(ctx, interval) {
		act(ctx)
	}
}

// lookGap is the least time between two looks, however often others say that something
// has changed.
const lookGap = 10 * time.Millisecond

// keepLooking looks each time it is woken, and every so often by itself: what wakes it is
// not to be relied on.
func (w *watch) keepLooking(ctx context.Context, woken <-chan struct{}) {
	for pause(ctx, lookGap) {
		timer := time.NewTimer(w.db.glanceEvery() - lookGap)
		select {
		case <-woken:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
		w.look(ctx)
	}
}

// listen says on woken that some process has changed something. Messages that come while
// one is not taken yet are one with it, and none is missed for long if some get lost.
func (s *DB) listen(ctx context.Context, woken chan<- struct{}) {
	for ctx.Err() == nil {
		s.hear(ctx, woken)
		pause(ctx, time.Second) // the client was replaced
	}
}

func (s *DB) hear(ctx context.Context, woken chan<- struct{}) {
	subscription := s.redis.client().Subscribe(ctx, s.lanes.Load().changes())
	defer func() { _ = subscription.Close() }() // whoever replaced the client has closed it
	messages := subscription.Channel()
	for {
		select {
		case _, open := <-messages:
			if !open {
				return
			}
		case <-ctx.Done():
			return
		}
		select {
		case woken <- struct{}{}:
		default:
		}
	}
}

// watch is what a process knows of the lanes.
type watch struct {
	db      *DB
	last    glance
	failing bool // the last look failed
}

// look sees whether anything has changed since the last look.
func (w *watch) look(ctx context.Context) {
	s := w.db
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	g, err := s.lanes.Load().peek(ctx, s.opts.Lease)
	if err != nil {
		s.vigil.unanswered()
		w.fail(err)
		return
	}
	s.vigil.answered()
	s.looked.Store(new(time.Now()))
	if w.failing {
		s.rebuild.Store(true)
	}
	w.failing = false
	before := w.last
	if g == before && !g.over && !g.lost {
		return
	}
	if err := w.follow(ctx, before, g); err != nil {
		s.opts.Logger.Warn("changes not followed", "error", err)
		return // and looked at again
	}
	w.last = g
	s.changed.fire()
}

func (w *watch) fail(err error) {
	if !w.failing && w.db.closing.Err() == nil {
		w.db.opts.Logger.Warn("lanes not looked at; no order is claimed", "error", err)
	}
	w.failing = true
}

// unseenFor is for how long a process relies on its last look: a second by default.
func (s *DB) unseenFor() time.Duration { return 5 * s.glanceEvery() }

// doubt takes the gate for shut once the last look lies too far back, as when Redis is
// silent, which a look takes its time to find out. The next claim knows anew.
func (s *DB) doubt(context.Context) {
	if time.Since(*s.looked.Load()) > s.unseenFor() && s.gate.present() != modeShut {
		s.gate.close()
	}
}

// follow does what the difference of two looks asks for.
func (w *watch) follow(ctx context.Context, before, now glance) error {
	s := w.db
	if now.server != before.server || now.lost {
		s.rebuild.Store(true)
	}
	if now.ticket == before.ticket && now.server == before.server {
		return nil
	}
	open := s.gate.present() != modeShut
	s.gate.expect(now.ticket, now.server == before.server) // whether what shut it can be read or not
	if _, err := s.readControl(ctx); err != nil {
		return err
	}
	if err := s.endLost(ctx, s.claims.all()); err != nil {
		return err
	}
	if open || s.claims.anyNormal() {
		_, err := s.derive(ctx)
		return err
	}
	return nil
}

// mendWithin bounds one comparison of the lanes with the store.
const mendWithin = time.Minute

// mend compares the lanes with the store as soon as something of them may be missing.
func (s *DB) mend(ctx context.Context) {
	if !s.rebuild.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, mendWithin)
	defer cancel()
	if err := s.reconcile(ctx); err != nil && ctx.Err() == nil {
		s.opts.Logger.Warn("lanes not mended", "error", err)
	}
}

// renewAll starts the leases of what this process holds anew.
func (s *DB) renewAll(ctx context.Context) {
	var held [order.PriorityCount][]*claim
	for _, c := range s.claims.all() {
		held[c.lane] = append(held[c.lane], c)
	}
	var err error
	for lane, all := range held {
		if len(all) > 0 {
			err = errors.Join(err, s.renew(ctx, order.Priority(lane), all))
		}
	}
	if err != nil && ctx.Err() == nil {
		s.opts.Logger.Warn("leases not renewed", "error", err)
	}
}

// compare has one process of the fleet at a time compare the lanes with the store.
func (s *DB) compare(ctx context.Context) {
	l := s.lanes.Load()
	mine, err := l.redis.client().SetNX(ctx, l.key("comparing"), s.node, s.compareEvery()*9/10).Result()
	err = unreachable("Redis", err)
	if err == nil && mine {
		err = errors.Join(s.reconcile(ctx), s.sweep(ctx))
	}
	if err != nil && ctx.Err() == nil {
		s.opts.Logger.Warn("lanes not compared with the store", "error", err)
	}
}
