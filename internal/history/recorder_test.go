package history

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
)

// short is a run of 0.9 s that takes in 1,000 orders and settles them.
func (b *bed) short() order.Run {
	b.Helper()
	run := b.begin(1000)
	b.pass(500*time.Millisecond, func() {
		b.generate(order.VIP, 50)
		b.generate(order.Normal, 150)
		b.settle(order.VIP, 50)
	})
	b.advance(order.WaitingNormalDrain)
	b.pass(300*time.Millisecond, func() { b.settle(order.Normal, 250) })
	b.now.At = b.now.At.Add(90 * time.Millisecond)
	b.advance(order.Done)
	b.look()
	return run
}

func TestARunOfLessThanASecondHasACurve(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.pass(10*time.Second, nil)
	run := b.short()
	b.pass(3*time.Second, nil)
	seen := b.ofRun(order.RunID{}, 0)
	if generated, settled, over := sums(t, seen.Samples); generated != 1000 || settled != 1000 || over != 890*time.Millisecond {
		t.Errorf("samples of the run sum up to %d generated, %d settled in %v; want 1000, 1000 in 890ms", generated, settled, over)
	}
	if len(seen.Samples) != 9 || seen.Step != 100*time.Millisecond || seen.Run != run.ID {
		t.Errorf("%d samples of %v of run %s; want 9 of 100ms of %s", len(seen.Samples), seen.Step, seen.Run, run.ID)
	}
	if !seen.From.Equal(run.Accepted) || seen.To.Sub(seen.From) != 890*time.Millisecond {
		t.Errorf("from %v to %v, want the 890ms of the run", seen.From, seen.To)
	}
	if seen.Peak != 2500 || seen.Mean != 1250 {
		t.Errorf("peak %v, mean %v; want 2500, and 1000 in the 0.8s in which there was work", seen.Peak, seen.Mean)
	}
	var phases []order.Phase
	for _, m := range seen.Marks {
		phases = append(phases, m.Phase)
	}
	if diff := cmp.Diff([]order.Phase{1, 2, 3, 4, 5, 6}, phases); diff != "" {
		t.Errorf("marks (-want +got):\n%s", diff)
	}
	b.restart()
	b.look()
	again := b.ofRun(run.ID, 0)
	again.Drain = seen.Drain // of the moment, not of the run
	if diff := cmp.Diff(seen, again); diff != "" {
		t.Errorf("the run as another process sees it (-before +after):\n%s", diff)
	}
}

func TestSamplesHoldWhatHappened(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.begin(10)
	b.pass(tick, func() {
		b.generate(order.VIP, 7)
		b.settle(order.VIP, 2)
		b.now.Flow[order.VIP].Dead, b.now.Flow[order.VIP].Retried = 1, 3
		b.now.Depth[order.VIP]--
		b.now.Busy, b.now.Memory = 4, 1<<20
	})
	got := b.window(time.Minute, 0).Samples
	want := event.Sample{
		At: epoch().Add(tick), Over: tick, Run: b.now.Run.ID, Phase: order.Generating,
		Generated: [2]int64{7}, Processed: [2]int64{2}, Dead: [2]int64{1}, Retried: [2]int64{3}, Depth: [2]int64{4},
		Settle: event.Latency{Count: 1, P50: 3750 * time.Microsecond, P95: 4875 * time.Microsecond, P99: 4975 * time.Microsecond}, // of the bucket from 2.5ms to 5ms
		Busy:   4, Memory: 1 << 20,
	}
	if diff := cmp.Diff([]event.Sample{want}, got); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
}

func TestACrashLosesFiveSecondsAtTheMost(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	run := b.begin(1_000_000)
	for second := range 200 {
		b.pass(700*time.Millisecond, func() { b.generate(order.Normal, 10) })
		if _, _, over := sums(t, b.ofRun(run.ID, 0).Samples); over != time.Duration(second+1)*700*time.Millisecond {
			t.Fatalf("a process sees %v of %v", over, time.Duration(second+1)*700*time.Millisecond)
		}
		living := b.Recorder
		b.restart() // the process before said nothing at its end
		b.look()
		generated, _, over := sums(t, b.ofRun(run.ID, 0).Samples)
		if lost := b.now.At.Sub(run.Accepted) - over; lost > saveEvery+time.Second {
			t.Fatalf("%v of %v are lost after a crash, want 5s and an unfinished sample at the most", lost, b.now.At.Sub(run.Accepted))
		}
		if want := int64(over/tick) * 10; generated != want {
			t.Fatalf("%d orders in %v, want %d", generated, over, want)
		}
		b.Recorder = living
	}
	if b.archive.saves > 40 {
		t.Errorf("%d blocks saved in 140s, want one in five seconds, and some", b.archive.saves)
	}
}

