package event

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
)

func runIn(p order.Phase) *order.Run { return &order.Run{ID: order.NewRunID(1, 1), Phase: p} }

func status(p order.Phase, workers int) Status { return Status{Run: runIn(p), Workers: workers} }

func change(from, to order.Phase) PhaseChange {
	return PhaseChange{Run: order.NewRunID(1, 1), From: from, To: to}
}

// next returns the next event, which must be there already.
func next(t *testing.T, s *Subscription) Event {
	t.Helper()
	d, wait, err := s.take()
	if d.ID == 0 || err != nil {
		t.Fatalf("Next() = %v, %v after %v, want an event", d, err, wait)
	}
	return d.Event
}

func wantNothing(t *testing.T, s *Subscription) {
	t.Helper()
	if d, _, err := s.take(); d.ID != 0 || err != nil {
		t.Fatalf("Next() = %v, %v, want to wait", d, err)
	}
}

func wantEnd(t *testing.T, s *Subscription, want error) {
	t.Helper()
	for range 2 {
		if d, err := s.Next(t.Context()); d.ID != 0 || !errors.Is(err, want) {
			t.Fatalf("Next() = %v, %v, want %v", d, err, want)
		}
	}
}

func TestSubscribeGivesTheCurrentStatusAndWhatFollows(t *testing.T) {
	t.Parallel()
	h := NewHub(Options{})
	before, zero := h.Subscribe(Filter{})
	if diff := cmp.Diff(Status{}, zero); diff != "" {
		t.Errorf("Status of a new hub (-want +got):\n%s", diff)
	}
	h.PublishStatus(status(order.Generating, 1))
	after, current := h.Subscribe(Filter{})
	want := status(order.Generating, 1)
	want.Seq = 1
	if diff := cmp.Diff(want, current); diff != "" {
		t.Errorf("Subscribe() (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, h.Current()); diff != "" {
		t.Errorf("Current() (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Event(want), next(t, before)); diff != "" {
		t.Errorf("Next() (-want +got):\n%s", diff)
	}
	wantNothing(t, after)
	h.PublishStatus(status(order.Generating, 2))
	if got := next(t, after).(Status); got.Seq != 2 || got.Workers != 2 {
		t.Errorf("Next() = snapshot %d of %d workers, want 2 of 2", got.Seq, got.Workers)
	}
}

func TestSnapshotsAreConflatedAndPaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(Options{})
		sub, _ := h.Subscribe(Filter{})
		var got []Event
		var at []time.Time
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				d, err := sub.Next(context.Background())
				if err != nil {
					return
				}
				got, at = append(got, d.Event), append(at, time.Now())
			}
		}()
		for i := range 1000 { // one second and a bit, a publication each millisecond
			h.PublishStatus(Status{Workers: i})
			h.PublishProgress(Progress{Done: int64(i)})
			h.PublishMetrics(Metrics{Busy: i})
			pass(time.Millisecond)
		}
		pass(time.Second)
		h.Close()
		<-done

		last := map[Kind]time.Time{}
		count := map[Kind]int{}
		for i, e := range got {
			if before, ok := last[e.Kind()]; ok && at[i].Sub(before) < 100*time.Millisecond {
				t.Errorf("event %d, a %T, came %v after the one before", i, e, at[i].Sub(before))
			}
			last[e.Kind()] = at[i]
			count[e.Kind()]++
		}
		want := map[Kind]int{KindStatus: 11, KindProgress: 11, KindMetrics: 11}
		if diff := cmp.Diff(want, count); diff != "" {
			t.Errorf("events of each kind (-want +got):\n%s", diff)
		}
		ends := got[len(got)-3:]
		wantEnds := []Event{Status{Seq: 1000, Workers: 999}, Progress{Done: 999}, Metrics{Busy: 999}}
		if diff := cmp.Diff(wantEnds, ends); diff != "" {
			t.Errorf("the last of each kind (-want +got):\n%s", diff)
		}
	})
}

