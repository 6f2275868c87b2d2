package storetest

import (
	"errors"
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// settle gives some orders of one or two claims outcomes.
func (m *model) settle(t *rapid.T) {
	var parts []*hold
	var settlements []store.Settlement
	for range evenly(1, 2).Draw(t, "claims") {
		h := m.anyHold(t)
		if h == nil {
			return
		}
		parts = append(parts, h)
		settlements = append(settlements, m.settlement(t, h))
	}
	m.settleBoth(t, parts, settlements)
}

// process settles all that is left of a claim as processed.
func (m *model) process(t *rapid.T) {
	h := m.liveHold(t)
	if h == nil {
		return
	}
	s := store.Settlement{Claim: h.drv, Started: m.tick().Add(-evenly(0, time.Hour).Draw(t, "took")), At: m.tick()}
	for _, index := range m.left(h) {
		s.Outcomes = append(s.Outcomes, m.outcome(h, index, order.Processed, s.At, ""))
	}
	m.settleBoth(t, []*hold{h}, []store.Settlement{s})
}

// settleAgain repeats a settlement.
func (m *model) settleAgain(t *rapid.T) {
	h := m.anyHold(t)
	if h == nil || len(h.past) == 0 {
		return
	}
	m.settleBoth(t, []*hold{h}, []store.Settlement{rapid.SampledFrom(h.past).Draw(t, "settlement")})
}

// settlement draws outcomes; some may be of orders the claim does not hold any more, or
// never did.
func (m *model) settlement(t *rapid.T, h *hold) store.Settlement {
	s := store.Settlement{Claim: h.drv, Started: m.tick().Add(-evenly(0, time.Hour).Draw(t, "took")), At: m.tick()}
	why := fmt.Sprintf("error %d of kind %s", m.steps, evenly("a", "b").Draw(t, "reason"))
	wait := evenly(0, time.Second, time.Minute, time.Hour).Draw(t, "due")
	for _, index := range append(h.drv.Indexes, 0) {
		status := evenly(order.Processed, order.Pending, order.Dead, order.Removed).Draw(t, "status")
		if status == order.Removed {
			continue // no outcome for this one
		}
		out := m.outcome(h, index, status, s.At, why)
		out.Due = m.clock.Add(wait)
		s.Outcomes = append(s.Outcomes, out)
	}
	return s
}

func (m *model) outcome(h *hold, index uint64, status order.Status, at time.Time, why string) store.Outcome {
	out := store.Outcome{Index: index, Status: status, At: at}
	o := h.run.accepted[index]
	switch status {
	case order.Processed:
		o.Process(at)
		out.Sum = o.Sum()
	case order.Dead:
		o.Kill(at, why)
		out.Reason, out.Sum = why, o.Sum()
	default:
		out.Reason = why
	}
	return out
}

// settleBoth settles on both sides. The reference settles order by order, passing over
// those whose claims it lost; the driver has to know by itself.
func (m *model) settleBoth(t *rapid.T, parts []*hold, settlements []store.Settlement) {
	t.Helper()
	anyLost, anyRetired := false, false
	for i, h := range parts {
		anyLost = anyLost || h.fate == lost
		anyRetired = anyRetired || h.fate == retired
		h.past = append(h.past, settlements[i])
	}
	// A claim that an earlier settlement of the call ends is retired for a later one.
	anyRetired = anyRetired || len(parts) == 2 && parts[0] == parts[1]
	drvErr := m.drv.Settle(m.ctx, settlements...)
	for i, h := range parts {
		m.settleRef(t, h, settlements[i])
	}
	m.sentence(retired)
	switch {
	case anyLost && !errors.Is(drvErr, order.ErrClaimLost):
		t.Fatalf("Settle with a lost claim = %v, want %v", drvErr, order.ErrClaimLost)
	case !anyLost && anyRetired && errors.Is(drvErr, order.ErrClaimLost):
	case !anyLost && drvErr != nil:
		t.Fatalf("Settle = %v, want no error", drvErr)
	}
}

func (m *model) settleRef(t *rapid.T, h *hold, s store.Settlement) {
	t.Helper()
	retries, finals := 0, 0
	for _, out := range s.Outcomes {
		c := h.ref[out.Index]
		if c == nil {
			continue
		}
		err := m.ref.Settle(m.ctx, store.Settlement{Claim: c, Started: s.Started, At: s.At, Outcomes: []store.Outcome{out}})
		if errors.Is(err, order.ErrClaimLost) {
			continue
		}
		m.ok(t, "Settle of the reference", err)
		if out.Status == order.Pending {
			retries++
		} else {
			finals++
		}
	}
	if finals > 0 {
		h.run.unclear[h.drv.Priority] = false
	} else if retries > 0 {
		h.run.unclear[h.drv.Priority] = true
	}
}