func TestAnotherProcessGoesOn(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	run := b.begin(0)
	b.pass(20*time.Second, func() { b.generate(order.Normal, 1) })
	b.save(t.Context(), true) // as at a shutdown
	b.now.At = b.now.At.Add(time.Minute)
	b.restart()
	b.now.Flow = [2]Flow{} // counted anew by each process
	b.look()
	b.pass(70*time.Second, func() { b.generate(order.Normal, 2) })
	b.advance(order.Done)
	b.pass(tick, nil)
	b.pass(time.Minute, nil)
	s := b.ofRun(run.ID, time.Second)
	generated, _, over := sums(t, s.Samples)
	if want := int64(200 + 1400); generated != want || over < 90*time.Second || over > 91*time.Second {
		t.Errorf("%d orders in %v, want %d in the 90s in which a process worked", generated, over, want)
	}
	if blocks := b.archive.all(run.ID); len(blocks) != 3 {
		t.Errorf("%d blocks, want one of the first process and two of the second", len(blocks))
	}
}

func TestSamplesOfALongRunStayFew(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	run := b.begin(0)
	const hours = 13
	b.passBy(hours*time.Hour, 500*time.Millisecond, func() { b.generate(order.Normal, 1) })
	b.advance(order.Done)
	b.pass(tick, nil)
	s := b.ofRun(run.ID, 0)
	generated, _, over := sums(t, s.Samples)
	if generated != hours*7200 || over != hours*time.Hour+tick {
		t.Errorf("%d orders in %v, want %d in %v", generated, over, hours*7200, hours*time.Hour+tick)
	}
	blocks := b.archive.all(run.ID)
	points := 0
	for _, block := range blocks {
		some, err := decode(run.ID, block)
		if err != nil {
			t.Fatal(err)
		}
		points += len(some)
	}
	// 120 in the first minute, then 3,540, then 9 hours of a sample in 10s, then 3 of two a
	// block, which ends on no whole minute.
	if points > 120+3540+9*420+3*125 {
		t.Errorf("%d samples are kept of a run of %d hours", points, hours)
	}
	if len(s.Samples) > maxChosen || s.Step != 2*time.Minute {
		t.Errorf("%d samples of %v, want at most %d, of 2m", len(s.Samples), s.Step, maxChosen)
	}
	if got := b.ofRun(run.ID, tick); len(got.Samples) > MaxSamples {
		t.Errorf("%d samples with too small a step, want at most %d", len(got.Samples), MaxSamples)
	}
}

func TestAnArchiveInTroubleGetsTheSamplesLater(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	run := b.begin(0)
	b.archive.trouble(errors.New("disk trouble"))
	b.pass(3*time.Minute, func() { b.generate(order.Normal, 1) })
	if b.archive.saves > 40 {
		t.Errorf("%d tries in three minutes, want one in five seconds", b.archive.saves)
	}
	if !strings.Contains(b.log.String(), "disk trouble") {
		t.Errorf("the log says nothing of it: %s", b.log.String())
	}
	b.advance(order.Done)
	b.pass(tick, nil)
	b.archive.trouble(nil)
	b.pass(10*time.Second, nil)
	b.restart()
	b.look()
	if generated, _, _ := sums(t, b.ofRun(run.ID, 0).Samples); generated != 1800 {
		t.Errorf("%d orders in the samples, want 1800", generated)
	}
}

