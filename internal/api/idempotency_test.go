package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

const key = "Idempotency-Key"

// reply is what a client keeps of an answer.
type reply struct {
	Status   int
	Location string
	Body     string
}

func replyOf(t *testing.T, res *http.Response) reply {
	t.Helper()
	return reply{res.StatusCode, res.Header.Get("Location"), textOf(t, res)}
}

// The same key gets the same answer, at once, later, from another process over the
// same store, and while another run is active.
func TestSameKeySameAnswer(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	first := replyOf(t, f.post("/pedidos/generate?quantity=9&force=true", key, "k1"))
	if first.Status != http.StatusAccepted {
		t.Fatalf("first = %+v, want 202", first)
	}
	same := func(when, target string) {
		t.Helper()
		if diff := cmp.Diff(first, replyOf(t, f.post(target, key, "k1"))); diff != "" {
			t.Errorf("%s: the answer changed (-first +then):\n%s", when, diff)
		}
	}
	same("at once", "/pedidos/generate?quantity=9&force=true")
	same("with the parameters in another order", "/pedidos/generate?force=true&quantity=9")
	current := read[wire.Status](t, f.get("/pedidos"), http.StatusOK)
	if current.Phase != order.Generating {
		t.Fatalf("phase after the repetition = %v: it ended its own run", current.Phase)
	}
	second := read[wire.Started](t, f.post("/pedidos/generate?quantity=3&force=true", key, "k2"), http.StatusAccepted)
	same("while another run is active", "/pedidos/generate?quantity=9&force=true")
	if now := read[wire.Status](t, f.get("/pedidos"), http.StatusOK); now.LastRunID != second.RunID || now.Phase != order.Generating {
		t.Errorf("current run = %v in %v, want %v untouched", now.LastRunID, now.Phase, second.RunID)
	}
	f = fixtureOver(t, f.store.Reopen(), nil)
	f.clock.advance(3600e9)
	same("after a restart", "/pedidos/generate?quantity=9&force=true")
	if f.runs() != 2 {
		t.Errorf("runs = %d, want 2", f.runs())
	}
}

func TestEveryVerbRepeatsByKey(t *testing.T) {
	t.Parallel()
	for _, target := range []string{
		"/pedidos/cancel", "/pedidos/cancel?removePending=false", "/pedidos/reset", "/pedidos/queue/pause", "/pedidos/queue/resume",
		"/pedidos/queue/clean?limit=2", "/pedidos/queue/purge", "/pedidos/queue/purge?obliterate=true", "/pedidos/queue/retry-failed",
		"/pedidos/queue/dead-letter/retry?all=true", "/pedidos/queue/dead-letter/discard?group=boom", "/pedidos/queue/dead-letter/retry?ids=nobody",
	} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, nil)
			f.started(40)
			f.settle(order.Dead)
			f.settle(order.Processed)
			first := replyOf(t, f.post(target, key, "k"))
			if first.Status != http.StatusOK {
				t.Fatalf("first = %+v, want 200", first)
			}
			f.clock.advance(7e9)
			again := replyOf(t, f.post(target, key, "k"))
			if diff := cmp.Diff(first, again); diff != "" {
				t.Errorf("the answer changed (-first +again):\n%s", diff)
			}
			readProblem(t, f.post(target+join(target)+"_other=1", key, "k"), http.StatusUnprocessableEntity, "idempotency-key-reused")
		})
	}
}

func join(target string) string {
	if strings.Contains(target, "?") {
		return "&"
	}
	return "?"
}

// A purge takes several steps; one that was repeated does none of them again.
func TestRepeatedPurgeRemovesNothingNew(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.started(8)
	first := read[wire.Purged](t, f.post("/pedidos/queue/purge", key, "k"), http.StatusOK)
	if first.Removed != 8 {
		t.Fatalf("removed = %d, want 8", first.Removed)
	}
	read[wire.Cancelled](t, f.post("/pedidos/cancel"), http.StatusOK)
	f.started(8)
	read[wire.Purged](t, f.post("/pedidos/queue/purge", key, "k"), http.StatusOK)
	if got := read[wire.QueueCounts](t, f.get("/queue/counts"), http.StatusOK).Waiting; got != 8 {
		t.Errorf("waiting after the repetition = %d, want the new run's 8", got)
	}
}

