package mongoredis

import (
	"slices"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// What is read may be out of date, and Redis may be there twice: neither opens the gate.

// TestDeposedPrimaryOpensNoGate: a primary that no majority follows any more answers reads,
// but does not hear of the VIP orders that its successor accepts.
func TestDeposedPrimaryOpensNoGate(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open()
	run := p.begin(db, order.Generated)
	p.insert(db, run, chunkOf(run, 0, order.Gold, order.Gold))
	if err := db.shutGate(t.Context()); err != nil {
		t.Fatal(err)
	}
	deposed := p.mongo.Inject(mongotest.Fault{
		Command: "*", Times: -1, Action: mongotest.ConcernError,
		Match: func(i mongotest.Info) bool { return slices.Contains([]string{"insert", "update", "findAndModify", "delete"}, i.Command) },
	})
	if m, err := db.derive(t.Context()); err == nil {
		t.Errorf("derive() = %q, nil, want an error: no majority acknowledges anything", m)
	}
	if got := db.gate.present(); got != modeShut {
		t.Errorf("the gate is %q, want it shut", got)
	}
	deposed.Remove()
	if m, err := db.derive(t.Context()); m != modeAll || err != nil {
		t.Errorf("derive() = %q, %v, want %q", m, err, modeAll)
	}
}

// TestGateIsReadAfterItsWrite: what opens the gate is read from a majority, not before what
// a majority had acknowledged at the time.
func TestGateIsReadAfterItsWrite(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open()
	if err := db.shutGate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m, err := db.derive(t.Context()); m != modeAll || err != nil {
		t.Fatalf("derive() = %q, %v, want %q", m, err, modeAll)
	}
	reads := p.mongo.ReadConcerns()
	for _, command := range []string{"find", "distinct"} {
		after := false
		for concern := range reads[command] {
			if !strings.Contains(concern, `"level":"majority"`) {
				t.Errorf("a %s has the read concern %s", command, concern)
			}
			after = after || strings.Contains(concern, "afterClusterTime")
		}
		if !after {
			t.Errorf("no %s is bound to a time: %v", command, reads[command])
		}
	}
}