func TestResetForgets(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.begin(0)
	b.pass(7*time.Second, func() { b.generate(order.Normal, 1) })
	b.archive.reset()
	b.pass(6*time.Second, nil) // not seen yet
	b.now = Observation{At: b.now.At, Generation: 2}
	b.pass(time.Second, nil)
	s := b.window(time.Hour, 0)
	if generated, settled, _ := sums(t, s.Samples); generated != 0 || settled != 0 || len(s.Marks) != 0 {
		t.Errorf("after a reset: %d generated, %d settled, %d marks; want none", generated, settled, len(s.Marks))
	}
	if s := b.ofRun(order.RunID{}, 0); !s.Run.IsZero() || len(s.Samples) != 0 {
		t.Errorf("after a reset: %d samples of run %s, want none", len(s.Samples), s.Run)
	}
	if b.log.Len() > 0 {
		t.Errorf("log after a reset: %s, want nothing", b.log.String())
	}
	b.begin(5)
	b.pass(tick, func() { b.generate(order.VIP, 5) })
	if generated, _, _ := sums(t, b.ofRun(order.RunID{}, 0).Samples); generated != 5 {
		t.Errorf("%d orders of the first run after a reset, want 5", generated)
	}
}

func TestRunsOneBehindTheOther(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	first := b.short()
	b.now.At = b.now.At.Add(10 * time.Millisecond)
	second := b.short()
	b.pass(time.Second, nil)
	for _, run := range []order.Run{first, second} {
		if generated, settled, _ := sums(t, b.ofRun(run.ID, 0).Samples); generated != 1000 || settled != 1000 {
			t.Errorf("run %s: %d generated, %d settled; want 1000 each", run.ID, generated, settled)
		}
	}
	if marks := b.window(time.Minute, 0).Marks; len(marks) != 12 {
		t.Errorf("%d marks, want six of each run", len(marks))
	}
	if _, err := b.Series(t.Context(), Query{OfRun: true, Run: order.NewRunID(1, 1)}); !errors.Is(err, order.ErrNotFound) {
		t.Errorf("Series of an unknown run = %v, want ErrNotFound", err)
	}
}

// TestARunBeginsWhileTheLastLookWasAtAnother: what the earlier run did at its end is that
// run's, and no part of the curve of the new one.
func TestARunBeginsWhileTheLastLookWasAtAnother(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	first := b.begin(1000)
	b.pass(tick, func() { b.generate(order.Normal, 1000) })
	b.advance(order.WaitingNormalDrain)
	b.pass(tick, func() { b.settle(order.Normal, 300) })

	b.now.At = b.now.At.Add(60 * time.Millisecond)
	b.settle(order.Normal, 700)
	b.advance(order.Done)
	second := b.begin(500)
	b.now.At = b.now.At.Add(40 * time.Millisecond)
	b.generate(order.VIP, 200)
	b.settle(order.VIP, 50)
	b.look()
	b.pass(tick, func() { b.generate(order.VIP, 300); b.settle(order.VIP, 450) })
	b.advance(order.Done)
	b.pass(time.Second, nil)

	if generated, settled, _ := sums(t, b.ofRun(first.ID, 0).Samples); generated != 1000 || settled != 1000 {
		t.Errorf("the first run: %d generated, %d settled; want 1000 each", generated, settled)
	}
	samples := b.ofRun(second.ID, 0).Samples
	if generated, settled, over := sums(t, samples); generated != 500 || settled != 500 || over > 5*tick/2 {
		t.Errorf("the second run: %d generated, %d settled in %v; want 500 each in %v at most", generated, settled, over, 5*tick/2)
	}
	for _, s := range samples {
		if s.Processed[order.Normal] != 0 || s.Depth[order.Normal] != 0 {
			t.Errorf("the second run, which has no NORMAL order, has the sample %+v", s)
		}
	}
	if generated, settled, _ := sums(t, b.window(time.Minute, 0).Samples); generated != 1500 || settled != 1500 {
		t.Errorf("both: %d generated, %d settled; want 1500 each", generated, settled)
	}
}

func TestARunThatEndedBeforeTheProcessIsNotRecordedAgain(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	run := b.short()
	b.pass(time.Second, nil)
	blocks := b.archive.all(run.ID)
	b.restart()
	b.look()
	b.pass(10*time.Second, func() { b.now.Flow[order.VIP].Processed++ }) // put back by hand, say
	b.save(t.Context(), true)
	after := b.archive.all(run.ID)
	if diff := cmp.Diff(blocks, after); diff != "" {
		t.Errorf("blocks of a run that has ended (-before +after):\n%s", diff)
	}
}

