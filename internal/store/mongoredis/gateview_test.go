package mongoredis

import "testing"

// TestGateAnswersOvertake: answers about the gate arrive in another order than they were
// given in.
func TestGateAnswersOvertake(t *testing.T) {
	var k known
	check := func(when string, want mode) {
		t.Helper()
		if got := k.present(); got != want {
			t.Errorf("the gate %s lets through %q, want %q", when, got, want)
		}
	}
	check("at first", modeShut)
	early, late := k.ask(), k.ask()
	k.learn(late, "b", modeVIP)
	k.learn(early, "a", modeAll)
	check("after the answer of an older ticket", modeVIP)
	k.learn(k.ask(), "b", modeAll)
	k.learn(early, "b", modeVIP)
	check("after the older answer of one ticket", modeAll)
	pending := k.ask()
	k.close()
	k.learn(pending, "b", modeAll)
	check("after it was shut here", modeShut)
	k.learn(k.ask(), "c", modeAll)
	check("under a new ticket", modeAll)
	k.learn(k.ask(), "d", modePaused)
	check("when it was paused elsewhere", modePaused)
	k.expect("d", true)
	check("when nothing has changed", modePaused)
	pending = k.ask()
	k.expect("e", true)
	k.learn(pending, "d", modeAll)
	check("when its ticket is void", modeShut)
	k.learn(k.ask(), "e", modeAll)
	k.expect("e", false)
	check("of another server", modeShut)
}