func TestAClockSetBackHoldsNothingUp(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	h := NewHub(Options{Now: func() time.Time { return now }})
	sub, _ := h.Subscribe(Filter{})
	h.PublishStatus(Status{})
	next(t, sub)
	h.PublishStatus(Status{})
	wantNothing(t, sub)
	now = now.Add(-time.Hour)
	next(t, sub)
}

func TestPhaseChangesAreNeverConflatedAndComeBeforeTheirSnapshot(t *testing.T) {
	t.Parallel()
	h := NewHub(Options{})
	sub, _ := h.Subscribe(Filter{})
	h.PublishStatus(status(order.Generating, 0))
	h.PublishLine(Line{Text: "older than the changes"})
	var want []Event
	for p := order.Generating; p < order.Done; p++ {
		h.PublishPhase(change(p, p+1), status(p+1, 0))
		want = append(want, change(p, p+1))
	}
	final := status(order.Done, 0)
	final.Seq = 6
	want = append(want, final, Line{Seq: 1, Text: "older than the changes"})
	var got []Event
	for range want {
		got = append(got, next(t, sub))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	wantNothing(t, sub)
}

func TestAPhaseChangeDoesNotWaitForTheInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(Options{})
		sub, _ := h.Subscribe(Filter{})
		h.PublishStatus(status(order.Generating, 0))
		next(t, sub)
		h.PublishStatus(status(order.Generating, 1)) // has to wait
		start := time.Now()
		go func() {
			pass(time.Millisecond)
			h.PublishPhase(change(order.Generating, order.EnqueueVIP), status(order.EnqueueVIP, 2))
		}()
		first, _ := sub.Next(t.Context())
		if waited := time.Since(start); first.Event.Kind() != KindPhase || waited != time.Millisecond {
			t.Errorf("Next() = %T after %v, want PhaseChange after 1ms", first.Event, waited)
		}
		second, _ := sub.Next(t.Context())
		if waited := time.Since(start); second.Event.(Status).Workers != 2 || waited != 100*time.Millisecond {
			t.Errorf("Next() = %v after %v, want the snapshot of 2 workers after 100ms", second, waited)
		}
	})
}

func TestASubscriberTooSlowForItsPhaseChangesIsCutOff(t *testing.T) {
	t.Parallel()
	h := NewHub(Options{PhaseQueue: 3})
	slow, _ := h.Subscribe(Filter{})
	fast, _ := h.Subscribe(Filter{})
	blind, _ := h.Subscribe(Filter{Kinds: AllKinds &^ KindPhase})
	for i := range 4 {
		h.PublishPhase(change(order.Phase(i), order.Phase(i+1)), status(order.Phase(i+1), 0))
		if got := next(t, fast); got != change(order.Phase(i), order.Phase(i+1)) {
			t.Errorf("the fast subscriber got %v, want change %d", got, i)
		}
	}
	_, err := slow.Next(t.Context())
	var cut *CutError
	if !errors.As(err, &cut) || cut.Lost != 4 {
		t.Errorf("Next() of the slow subscriber = %v, want a CutError with 4 lost", err)
	}
	if want := (Stats{Subscribers: 2, Cut: 1, LostPhases: 4}); h.Stats() != want {
		t.Errorf("Stats() = %+v, want %+v", h.Stats(), want)
	}
	slow.Close()
	if _, again := slow.Next(t.Context()); !errors.As(again, &cut) {
		t.Errorf("Next() after Close = %v, want the CutError still", again)
	}
	next(t, blind)
}

