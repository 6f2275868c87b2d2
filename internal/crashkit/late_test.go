package crashkit

import (
	"errors"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// TestLateSettle lets a worker settle what it has lost to another one, to a removal, or
// to a cancel.
func TestLateSettle(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, lose := range map[string]func(*testing.T, *scene, *store.Claim) error{
		"Released": func(t *testing.T, s *scene, c *store.Claim) error {
			err := s.db.Release(t.Context(), c)
			settle(t, s.db, claimOne(t, s.db, now), order.Processed, now, now)
			return err
		},
		"Cleaned": func(t *testing.T, s *scene, _ *store.Claim) error {
			_, err := s.db.Clean(t.Context(), store.CleanOptions{State: store.Active, At: now}, nil)
			return err
		},
		"Cut": func(t *testing.T, s *scene, c *store.Claim) error {
			_, err := s.db.Remove(t.Context(), []order.Key{c.Run.Key(c.Indexes[1])}, nil)
			return err
		},
		"Cancelled": func(t *testing.T, s *scene, _ *store.Claim) error {
			_, err := s.db.Cancel(t.Context(), s.run.ID, store.CancelOptions{At: now}, nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &scene{db: open(t, newDisk(), 0, false), now: now}
			defer shut(t, s.db)
			s.run = begin(t, s.db, now)
			insert(t, s.db, s.run, sceneOrders, order.VIP)
			late := claimOne(t, s.db, now)
			outcomes := settlement(t, s.db, late, order.Dead, now, now)
			if err := lose(t, s, late); err != nil {
				t.Fatalf("lose the claim: %v", err)
			}
			before := s.look(t)
			if err := s.db.Settle(t.Context(), outcomes); !errors.Is(err, order.ErrClaimLost) {
				t.Errorf("Settle() of a lost claim = %v, want %v", err, order.ErrClaimLost)
			}
			if after := s.look(t); after != before {
				t.Errorf("Settle() of a lost claim changed the store from\n%s\nto\n%s", before, after)
			}
			sound(t, s.db)
		})
	}
}

// TestGateAfterCrash holds the gate shut for a VIP order that waits for its retry, also
// in the process after a crash.
func TestGateAfterCrash(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	fs := newDisk()
	db := open(t, fs, 0, false)
	run := begin(t, db, now)
	insert(t, db, run, 8, order.VIP, order.Normal)
	due := now.Add(time.Hour)
	for range 2 {
		for c := claim(t, db, now); c != nil; c = claim(t, db, now) {
			if c.Priority == order.Normal {
				t.Fatalf("Claim() = a NORMAL block although VIP orders wait for a retry")
			}
			settle(t, db, c, order.Pending, now, due)
		}
		left := fs.lose(0, nil)
		shut(t, db)
		fs, db = left, open(t, left, 0, true)
	}
	for lanes := []order.Priority{}; ; {
		c := claim(t, db, due)
		if c == nil {
			if len(lanes) < 2 || lanes[len(lanes)-1] != order.Normal {
				t.Errorf("claimed were %v, want VIP, then NORMAL", lanes)
			}
			break
		}
		if lanes = append(lanes, c.Priority); c.Priority == order.VIP && lanes[0] != order.VIP {
			t.Errorf("claimed were %v, want VIP first", lanes)
		}
		settle(t, db, c, order.Processed, due, due)
	}
	sound(t, db)
	shut(t, db)
}