// What a call does beside the store's commit it does once too.
func TestRepetitionLeavesTheLogsAlone(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"/pedidos/cancel?resetLogs=true", "/pedidos/reset"} {
		f := newFixture(t, nil)
		f.started(4)
		for range 3 {
			if got := f.post(target, key, "k"); got.StatusCode != http.StatusOK {
				t.Fatalf("POST %s = %d, want 200", target, got.StatusCode)
			}
			f.clock.advance(7e9)
		}
		if f.logs.resets != 1 {
			t.Errorf("POST %s three times by one key reset the logs %d times, want once", target, f.logs.resets)
		}
	}
}

func TestOtherParametersAreRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	read[wire.Started](t, f.post("/pedidos/generate?quantity=9", key, "k"), http.StatusAccepted)
	for _, target := range []string{"/pedidos/generate?quantity=8", "/pedidos/generate", "/pedidos/cancel", "/pedidos/queue/pause"} {
		readProblem(t, f.post(target, key, "k"), http.StatusUnprocessableEntity, "idempotency-key-reused")
	}
	read[wire.Cleaned](t, f.post("/pedidos/queue/clean", key, "k2"), http.StatusOK)
	readProblem(t, f.post("/pedidos/queue/retry-failed", key, "k2"), http.StatusUnprocessableEntity, "idempotency-key-reused")
	body := f.do(http.MethodPost, "/pedidos/generate", `{"quantity":9}`, key, "k", "Content-Type", "application/json")
	if got := replyOf(t, body).Status; got != http.StatusAccepted {
		t.Errorf("the same parameters in the body = %d, want 202: it is the same call", got)
	}
	if f.runs() != 1 {
		t.Errorf("runs = %d, want 1", f.runs())
	}
}

func TestKeyInUse(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	block, entered := make(chan struct{}), make(chan struct{})
	f.pipe.set(func(p *fakePipeline) { p.block, p.entered = block, entered })
	first := make(chan *http.Response, 1)
	go func() { first <- f.post("/pedidos/generate?quantity=9", key, "k") }()
	<-entered
	res := f.post("/pedidos/generate?quantity=9", key, "k")
	if res.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	readProblem(t, res, http.StatusConflict, "idempotency-key-in-use")
	f.pipe.set(func(p *fakePipeline) { p.entered = nil })
	close(block)
	want := replyOf(t, <-first)
	if got := replyOf(t, f.post("/pedidos/generate?quantity=9", key, "k")); got != want || got.Status != http.StatusAccepted {
		t.Errorf("after the first has ended = %+v, want its answer %+v", got, want)
	}
}

func TestBadKeys(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	for name, headers := range map[string][]string{
		"empty":    {key, ""},
		"too long": {key, strings.Repeat("k", 256)},
		"two":      {key, "a", key, "b"},
	} {
		p := readProblem(t, f.post("/pedidos/generate?quantity=9", headers...), http.StatusBadRequest, "invalid-parameter")
		if len(p.Errors) != 1 || p.Errors[0].Parameter != key {
			t.Errorf("%s: errors = %+v, want one, of %s", name, p.Errors, key)
		}
	}
	if f.runs() != 0 {
		t.Errorf("runs = %d, want none", f.runs())
	}
	read[wire.Started](t, f.post("/pedidos/generate?quantity=9", key, strings.Repeat("k", 255)), http.StatusAccepted)
}

// A call that failed leaves its key free.
func TestKeyOfAFailedCallIsFree(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	readProblem(t, f.post("/pedidos/generate?quantity=0", key, "k"), http.StatusBadRequest, "invalid-parameter")
	f.pipe.set(func(p *fakePipeline) { p.err = order.ErrDiskFull })
	readProblem(t, f.post("/pedidos/generate?quantity=9", key, "k"), http.StatusInsufficientStorage, "disk-full")
	f.pipe.set(func(p *fakePipeline) { p.err = nil })
	read[wire.Started](t, f.post("/pedidos/generate?quantity=9", key, "k"), http.StatusAccepted)
}