func TestTheOldestLinesMakeRoomAndAreCounted(t *testing.T) {
	t.Parallel()
	h := NewHub(Options{LineQueue: 3})
	sub, _ := h.Subscribe(Filter{})
	for i := 1; i <= 8; i++ {
		h.PublishLine(Line{Text: fmt.Sprint(i)})
	}
	got := []Event{next(t, sub)}
	h.PublishLine(Line{Text: "9"})
	h.PublishLine(Line{Text: "10"})
	for range 3 {
		got = append(got, next(t, sub))
	}
	want := []Event{
		Line{Seq: 6, Text: "6", Missed: 5},
		Line{Seq: 8, Text: "8", Missed: 1},
		Line{Seq: 9, Text: "9"},
		Line{Seq: 10, Text: "10"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	wantNothing(t, sub)
	if want := (Stats{Subscribers: 1, DroppedLines: 6}); h.Stats() != want {
		t.Errorf("Stats() = %+v, want %+v", h.Stats(), want)
	}
}

func TestFilter(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		filter Filter
		want   []Kind
	}{
		"zero":         {Filter{}, []Kind{KindPhase, KindStatus, KindProgress, KindMetrics, KindLine, KindLine}},
		"debug":        {Filter{Level: slog.LevelDebug}, []Kind{KindPhase, KindStatus, KindProgress, KindMetrics, KindLine, KindLine, KindLine}},
		"warnings":     {Filter{Kinds: KindLine, Level: slog.LevelWarn}, []Kind{KindLine}},
		"status alone": {Filter{Kinds: KindStatus}, []Kind{KindStatus}},
		"two":          {Filter{Kinds: KindProgress | KindPhase}, []Kind{KindPhase, KindProgress}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := NewHub(Options{})
			sub, _ := h.Subscribe(test.filter)
			h.PublishLine(Line{Level: slog.LevelDebug})
			h.PublishLine(Line{Level: slog.LevelInfo})
			h.PublishLine(Line{Level: slog.LevelError})
			h.PublishMetrics(Metrics{})
			h.PublishProgress(Progress{Run: order.NewRunID(1, 1), Phase: order.Generating})
			h.PublishPhase(change(order.Idle, order.Generating), status(order.Generating, 0))
			h.Close()
			var got []Kind
			for d, err := sub.Next(t.Context()); err == nil; d, err = sub.Next(t.Context()) {
				got = append(got, d.Event.Kind())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("kinds (-want +got):\n%s", diff)
			}
		})
	}
}

func TestASnapshotOfAnEarlierStateIsIgnored(t *testing.T) {
	t.Parallel()
	run := func(ms int64, p order.Phase) *order.Run { return &order.Run{ID: order.NewRunID(ms, 7), Phase: p} }
	for name, test := range map[string]struct {
		current, next Status
		taken         bool
	}{
		"earlier phase":          {Status{Run: run(5, order.Done)}, Status{Run: run(5, order.Generating)}, false},
		"same phase":             {Status{Run: run(5, order.Done)}, Status{Run: run(5, order.Done)}, true},
		"earlier run":            {Status{Run: run(5, order.Generating)}, Status{Run: run(4, order.Done)}, false},
		"later run":              {Status{Run: run(5, order.Done)}, Status{Run: run(6, order.Generating)}, true},
		"no run after one":       {Status{Run: run(5, order.Done)}, Status{}, false},
		"no run after reset":     {Status{Run: run(5, order.Done)}, Status{Generation: 1}, true},
		"run from before reset":  {Status{Generation: 1}, Status{Run: run(5, order.Done)}, false},
		"first run":              {Status{}, Status{Run: run(5, order.Generating)}, true},
		"none, again":            {Status{}, Status{}, true},
		"run IDs compared bytes": {Status{Run: run(255, order.Done)}, Status{Run: run(256, order.Idle)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := NewHub(Options{})
			h.PublishStatus(test.current)
			test.next.Workers = 9
			h.PublishStatus(test.next)
			if got := h.Current(); (got.Workers == 9) != test.taken || (got.Seq == 2) != test.taken {
				t.Errorf("Current() = snapshot %d with %d workers; want taken: %v", got.Seq, got.Workers, test.taken)
			}
		})
	}
}

