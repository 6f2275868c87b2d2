package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/wire"
)

// buried starts a run of eight orders whose VIP ones, 0 and 4, die of "refused by bank
// <i>" and whose first five NORMAL ones, 1, 2, 3, 5 and 6, of "timeout".
func (f *fixture) buried() order.Run {
	f.t.Helper()
	run := f.started(8)
	f.fail("refused by bank %d")
	if _, err := f.store.Enqueue(f.t.Context(), store.Fence{Run: run.ID, Epoch: run.Epoch}, order.Normal); err != nil {
		f.t.Fatal(err)
	}
	f.fail("timeout")
	return run
}

// fail makes dead letters of the orders of one block; the reason may name the order.
func (f *fixture) fail(reason string) {
	f.t.Helper()
	claims, _, err := f.store.Claim(f.t.Context(), "test", f.clock.Now(), 1)
	if err != nil || len(claims) == 0 {
		f.t.Fatalf("Claim = %v, %v, want a claim", claims, err)
	}
	s := store.Settlement{Claim: claims[0], Started: f.clock.Now(), At: f.clock.Now()}
	for _, index := range claims[0].Indexes {
		why := reason
		if strings.Contains(reason, "%") {
			why = fmt.Sprintf(reason, index)
		}
		s.Outcomes = append(s.Outcomes, store.Outcome{Index: index, Status: order.Dead, At: f.clock.Now(), Reason: why})
	}
	if err := f.store.Settle(f.t.Context(), s); err != nil {
		f.t.Fatal(err)
	}
}

// letters returns the indexes of the orders of a page of dead letters.
func (f *fixture) letters(query string) []uint64 {
	f.t.Helper()
	page := read[wire.DeadLetterPage](f.t, f.get("/pedidos/queue/dead-letter"+query), http.StatusOK)
	var all []uint64
	for _, l := range page.DeadLetters {
		key, err := order.ParseKey(l.Order.ID)
		if err != nil || l.Order.Status != wire.Falhou || l.Attempts == 0 || l.Group == "" || l.FirstFailure.IsZero() {
			f.t.Errorf("dead letter %+v is not whole: %v", l, err)
		}
		all = append(all, key.Index())
	}
	if page.Count != len(all) {
		f.t.Errorf("dead-letter%s: count %d of %d", query, page.Count, len(all))
	}
	return all
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	run := f.buried()
	timeout, refused := url.QueryEscape(order.ErrorGroup("timeout")), url.QueryEscape(order.ErrorGroup("refused by bank 0"))
	for query, want := range map[string][]uint64{
		"":                              {0, 1, 2, 3, 4, 5, 6},
		"?limit=3":                      {0, 1, 2},
		"?group=" + timeout:             {1, 2, 3, 5, 6},
		"?group=" + refused:             {0, 4},
		"?group=nothing":                nil,
		"?id=" + run.ID.Key(3).String(): {3},
		"?id=" + run.ID.Key(7).String(): nil, // waits
		"?id=nobody":                    nil,
		"?group=" + timeout + "&id=" + run.ID.Key(3).String(): {3},
		"?group=" + refused + "&id=" + run.ID.Key(3).String(): nil,
	} {
		if diff := cmp.Diff(want, f.letters(query)); diff != "" {
			t.Errorf("dead-letter%s (-want +got):\n%s", query, diff)
		}
	}
	res := f.get("/pedidos/queue/dead-letter?limit=5")
	if page := read[wire.DeadLetterPage](t, res, http.StatusOK); page.Total != 7 {
		t.Errorf("total = %d, want all 7", page.Total)
	}
	if rest := strings.TrimPrefix(nextTarget(t, res), "/pedidos/queue/dead-letter"); !cmp.Equal(f.letters(rest), []uint64{5, 6}) {
		t.Errorf("behind the first 5 by %q: %v, want 5 and 6", rest, f.letters(rest))
	}
}

