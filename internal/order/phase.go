package order

import "fmt"

// Phase is how far a run has come. It only moves forward, one step at a time, or
// to Failed from any phase that is not an end; also across restarts.
//
//	Idle > Generating > EnqueueVIP > WaitingVIPDrain > EnqueueNormal > WaitingNormalDrain > Done
//	                any of the five in the middle > Failed
type Phase uint8

// The phases.
const (
	Idle Phase = iota
	Generating
	EnqueueVIP
	WaitingVIPDrain
	EnqueueNormal
	WaitingNormalDrain
	Done
	Failed

	PhaseCount = 8
)

func (p Phase) name() string {
	switch p {
	case Idle:
		return "IDLE"
	case Generating:
		return "GENERATING"
	case EnqueueVIP:
		return "ENQUEUE_VIP"
	case WaitingVIPDrain:
		return "WAITING_VIP_DRAIN"
	case EnqueueNormal:
		return "ENQUEUE_NORMAL"
	case WaitingNormalDrain:
		return "WAITING_NORMAL_DRAIN"
	case Done:
		return "DONE"
	case Failed:
		return "ERROR"
	}
	return ""
}

// String returns the phase's name on the wire, such as WAITING_VIP_DRAIN.
func (p Phase) String() string {
	if n := p.name(); n != "" {
		return n
	}
	return fmt.Sprintf("Phase(%d)", uint8(p))
}

// MarshalText implements [encoding.TextMarshaler].
func (p Phase) MarshalText() ([]byte, error) {
	if p.name() == "" {
		return nil, fmt.Errorf("%w: %v", ErrInvalid, p)
	}
	return []byte(p.name()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *Phase) UnmarshalText(text []byte) error {
	for q := range Phase(PhaseCount) {
		if q.name() == string(text) {
			*p = q
			return nil
		}
	}
	return fmt.Errorf("%w: phase %q", ErrInvalid, text)
}

// Ended says whether a run in this phase has come to its end.
func (p Phase) Ended() bool { return p == Done || p == Failed }

// Active says whether a run in this phase is under way.
func (p Phase) Active() bool { return p > Idle && p < Done }

// MayMove says whether a run may go from p straight to next.
func (p Phase) MayMove(next Phase) bool {
	if next == Failed {
		return p.Active()
	}
	return p < Done && next == p+1
}