func TestClosingTheHubDrainsItsSubscribers(t *testing.T) {
	t.Parallel()
	h := NewHub(Options{})
	sub, _ := h.Subscribe(Filter{})
	h.PublishStatus(Status{Workers: 1})
	next(t, sub)
	h.PublishStatus(Status{Workers: 2}) // would have to wait for the interval
	h.PublishLine(Line{Text: "last words"})
	h.Close()
	h.Close()
	h.PublishStatus(Status{Workers: 3})
	h.PublishLine(Line{})
	h.PublishPhase(PhaseChange{}, Status{Workers: 3})
	if got := next(t, sub).(Status).Workers; got != 2 {
		t.Errorf("snapshot after Close has %d workers, want 2", got)
	}
	if got := next(t, sub).(Line).Text; got != "last words" {
		t.Errorf("line after Close = %q, want last words", got)
	}
	wantEnd(t, sub, io.EOF)
	late, current := h.Subscribe(Filter{})
	if current.Workers != 2 {
		t.Errorf("Subscribe() on a closed hub = %+v, want the last snapshot", current)
	}
	wantEnd(t, late, io.EOF)
	if got := h.Stats().Subscribers; got != 0 {
		t.Errorf("Subscribers = %d, want 0", got)
	}
	late.Close()
}

func TestClosingASubscriptionEndsItAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(Options{})
		sub, _ := h.Subscribe(Filter{})
		done := make(chan error)
		go func() {
			_, err := sub.Next(context.Background())
			done <- err
		}()
		synctest.Wait()
		sub.Close()
		if err := <-done; err != io.EOF {
			t.Errorf("Next() during Close = %v, want EOF", err)
		}
		h.PublishLine(Line{})
		sub.Close()
		wantEnd(t, sub, io.EOF)
		if got := h.Stats().Subscribers; got != 0 {
			t.Errorf("Subscribers = %d, want 0", got)
		}
	})
}

func TestEachKindWakesAWaitingReader(t *testing.T) {
	t.Parallel()
	for kind, publish := range map[Kind]func(*Hub){
		KindStatus:   func(h *Hub) { h.PublishStatus(Status{}) },
		KindPhase:    func(h *Hub) { h.PublishPhase(PhaseChange{}, Status{}) },
		KindProgress: func(h *Hub) { h.PublishProgress(Progress{}) },
		KindMetrics:  func(h *Hub) { h.PublishMetrics(Metrics{}) },
		KindLine:     func(h *Hub) { h.PublishLine(Line{}) },
	} {
		synctest.Test(t, func(t *testing.T) {
			h := NewHub(Options{})
			sub, _ := h.Subscribe(Filter{Kinds: kind})
			time.AfterFunc(time.Second, func() { publish(h) })
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if d, err := sub.Next(ctx); err != nil || d.Event.Kind() != kind {
				t.Errorf("Next() = %v, %v, want an event of kind %d", d, err, kind)
			}
		})
	}
}

func TestNextObeysItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(Options{})
		sub, _ := h.Subscribe(Filter{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if d, err := sub.Next(ctx); d.ID != 0 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Next() = %v, %v, want deadline exceeded", d, err)
		}
		h.PublishLine(Line{Text: "kept"})
		if d, err := sub.Next(ctx); d.ID != 0 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Next() with an ended context = %v, %v, want deadline exceeded", d, err)
		}
		if d, err := sub.Next(t.Context()); err != nil || d.Event.(Line).Text != "kept" {
			t.Errorf("Next() = %v, %v, want the line", d, err)
		}
	})
}

func TestAReaderWhoNeverReadsCostsBoundedMemory(t *testing.T) {
	t.Parallel()
	h := NewHub(Options{PhaseQueue: 5, LineQueue: 7})
	sub, _ := h.Subscribe(Filter{Kinds: AllKinds &^ KindPhase})
	for i := range 10_000 {
		h.PublishStatus(Status{Workers: i})
		h.PublishProgress(Progress{})
		h.PublishMetrics(Metrics{})
		h.PublishLine(Line{})
	}
	if len(sub.lines.ring) != 7 || len(sub.phases.ring) != 0 {
		t.Errorf("queues hold %d lines and %d phase changes, want 7 and 0", len(sub.lines.ring), len(sub.phases.ring))
	}
}