func TestDeadLetterGroups(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	empty := read[wire.DeadLetterGroups](t, f.get("/pedidos/queue/dead-letter/groups"), http.StatusOK)
	if empty.Count != 0 || empty.Total != 0 || empty.Groups == nil {
		t.Errorf("groups of none = %+v, want an empty list", empty)
	}
	f.buried()
	at := wire.At(f.clock.Now())
	want := wire.DeadLetterGroups{Count: 2, Total: 7, Examined: 7, Groups: []wire.DeadLetterGroup{
		{Group: "timeout", Count: 5, First: at, Last: at, Example: "timeout"},
		{Group: order.ErrorGroup("refused by bank 0"), Count: 2, First: at, Last: at, Example: "refused by bank 0"},
	}}
	if diff := cmp.Diff(want, read[wire.DeadLetterGroups](t, f.get("/pedidos/queue/dead-letter/groups"), http.StatusOK)); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

// Dead letters are put back or discarded by name, by group, or all; a dry run of it
// says the same number and does nothing.
func TestActsOnDeadLetters(t *testing.T) {
	t.Parallel()
	tests := []struct {
		query string
		n     int64
		left  []uint64
	}{
		{"all=true", 7, nil},
		{"all=true&limit=0", 7, nil},
		{"all=true&limit=3", 3, []uint64{3, 4, 5, 6}},
		{"group=timeout", 5, []uint64{0, 4}},
		{"group=timeout&limit=2&all=false", 2, []uint64{0, 3, 4, 5, 6}},
		{"group=nothing", 0, []uint64{0, 1, 2, 3, 4, 5, 6}},
		{"ids={3}", 1, []uint64{0, 1, 2, 4, 5, 6}},
		{"ids={3},{0},{3},{7},nobody", 2, []uint64{1, 2, 4, 5, 6}},
		{"ids={3}&ids={0}", 2, []uint64{1, 2, 4, 5, 6}},
		{"ids=nobody", 0, []uint64{0, 1, 2, 3, 4, 5, 6}},
		{"ids=00000000-0000-0000-0000-000000000000", 0, []uint64{0, 1, 2, 3, 4, 5, 6}},
	}
	for _, act := range []string{"retry", "discard"} {
		for _, test := range tests {
			t.Run(act+" "+test.query, func(t *testing.T) {
				t.Parallel()
				f := newFixture(t, nil)
				run := f.buried()
				query := test.query
				for i := range uint64(8) {
					query = strings.ReplaceAll(query, fmt.Sprintf("{%d}", i), run.ID.Key(i).String())
				}
				before := f.counts()
				if n := f.act(act, "?"+query+"&dryRun=true", "", true); n != test.n || f.counts() != before {
					t.Errorf("dry run = %d, counts %+v; want %d and nothing done", n, f.counts(), test.n)
				}
				if n := f.act(act, "?"+query, "", false); n != test.n {
					t.Errorf("%s = %d, want %d", act, n, test.n)
				}
				if diff := cmp.Diff(test.left, f.letters("")); diff != "" {
					t.Errorf("left (-want +got):\n%s", diff)
				}
				for i := range uint64(7) {
					want := map[string]string{"retry": wire.Pendente, "discard": wire.Removido}[act]
					o := read[wire.Order](t, f.get("/pedidos/"+run.ID.Key(i).String()), http.StatusOK)
					if o.Status != wire.Falhou && o.Status != want {
						t.Errorf("order %d is %s, want %s or as it was", i, o.Status, want)
					}
				}
			})
		}
	}
}

// act does something with dead letters and returns with how many.
func (f *fixture) act(what, query, body string, dry bool) int64 {
	f.t.Helper()
	var headers []string
	if body != "" {
		headers = []string{"Content-Type", "application/json"}
	}
	res := f.do(http.MethodPost, "/pedidos/queue/dead-letter/"+what+query, body, headers...)
	var n int64
	var message string
	var dryRun bool
	if what == "retry" {
		got := read[wire.DeadLettersRetried](f.t, res, http.StatusOK)
		n, message, dryRun = got.Retried, got.Message, got.DryRun
	} else {
		got := read[wire.DeadLettersDiscarded](f.t, res, http.StatusOK)
		n, message, dryRun = got.Discarded, got.Message, got.DryRun
	}
	if dryRun != dry || !strings.Contains(message, fmt.Sprint(n)) || strings.Contains(message, "nothing was done") != dry {
		f.t.Errorf("%s%s: dryRun %v, message %q; want %v and the number %d", what, query, dryRun, message, dry, n)
	}
	return n
}

// The ids may come as a list in a JSON body, as many as a call may name.
func TestDeadLettersNamedInABody(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	run := f.buried()
	ids := []string{run.ID.Key(1).String(), run.ID.Key(4).String()}
	for i := range 998 {
		ids = append(ids, run.ID.Key(uint64(1000+i)).String())
	}
	list, err := json.Marshal(map[string]any{"ids": ids, "limit": 0})
	if err != nil {
		t.Fatal(err)
	}
	if n := f.act("retry", "", string(list), false); n != 2 {
		t.Errorf("retried = %d, want 2", n)
	}
	if n := f.act("discard", "", `{"ids":"`+run.ID.Key(2).String()+`"}`, false); n != 1 {
		t.Errorf("discarded = %d, want 1", n)
	}
	if n := f.act("discard", "", `{"ids":["`+run.ID.Key(3).String()+`"]}`, false); n != 1 {
		t.Errorf("discarded by a list of one = %d, want 1", n)
	}
	if left := f.letters(""); !cmp.Equal(left, []uint64{0, 5, 6}) {
		t.Errorf("left = %v, want 0, 5 and 6", left)
	}
	f.imported("ORD-1,2")
	for c := f.counts(); c.Waiting+c.Delayed > 0; c = f.counts() {
		f.fail("boom")
	}
	for body, want := range map[string]int64{`{"ids":"ORD-1,2"}`: 0, `{"ids":["ORD-1,2"]}`: 1} {
		if n := f.act("discard", "", body, false); n != want {
			t.Errorf("discarded by %s = %d, want %d: only text is split at its commas", body, n, want)
		}
	}
}

// Which dead letters are meant has to be said, in one way: none of them is taken for all.
func TestDeadLettersHaveToBeNamed(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	id := f.buried().ID.Key(0).String()
	for _, act := range []string{"retry", "discard"} {
		target := "/pedidos/queue/dead-letter/" + act
		for _, query := range []string{
			"", "?all=false", "?limit=5", "?dryRun=true", "?ids=" + id + "&all=true", "?group=timeout&all=true", "?ids=" + id + "&group=timeout",
		} {
			p := readProblem(t, f.post(target+query), http.StatusBadRequest, "invalid-parameter")
			if len(p.Errors) != 1 || p.Errors[0].Parameter != "ids" || !strings.Contains(p.Errors[0].Allowed, "group") {
				t.Errorf("%s%s: errors = %+v, want one, of ids", act, query, p.Errors)
			}
		}
		for _, body := range []string{`{"ids":[]}`, `{"ids":[""]}`, `{"ids":[{}]}`, `{"ids":[null]}`, `{"ids":["a b"]}`, `{"ids":[["a"]]}`, `{"ids":null}`, `{"all":[true]}`} {
			p := readProblem(t, f.do(http.MethodPost, target, body, "Content-Type", "application/json"), http.StatusBadRequest, "invalid-parameter")
			if len(p.Errors) != 1 {
				t.Errorf("%s %s: errors = %+v, want one", act, body, p.Errors)
			}
		}
	}
	if left := f.letters(""); len(left) != 7 {
		t.Errorf("%d dead letters left, want all 7", len(left))
	}
}

// story returns the kinds of an order's events.
func (f *fixture) story(id string) (wire.Story, []string) {
	f.t.Helper()
	story := read[wire.Story](f.t, f.get("/pedidos/"+id+"/story"), http.StatusOK)
	var kinds []string
	var last time.Time
	for _, e := range story.Events {
		kinds = append(kinds, e.Kind)
		if e.Text == "" || !e.At.IsZero() && e.At.Before(last) {
			f.t.Errorf("story of %s: %+v is out of turn, or says nothing", id, e)
		}
		if !e.At.IsZero() {
			last = e.At.Time
		}
	}
	return story, kinds
}

// TestStory follows one order through two lives as a dead letter to its end.
func TestStory(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	run := f.started(4) // 0 is VIP
	id := run.ID.Key(0).String()
	is := func(when string, want ...string) wire.Story {
		t.Helper()
		story, kinds := f.story(id)
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Errorf("%s: story (-want +got):\n%s", when, diff)
		}
		if story.Order.ID != id || !story.Events[0].At.Equal(run.ID.Started()) {
			t.Errorf("%s: story = %+v, want that of %s, accepted with its run", when, story, id)
		}
		return story
	}
	if story := is("new", "accepted", "waiting"); story.DeadLetter != nil {
		t.Errorf("dead letter of a new order = %+v, want none", story.DeadLetter)
	}
	f.clock.advance(time.Second)
	f.settle(order.Pending)
	is("after a failure that it survives", "accepted", "waiting") // nothing of it is told by the store
	f.clock.advance(2 * time.Minute)
	died := f.clock.Now()
	f.fail("boom")
	story := is("dead", "accepted", "failed", "dead")
	if last := story.Events[2]; last.Attempts != 2 || !last.At.Equal(died) || !strings.Contains(last.Text, "boom") {
		t.Errorf("last event = %+v, want that it died of boom after 2 attempts", last)
	}
	if story.DeadLetter == nil || story.DeadLetter.Attempts != 2 || story.Order.Status != wire.Falhou {
		t.Errorf("dead letter = %+v of an order %s, want it with 2 attempts", story.DeadLetter, story.Order.Status)
	}
	f.act("retry", "?ids="+id, "", false)
	is("put back", "accepted", "failed", "dead", "redriven", "waiting")
	f.clock.advance(time.Second)
	f.fail("boom")
	is("dead again", "accepted", "redriven", "failed", "dead")
	f.act("retry", "?ids="+id, "", false)
	is("put back again", "accepted", "redriven", "failed", "dead", "redriven", "waiting")
	f.clock.advance(time.Second)
	f.settle(order.Processed)
	story = is("processed", "accepted", "redriven", "failed", "dead", "redriven", "processed")
	if last := story.Events[5]; last.Attempts != 1 || !last.At.Equal(f.clock.Now()) {
		t.Errorf("last event = %+v, want that it was processed now, at the first attempt", last)
	}
}