func TestASampleASecondIsPublished(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.begin(0)
	b.pass(10*time.Second, func() { b.generate(order.VIP, 1); b.now.Busy = 3 })
	if len(b.published) != 10 {
		t.Fatalf("%d samples published in ten seconds, want 10", len(b.published))
	}
	var n int64
	for i, m := range b.published {
		n += m.Sample.Generated[order.VIP]
		if m.Workers != 25 || m.Busy != 3 || m.Drain.State == "" {
			t.Errorf("sample %d: %d of %d workers busy, drain %q; want 3 of 25, and a forecast", i, m.Busy, m.Workers, m.Drain.State)
		}
	}
	if last := b.published[9].Sample; n+7 != 100 && n+8 != 100 {
		t.Errorf("%d orders in samples up to %v, want all but those of the second under way", n, last.At)
	}
}

func TestWindows(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.begin(0)
	b.pass(2*time.Hour, func() { b.generate(order.VIP, 1) })
	for _, tt := range []struct {
		window, step  time.Duration
		wantStep      time.Duration
		least, most   int
		perSecond     int64
		lastBehindNow time.Duration
	}{
		{10 * time.Second, 0, tick, 100, 100, 10, 0},
		{time.Minute, 0, tick, 600, 600, 10, 0},
		{time.Minute, 5 * time.Second, 5 * time.Second, 12, 13, 10, 0},
		{5 * time.Minute, 0, time.Second, 299, 300, 10, time.Second},
		{time.Hour, 0, 10 * time.Second, 360, 361, 10, time.Second},
		{time.Hour, time.Second, time.Second, 3599, 3600, 10, time.Second},
		{time.Hour, tick, time.Second, 3599, 3600, 10, time.Second},
		{time.Hour, time.Hour, time.Hour, 1, 2, 10, time.Second},
	} {
		s := b.window(tt.window, tt.step)
		if s.Step != tt.wantStep || len(s.Samples) < tt.least || len(s.Samples) > tt.most {
			t.Errorf("%v by %v: %d samples of %v, want %d to %d of %v", tt.window, tt.step, len(s.Samples), s.Step, tt.least, tt.most, tt.wantStep)
		}
		generated, _, over := sums(t, s.Samples)
		if got := time.Duration(generated) * tick; got != over || over > tt.window+time.Second || over < tt.window-2*time.Second {
			t.Errorf("%v by %v: %d orders in %v, want %d a second", tt.window, tt.step, generated, over, tt.perSecond)
		}
		if behind := s.To.Sub(s.Samples[len(s.Samples)-1].At); behind > tt.lastBehindNow || s.To.Sub(s.From) != tt.window {
			t.Errorf("%v by %v: the last sample is %v behind the end", tt.window, tt.step, behind)
		}
	}
	for _, window := range []time.Duration{0, -time.Second, MaxWindow + 1} {
		if _, err := b.Series(t.Context(), Query{Window: window}); !errors.Is(err, order.ErrInvalid) {
			t.Errorf("Series of %v = %v, want ErrInvalid", window, err)
		}
	}
}

// Ticks come late, and then early. No sample is so short that its rate says nothing, and
// the seconds do not run into one another.
func TestLateTicks(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.begin(0)
	for range 100 {
		for _, late := range []int64{130, 75, 98, 97, 2, 198} {
			over := time.Duration(late) * time.Millisecond
			b.passBy(over, over, func() { b.generate(order.VIP, late) })
		}
	}
	for _, s := range b.window(time.Minute, 0).Samples {
		if s.Over < leastOver || time.Duration(s.Generated[order.VIP])*time.Millisecond != s.Over {
			t.Fatalf("a sample of %v with %d orders, want one a millisecond", s.Over, s.Generated[order.VIP])
		}
	}
	for _, s := range b.window(time.Hour, time.Second).Samples[1:] {
		if s.Over < 800*time.Millisecond || s.Over > 1200*time.Millisecond {
			t.Errorf("a sample of %v among those of a second", s.Over)
		}
	}
}