func TestAPhaseChangeCarriesTheSnapshotThatShowsIt(t *testing.T) {
	t.Parallel()
	h := NewHub(Options{})
	sub, _ := h.Subscribe(Filter{})
	for p := order.Generating; p < order.Done; p++ {
		h.PublishPhase(change(p, p+1), status(p+1, int(p)))
	}
	h.PublishPhase(change(order.Generating, order.EnqueueVIP), status(order.EnqueueVIP, 0)) // late
	for p := order.Generating; p < order.Done; p++ {
		d, _, _ := sub.take()
		if d.Shown == nil || d.Shown.Run.Phase != p+1 || d.Shown.Workers != int(p) || d.Shown.Seq != uint64(p-order.Generating)+1 {
			t.Errorf("change %v comes with %+v, want the snapshot of %v", d.Event, d.Shown, p+1)
		}
	}
	if d, _, _ := sub.take(); d.Event != change(order.Generating, order.EnqueueVIP) || d.Shown != nil {
		t.Errorf("the late change comes as %+v, want it without a snapshot", d)
	}
}

func TestWhoComesBackGetsWhatItMissed(t *testing.T) {
	t.Parallel()
	h := NewHub(Options{PhaseQueue: 3, LineQueue: 4})
	first, _ := h.Subscribe(Filter{})
	h.PublishPhase(change(order.Idle, order.Generating), status(order.Generating, 0))
	h.PublishLine(Line{Text: "seen"})
	var last uint64
	for range 3 { // the change, its snapshot, the line
		d, _, _ := first.take()
		last = max(last, d.ID)
	}
	first.Close()
	h.PublishLine(Line{Text: "missed", Level: slog.LevelWarn})
	h.PublishLine(Line{Text: "missed, and not asked for", Level: slog.LevelDebug})
	h.PublishPhase(change(order.Generating, order.EnqueueVIP), status(order.EnqueueVIP, 0))
	second, current := h.Subscribe(Filter{After: last})
	h.PublishLine(Line{Text: "new"})
	if current.Run.Phase != order.EnqueueVIP {
		t.Errorf("Subscribe() = a snapshot of %v, want ENQUEUE_VIP", current.Run.Phase)
	}
	got := []Event{next(t, second), next(t, second), next(t, second)}
	want := []Event{
		change(order.Generating, order.EnqueueVIP),
		Line{Seq: 2, Text: "missed", Level: slog.LevelWarn},
		Line{Seq: 4, Text: "new"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events of who comes back (-want +got):\n%s", diff)
	}
	wantNothing(t, second)

	stranger, _ := h.Subscribe(Filter{})
	wantNothing(t, stranger)
}

func TestWhoComesBackLateGetsTheLatestOnly(t *testing.T) {
	t.Parallel()
	h := NewHub(Options{PhaseQueue: 2, LineQueue: 2})
	for p := order.Generating; p < order.Done; p++ {
		h.PublishLine(Line{Text: p.String()})
		h.PublishPhase(change(p, p+1), status(p+1, 0))
	}
	sub, _ := h.Subscribe(Filter{After: 1})
	got := []Event{next(t, sub), next(t, sub), next(t, sub), next(t, sub)}
	want := []Event{
		change(order.EnqueueNormal, order.WaitingNormalDrain), change(order.WaitingNormalDrain, order.Done),
		Line{Seq: 4, Text: order.EnqueueNormal.String()}, Line{Seq: 5, Text: order.WaitingNormalDrain.String()},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if h.Stats().Cut != 0 {
		t.Error("who comes back late was cut off")
	}
}

func TestManySubscribersShareABudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(Options{Budget: 20})
		count := func(sub *Subscription) int {
			got := 0
			for range 2_000 { // two seconds
				h.PublishStatus(Status{})
				if d, _, _ := sub.take(); d.ID != 0 {
					got++
				}
				pass(time.Millisecond)
			}
			return got
		}
		sub, _ := h.Subscribe(Filter{})
		if got := count(sub); got != 20 {
			t.Errorf("one subscriber got %d snapshots in two seconds, want 20", got)
		}
		var others []*Subscription
		for range 9 {
			other, _ := h.Subscribe(Filter{})
			others = append(others, other)
		}
		if got := count(sub); got != 4 {
			t.Errorf("one of ten got %d snapshots in two seconds, want 4", got)
		}
		for _, other := range others {
			other.Close()
		}
		if got := count(sub); got != 20 {
			t.Errorf("the last one got %d snapshots in two seconds, want 20", got)
		}
	})
}

