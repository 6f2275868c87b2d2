package crashkit

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
)

const (
	killOrders  = 200_000 // of each run
	killsWanted = 50      // over all runs
	killsEach   = 5       // in each phase, as verify finds it afterwards
	moreRuns    = 8       // at most, if the planned ones leave a phase short
)

// active are the phases in which a run can be killed.
func active() []order.Phase {
	return []order.Phase{order.Generating, order.EnqueueVIP, order.WaitingVIPDrain, order.EnqueueNormal, order.WaitingNormalDrain}
}

// TestKill kills the real binary in every phase of a run and starts it again, until the
// run is done and every order is where it belongs.
func TestKill(t *testing.T) {
	t.Parallel()
	rng := chance(t)
	c := &campaign{bin: build(t), kills: make(map[order.Phase]int)}
	if brief() {
		c.run(t, rng, 1)
		return
	}
	t.Run("Planned", func(t *testing.T) {
		first, second := fork(rng), fork(rng)
		t.Run("Fast", func(t *testing.T) {
			t.Parallel()
			c.run(t, first, 3)
			c.run(t, first, 3, "--simulate-work", "20us")
			c.run(t, first, 3, "--workers", "3", "--chunk-size", "1000", "--tiers", "1,1,1,7")
		})
		t.Run("Failing", func(t *testing.T) { // waits for retries most of the time
			t.Parallel()
			c.run(t, second, 3, "--simulate-failures", "0.01", "--attempts", "2")
		})
	})
	for more := 0; c.short() && more < moreRuns && !t.Failed(); more++ {
		c.run(t, rng, 0)
	}
	t.Logf("%d kills, by phase: %v", c.all(), c.kills)
	if c.short() {
		t.Errorf("%d kills, by phase %v; want %d, and %d in each of %v", c.all(), c.kills, killsWanted, killsEach, active())
	}
	t.Run("TimeToReady", func(t *testing.T) { timeToReady(t, c.bin, rng) })
}

// campaign is the kills over all runs.
type campaign struct {
	bin program

	mu    sync.Mutex // guards kills
	kills map[order.Phase]int
}

func (c *campaign) all() (sum int) {
	for _, n := range c.kills {
		sum += n
	}
	return sum
}

// short says whether kills are missing.
func (c *campaign) short() bool { return slices.ContainsFunc(active(), c.lacks) }

// lacks says whether a further kill in that phase is needed, for the phase or to fill up
// the number of all.
func (c *campaign) lacks(phase order.Phase) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.kills[phase]
	return n < killsEach || c.all() < killsWanted && n < killsWanted/len(active())
}

// run takes one run to its end, and kills it on its way that often in each phase; 0 is as
// often as kills are missing.
func (c *campaign) run(t *testing.T, rng *rand.Rand, each int, args ...string) {
	t.Helper()
	v := &victim{campaign: c, each: each, rng: rng, dir: t.TempDir(), kills: make(map[order.Phase]int)}
	v.args = append([]string{"--quantity", strconv.Itoa(killOrders), "--seed", strconv.FormatUint(rng.Uint64(), 10)}, args...)
	for phase, ok := v.aim(); ok; phase, ok = v.aim() {
		v.kill(t, phase)
	}
	v.finish(t)
}

// victim is one run and what is known of it.
type victim struct {
	*campaign
	each  int // kills to take in each phase; 0 if it is the campaign that says
	rng   *rand.Rand
	dir   string
	args  []string
	last  checked             // what verify found last; nothing before the first kill
	phase order.Phase         // that the run is in
	kills map[order.Phase]int // of this run
}

// aim returns the next phase to kill the run in; false if it has been killed enough, or
// has passed the phases that are left.
func (v *victim) aim() (order.Phase, bool) {
	const most = 8 // in one phase of one run, for the sake of variety
	for _, phase := range active() {
		wanted := v.kills[phase] < v.each || v.each == 0 && v.kills[phase] < most && v.lacks(phase)
		if phase >= v.phase && wanted {
			return phase, true
		}
	}
	return 0, false
}

// delay returns how long after a phase's announcement to kill: within the phase, which
// for some is over after two syncs.
func delay(rng *rand.Rand, phase order.Phase) time.Duration {
	switch phase {
	case order.Generating, order.WaitingNormalDrain:
		return upTo(rng, 60*time.Millisecond)
	case order.WaitingVIPDrain:
		return pick(rng, 0, upTo(rng, 3*time.Millisecond))
	}
	return pick(rng, 0, 0, upTo(rng, 200*time.Microsecond))
}

// kill starts the process, kills it in the phase or soon after, and looks at what is
// left.
func (v *victim) kill(t *testing.T, in order.Phase) {
	t.Helper()
	proc := v.bin.run(t, v.dir, v.args...)
	var last order.Phase
	for phase := range proc.phases {
		if last = phase; phase >= in {
			break
		}
	}
	time.Sleep(delay(v.rng, in)) // at random, not at an event: a kill at an event would always hit the same instruction
	_ = proc.cmd.Process.Kill()  // it may have ended by itself
	last, err := proc.end(last)
	if err != nil && !killed(err) {
		t.Fatalf("run %q ended with %v:\n%s", v.args, err, proc.stderr.String())
	}
	v.inspect(t, last)
	if killed(err) && v.phase.Active() {
		v.kills[v.phase]++
		v.mu.Lock()
		defer v.mu.Unlock()
		v.campaign.kills[v.phase]++
	}
}

// inspect verifies what is left and holds it against what was there before: the phase
// that was announced, and what verify had counted.
func (v *victim) inspect(t *testing.T, announced order.Phase) {
	t.Helper()
	now := v.bin.verify(t, v.dir)
	run := &now.Runs[0]
	if run.Run.Phase < max(announced, v.phase) {
		t.Fatalf("after the kill the run is in %v; it had announced %v and been found in %v", run.Run.Phase, announced, v.phase)
	}
	if generated := run.Counts.Generated(); uint64(generated) != run.Run.Cursor.Next {
		t.Fatalf("%d orders are stored, the cursor says %d", generated, run.Run.Cursor.Next)
	}
	if len(v.last.Runs) > 0 {
		before := &v.last.Runs[0].Counts
		for lane := range run.Counts {
			got, had := &run.Counts[lane], &before[lane]
			if got.Generated < had.Generated || got.Processed < had.Processed || got.Dead < had.Dead || got.Removed > 0 {
				t.Fatalf("%v counts went back from %+v to %+v", order.Priority(lane), *had, *got)
			}
		}
	}
	v.last, v.phase = now, run.Run.Phase
}

// finish lets the run come to its end, unless it has, and checks it.
func (v *victim) finish(t *testing.T) {
	t.Helper()
	if v.phase != order.Done {
		proc := v.bin.run(t, v.dir, v.args...)
		last, err := proc.end(0)
		if err != nil {
			t.Fatalf("run %q ended with %v:\n%s", v.args, err, proc.stderr.String())
		}
		v.inspect(t, last)
	}
	r := &v.last.Runs[0]
	if r.Run.Phase != order.Done || r.Run.Spec.Target != killOrders {
		t.Fatalf("the run of %d orders ended in %v, want %d and DONE", r.Run.Spec.Target, r.Run.Phase, killOrders)
	}
	if err := complete(&r.Run, &r.Counts); err != nil {
		t.Fatalf("run %q: %v", v.args, err)
	}
	if known, ok := v.last.Known[r.Run.ID]; !ok || known != r.Digest {
		t.Errorf("verify knows the digest %v (%v), found %v", known, ok, r.Digest)
	}
}