func TestALookThatFailsIsMadeUpFor(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.begin(0)
	seen := b.opts.Observe
	b.opts.Observe = func(context.Context) (Observation, error) { return Observation{}, errors.New("closed") }
	b.pass(time.Second, func() { b.generate(order.VIP, 1) })
	b.opts.Observe = seen
	b.pass(tick, func() { b.generate(order.VIP, 1) })
	s := b.window(time.Minute, 0).Samples
	if generated, _, over := sums(t, s); generated != 11 || over != 1100*time.Millisecond || len(s) != 1 {
		t.Errorf("%d samples of %d orders in %v, want one of 11 in 1.1s", len(s), generated, over)
	}
}

// Run does all of the above by itself, and saves what is left when it is stopped.
func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := newArchive()
		run := order.Run{ID: order.NewRunID(1, 1), Phase: order.Generating, Accepted: time.Now()}
		kept.put(run)
		begun := time.Now()
		published := make(chan event.Metrics, 100)
		r := New(Options{
			Observe: func(context.Context) (Observation, error) {
				o := Observation{At: time.Now(), Generation: 1, Run: &run}
				o.Flow[order.VIP].Generated = time.Since(begun).Milliseconds()
				return o, nil
			},
			Archive: kept,
			Publish: func(m event.Metrics) { published <- m },
		})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		pass(3*time.Second + 77*time.Millisecond)
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run = %v, want no error", err)
		}
		if len(published) != 3 {
			t.Errorf("%d samples published in three seconds, want 3", len(published))
		}
		blocks := kept.all(run.ID)
		if len(blocks) != 1 {
			t.Fatalf("%d blocks were saved, want 1", len(blocks))
		}
		points, err := decode(run.ID, blocks[0])
		if err != nil {
			t.Fatal(err)
		}
		var n int64
		for i := range points {
			n += points[i].Generated[order.VIP]
		}
		if n != 3077 {
			t.Errorf("%d orders were saved, want 3077", n)
		}
	})
}

// While nothing happens a look a second does; the first change is seen at once.
func TestQuietTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex // guards what follows
		now, changed, looks := Observation{Generation: 1}, make(chan struct{}), []time.Time(nil)
		change := func(f func()) {
			mu.Lock()
			defer mu.Unlock()
			f()
			close(changed)
			changed = make(chan struct{})
		}
		r := New(Options{
			Observe: func(context.Context) (Observation, error) {
				mu.Lock()
				defer mu.Unlock()
				now.At = time.Now()
				looks = append(looks, now.At)
				return now, nil
			},
			Changed: func() <-chan struct{} { mu.Lock(); defer mu.Unlock(); return changed },
			Archive: newArchive(),
		})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		begun := time.Now()
		seen := func() []time.Time { mu.Lock(); defer mu.Unlock(); return slices.Clone(looks) }
		sleep := func(d time.Duration) int { // in the bubble
			before := len(seen())
			pass(d)
			synctest.Wait()
			return len(seen()) - before
		}
		if n := sleep(10 * time.Second); n < 10 || n > 13 {
			t.Errorf("%d looks in ten quiet seconds, want about 10", n)
		}
		sleep(550 * time.Millisecond)
		change(func() { now.Flow[order.VIP].Generated = 5 })
		sleep(time.Nanosecond)
		if all := seen(); all[len(all)-1].Sub(begun) < 10550*time.Millisecond {
			t.Errorf("the change at 10.55s was not seen at once, but last looked for at %v", all[len(all)-1].Sub(begun))
		}
		for range 50 { // what changes nothing that is sampled makes no more than ten looks a second
			sleep(10 * time.Millisecond)
			change(func() {})
		}
		change(func() { now.Run = &order.Run{ID: order.NewRunID(1, 1), Phase: order.Generating} })
		if n := sleep(5 * time.Second); n < 49 || n > 51 {
			t.Errorf("%d looks in five seconds of a run, want 50", n)
		}
		if n := len(seen()); n > 80 {
			t.Errorf("%d looks altogether, want 11 while all was quiet, some 6 in the half second, 50 of the run", n)
		}
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run = %v, want no error", err)
		}
	})
}

// Series may be asked for while samples are taken.
func TestSeriesWhileRecording(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	run := b.begin(0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 300 {
			_, _ = b.Series(t.Context(), Query{OfRun: true, Run: run.ID})
			_, _ = b.Series(t.Context(), Query{Window: time.Hour})
		}
	}()
	b.pass(3*time.Minute, func() { b.generate(order.VIP, 1) })
	<-done
}