// TestWhoComesBackFromAnywhereMissesNothing reads a mixture of events, stops after each
// number of them, comes back, and must then have every change and line.
func TestWhoComesBackFromAnywhereMissesNothing(t *testing.T) {
	t.Parallel()
	const changes, lines = 6, 9
	for stop := range changes + lines + 3 {
		h := NewHub(Options{})
		sub, _ := h.Subscribe(Filter{})
		publish := func(from, to int) {
			for i := from; i < to; i++ {
				if i < changes {
					h.PublishPhase(PhaseChange{At: time.Unix(int64(i), 0)}, Status{Workers: i})
				}
				h.PublishLine(Line{Text: fmt.Sprint(i)})
				h.PublishMetrics(Metrics{Busy: i})
			}
		}
		seen := map[string]bool{}
		see := func(d Delivery) {
			switch e := d.Event.(type) {
			case PhaseChange:
				seen["change "+fmt.Sprint(e.At.Unix())] = true
			case Line:
				seen["line "+e.Text] = true
			}
		}
		publish(0, 4)
		var resume uint64
		for range stop {
			d, _, _ := sub.take()
			if d.ID == 0 {
				break
			}
			see(d)
			if d.Resume < resume {
				t.Errorf("Resume went back from %d to %d", resume, d.Resume)
			}
			resume = d.Resume
		}
		sub.Close()
		publish(4, lines)
		if resume == 0 {
			resume = 1 // who saw nothing gets the state and no past; here it saw the first change
			seen["change 0"] = true
		}
		again, _ := h.Subscribe(Filter{After: resume})
		for d, _, _ := again.take(); d.ID != 0; d, _, _ = again.take() {
			see(d)
		}
		if len(seen) != changes+lines {
			t.Errorf("who stopped after %d events and came back has seen %d of %d", stop, len(seen), changes+lines)
		}
	}
}

// TestProgressIsNotBehindThePhaseThatLeftIt: what is conflated waits for its turn, a phase
// change does not; the last that is heard of a run must not be that it is nearly done.
func TestProgressIsNotBehindThePhaseThatLeftIt(t *testing.T) {
	t.Parallel()
	h := NewHub(Options{})
	s, _ := h.Subscribe(Filter{Kinds: KindPhase | KindProgress})
	run := order.NewRunID(1, 1)
	h.PublishProgress(Progress{Run: run, Phase: order.Generating, Done: 9, Total: 10})
	h.PublishPhase(change(order.Generating, order.EnqueueVIP), status(order.EnqueueVIP, 1))
	next(t, s)
	wantNothing(t, s)
	h.PublishProgress(Progress{Run: run, Phase: order.WaitingVIPDrain, Done: 1, Total: 10})
	h.PublishPhase(change(order.EnqueueVIP, order.WaitingVIPDrain), status(order.WaitingVIPDrain, 1))
	next(t, s)
	if d, wait, _ := s.take(); d.ID == 0 && wait == 0 {
		t.Error("progress within the phase that was entered is gone")
	}
}

// TestWhoComesBackIsNotCutForWhatItMissed: as many changes may wait for it as for anybody.
func TestWhoComesBackIsNotCutForWhatItMissed(t *testing.T) {
	t.Parallel()
	h := NewHub(Options{PhaseQueue: 3})
	publish := func() { h.PublishPhase(change(order.Idle, order.Generating), status(order.Generating, 0)) }
	for range 4 {
		publish()
	}
	s, _ := h.Subscribe(Filter{Kinds: KindPhase, After: 1})
	for range 3 {
		publish()
	}
	for range 6 {
		next(t, s)
	}
}

// pass lets that much of a synctest bubble's fake time go by, in which everything else in
// it gets as far as it can. It takes no time.
func pass(d time.Duration) { time.Sleep(d) } // fake: only bubbles call it
