package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/wire"
)

// A snapshot is shown for so long before a new one is taken, and longer where taking one
// takes its time, as where a run's blocks are added up by a server: nine times that long,
// so that no more than a tenth of the time goes into it.
const (
	fresh     = 100 * time.Millisecond
	freshMost = time.Second
)

// freshFor returns how long a snapshot is shown that took so long to take.
func freshFor(took time.Duration) time.Duration { return min(max(fresh, 9*took), freshMost) }

// observation is what there is to see at one instant.
type observation struct {
	run    *order.Run // the current or latest batch run; nil before any
	counts order.Counts
	totals store.Totals
	at     time.Time
}

// observe looks at the run and at the queue.
func (a *API) observe(ctx context.Context) (observation, error) {
	run, counts, err := a.opts.Pipeline.Current(ctx)
	if err != nil {
		return observation{}, fmt.Errorf("look at the current run: %w", err)
	}
	totals, err := a.opts.Store.Totals(ctx)
	if err != nil {
		return observation{}, fmt.Errorf("look at the queue: %w", err)
	}
	return observation{run: run, counts: counts, totals: totals, at: a.opts.Now()}, nil
}

// status returns the status body.
func (o *observation) status() wire.Status {
	s := wire.NewStatus(o.run, o.counts, o.at)
	s.InQueue(o.totals.Paused, o.totals.Stalled)
	return s
}

// queue returns the queue's counts.
func (o *observation) queue() wire.QueueCounts {
	return wire.NewQueueCounts(&o.totals.Counts, o.totals.Hidden, o.totals.Paused)
}

// snapshot is a status as it goes out.
type snapshot struct {
	body []byte
	etag string
}

// snapshots takes at most one look at a time, and shows it to everybody who asks for
// as long as it is fresh.
type snapshots struct {
	now  func() time.Time
	look func(context.Context) (observation, error)
	turn chan struct{} // holds the right to look

	mu      sync.Mutex // guards the fields below
	version uint64     // raised by drop
	last    snapshot
	at      time.Time // of last; zero if there is none
	fresh   time.Duration
}

func newSnapshots(now func() time.Time, look func(context.Context) (observation, error)) *snapshots {
	return &snapshots{now: now, look: look, turn: make(chan struct{}, 1)}
}

// get returns a fresh snapshot. Whoever waits for another's look does not wait longer
// than ctx allows, and looks itself if that one failed.
func (s *snapshots) get(ctx context.Context) (snapshot, error) {
	if last, ok := s.cached(); ok {
		return last, nil
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return snapshot{}, ctx.Err()
	}
	defer func() { <-s.turn }()
	if last, ok := s.cached(); ok {
		return last, nil
	}
	s.mu.Lock()
	version := s.version
	s.mu.Unlock()
	began := s.now()
	seen, err := s.look(ctx)
	if err != nil {
		return snapshot{}, err
	}
	taken, err := encodeStatus(seen.status())
	if err != nil {
		return snapshot{}, err
	}
	s.keep(taken, version, s.now().Sub(began))
	return taken, nil
}

func (s *snapshots) cached() (snapshot, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := s.now().Sub(s.at)
	return s.last, !s.at.IsZero() && age >= 0 && age < s.fresh
}

// keep remembers a snapshot that took so long to take, unless something was done since the
// look began.
func (s *snapshots) keep(taken snapshot, version uint64, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.version == version {
		s.last, s.at, s.fresh = taken, s.now(), freshFor(took)
	}
}

// drop forgets the last snapshot and what is being looked at: something was done.
func (s *snapshots) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	s.at = time.Time{}
}

// encodeStatus makes a status ready to go out. Its tag is weak: it leaves out the
// instant the status was taken at, so it stays the same while nothing happens.
func encodeStatus(s wire.Status) (snapshot, error) {
	taken := s.Timestamp
	s.Timestamp = 0
	still, err := encode(s)
	if err != nil {
		return snapshot{}, err
	}
	s.Timestamp = taken
	body, err := encode(s)
	return snapshot{body: body, etag: "W/" + tagOf(still)}, err
}

// encode returns v as JSON, as the other answers are written.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return buf.Bytes(), nil
}

// tagOf returns the strong entity tag of a body.
func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// matches says whether an If-None-Match header names the tag, compared weakly.
func matches(header []string, etag string) bool {
	for _, line := range header {
		for candidate := range strings.SplitSeq(line, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" || strings.TrimPrefix(candidate, "W/") == strings.TrimPrefix(etag, "W/") {
				return true
			}
		}
	}
	return false
}