func TestStoryOfOthers(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	run := f.buried()
	f.act("discard", "?ids="+run.ID.Key(1).String(), "", false)
	if story, kinds := f.story(run.ID.Key(1).String()); !cmp.Equal(kinds, []string{"accepted", "dead", "removed"}) || story.Order.Status != wire.Removido {
		t.Errorf("story of a discarded one = %v, want accepted, dead, removed", kinds)
	}
	f.imported("ORD/7")
	if story, kinds := f.story("ORD%2F7"); !cmp.Equal(kinds, []string{"accepted", "waiting"}) || story.Order.ID != "ORD/7" {
		t.Errorf("story by ref = %v of %q, want accepted, waiting of ORD/7", kinds, story.Order.ID)
	}
	readProblem(t, f.get("/pedidos/nobody/story"), http.StatusNotFound, "not-found")
	readProblem(t, f.get("/pedidos/a%20b/story"), http.StatusBadRequest, "invalid-parameter")
	readProblem(t, f.get("/pedidos/runs/story"), http.StatusBadRequest, "invalid-parameter") // a run's id comes first
	readProblem(t, f.get("/pedidos/nobody/story/"), http.StatusNotFound, "unknown-route")
	res := f.get("/pedidos/"+run.ID.Key(0).String()+"/story", "Accept-Language", "pt-BR")
	if story := read[wire.Story](t, res, http.StatusOK); !strings.Contains(story.Events[0].Text, "aceito") {
		t.Errorf("story in Portuguese begins %q", story.Events[0].Text)
	}
}

// What is refused is repeated as it was sent.
func TestARefusedIDIsShownOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	for body, want := range map[string]string{`{"ids":["a b"]}`: "a b", `{"ids":"a b"}`: "a b", `{"ids":["a b","c d"]}`: "a b, c d"} {
		res := f.do(http.MethodPost, "/pedidos/queue/dead-letter/discard", body, "Content-Type", "application/json")
		p := readProblem(t, res, http.StatusBadRequest, "invalid-parameter")
		if len(p.Errors) != 1 || p.Errors[0].Value != want {
			t.Errorf("%s is refused with %+v, want the value %q", body, p.Errors, want)
		}
	}
}
