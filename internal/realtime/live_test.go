package realtime

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience guards against hanging.
const patience = time.Minute

// bed is a live view over a hub, behind a real server.
type bed struct {
	*testing.T
	hub  *event.Hub
	live *Live
	url  string

	mu    sync.Mutex // guards calls
	calls []string   // of commands: path and fields
	code  int
}

func newBed(t *testing.T, change func(*Options)) *bed {
	t.Helper()
	b := &bed{T: t, hub: event.NewHub(event.Options{Interval: time.Millisecond}), code: http.StatusOK}
	opts := Options{
		Hub:    b.hub,
		Status: func(context.Context) ([]byte, error) { return []byte(`{"phase":"DONE"}` + "\n"), nil },
		Call:   b.call,
		Refuse: func(w http.ResponseWriter, _ *http.Request, err error) { http.Error(w, err.Error(), http.StatusTeapot) },
		Now:    func() time.Time { return time.UnixMilli(1_000_000) },
	}
	if change != nil {
		change(&opts)
	}
	b.live = New(opts)
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", b.live.SocketIO())
	mux.Handle("/stream", b.live.Stream())
	server := httptest.NewServer(mux)
	b.url = server.URL
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := b.live.Close(ctx); err != nil {
			t.Errorf("Close = %v", err)
		}
		b.hub.Close()
		server.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return b
}

func (b *bed) call(_ context.Context, _ *http.Request, path string, fields []byte) (int, []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, path+" "+string(fields))
	if b.code >= http.StatusBadRequest {
		return b.code, []byte(`{"title":"no","status":409}` + "\n")
	}
	return b.code, []byte(`{"message":"done","runId":"r"}` + "\n")
}

func (b *bed) run(p order.Phase) *order.Run {
	return &order.Run{ID: order.NewRunID(1, 1), Phase: p, Accepted: time.UnixMilli(999_000), Spec: order.Spec{Target: 10}}
}

// move publishes the run's next phase.
func (b *bed) move(to order.Phase) {
	b.hub.PublishPhase(event.PhaseChange{Run: order.NewRunID(1, 1), From: to - 1, To: to, At: time.UnixMilli(1)}, event.Status{Run: b.run(to)})
}

// reader reads server-sent events.
type reader struct {
	*bed
	lines *bufio.Scanner
	body  io.ReadCloser
	id    string // that the stream began with
}

func (b *bed) stream(query string, header ...string) *reader {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	b.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+"/stream"+query, nil)
	if err != nil {
		b.Fatal(err)
	}
	for pair := range slices.Chunk(header, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { res.Body.Close() })
	if kind := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || kind != "text/event-stream; charset=utf-8" {
		b.Fatalf("GET /stream%s = %d of type %q", query, res.StatusCode, kind)
	}
	rd := &reader{b, bufio.NewScanner(res.Body), res.Body, ""}
	rd.lines.Buffer(nil, 1<<20)
	begin := rd.frame()
	if rd.id = strings.TrimPrefix(begin, "retry: 2000\nid: "); rd.id == begin {
		b.Fatalf("a stream begins with %q, not with when to come back and where to", begin)
	}
	return rd
}

// frame returns the lines up to the next empty one; empty at the end.
func (r *reader) frame() string {
	var lines []string
	for r.lines.Scan() && r.lines.Text() != "" {
		lines = append(lines, r.lines.Text())
	}
	return strings.Join(lines, "\n")
}

// sent is an event as it arrived.
type sent struct {
	id, name string
	data     map[string]any
}

func (r *reader) next() sent {
	r.Helper()
	var e sent
	for line := range strings.SplitSeq(r.frame(), "\n") {
		field, value, _ := strings.Cut(line, ": ")
		switch field {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			if err := json.Unmarshal([]byte(value), &e.data); err != nil {
				r.Fatalf("data %q: %v", value, err)
			}
		}
	}
	return e
}

func (r *reader) expect(name string) sent {
	r.Helper()
	e := r.next()
	if e.name != name {
		r.Fatalf("event %q %v, want %s", e.name, e.data, name)
	}
	return e
}

func TestAStreamBeginsWithTheStateAndGoesOn(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	b.move(order.Generating)
	r := b.stream("")
	if hello := r.expect("connected"); hello.data["clientId"] != "sse-1" || hello.data["version"] != "dev" {
		t.Errorf("connected = %v", hello.data)
	}
	first := r.expect("status")
	if first.data["phase"] != "GENERATING" || first.data["wallClockMs"] != 1000.0 {
		t.Errorf("first status = %v, want GENERATING as of now", first.data)
	}
	b.move(order.EnqueueVIP)
	if p := r.expect("phase"); p.data["from"] != "GENERATING" || p.data["to"] != "ENQUEUE_VIP" || p.data["timestamp"] != 1.0 {
		t.Errorf("phase = %v", p.data)
	}
	if s := r.expect("status"); s.data["phase"] != "ENQUEUE_VIP" || s.id == "" {
		t.Errorf("status = %q %v, want that of the change, with an ID", s.id, s.data)
	}
	b.hub.PublishProgress(event.Progress{Phase: order.Generating, Done: 2, Total: 3, Settled: [order.PriorityCount]int64{order.VIP: 1}})
	want := map[string]any{"runId": "00000000-0000-0000-0000-000000000000", "phase": "GENERATING", "progress": 66.66, "current": 2.0, "total": 3.0,
		"message": "GENERATING: 2 of 3", "vipProcessed": 1.0, "normalProcessed": 0.0, "timestamp": 0.0}
	if diff := cmp.Diff(want, r.expect("progress").data); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
	b.hub.PublishLine(event.Line{At: time.UnixMilli(5), Level: slog.LevelWarn, Component: "queue", Text: "slow", Attrs: "n=1"})
	b.hub.PublishLine(event.Line{Level: slog.LevelDebug})
	wantLine := map[string]any{"seq": 1.0, "timestamp": 5.0, "level": "warn", "category": "queue", "message": "slow", "data": "n=1"}
	if diff := cmp.Diff(wantLine, r.expect("log").data); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	b.hub.PublishMetrics(event.Metrics{
		Sample:  event.Sample{At: time.UnixMilli(7), Over: time.Second, Processed: [order.PriorityCount]int64{order.VIP: 9}},
		Workers: 25, Drain: event.Forecast{State: event.Stalled, Reason: event.Quiet},
	})
	m := r.expect("metrics").data
	if m["at"] != 7.0 || m["workers"] != 25.0 || m["rate"].(map[string]any)["vip"] != 9.0 || m["drain"].(map[string]any)["reason"] != "quiet" {
		t.Errorf("metrics = %v, want the sample with its rates and the forecast", m)
	}
}

// TestEveryPhaseChangeHasAStatus sends all changes at once: none is left out, and the
// status behind each is of that phase.
func TestEveryPhaseChangeHasAStatus(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	r := b.stream("?events=status,phase")
	r.expect("status")
	for p := order.Generating; p <= order.Done; p++ {
		b.move(p)
		b.hub.PublishStatus(event.Status{Run: b.run(p)})
	}
	for p := order.Generating; p <= order.Done; {
		e := r.next()
		switch {
		case e.name == "phase" && e.data["to"] == p.String():
		case e.name == "status" && e.data["phase"] == p.String():
			p++
		case e.name == "status" && e.data["phase"] == (p-1).String(): // one more within the phase
		default:
			t.Fatalf("event %s %v on the way to %v", e.name, e.data, p)
		}
	}
}

func TestWhoComesBackGetsWhatItMissed(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	b.move(order.Generating)
	r := b.stream("?events=phase,log")
	b.hub.PublishLine(event.Line{Text: "one"})
	id := r.expect("log").id
	r.body.Close()
	b.move(order.EnqueueVIP)
	b.hub.PublishLine(event.Line{Text: "two"})
	again := b.stream("?events=phase,log", "Last-Event-ID", id)
	if e := again.expect("phase"); e.data["to"] != "ENQUEUE_VIP" {
		t.Errorf("phase = %v, want the one that was missed", e.data)
	}
	if e := again.expect("log"); e.data["message"] != "two" {
		t.Errorf("log = %v, want the line that was missed", e.data)
	}
	for _, foreign := range []string{"x-1", "nonsense", strings.Split(id, "-")[0] + "-x", "-", strings.Repeat("9", 1000)} {
		stranger := b.stream("?events=phase,log,status", "Last-Event-ID", foreign)
		if e := stranger.expect("status"); e.data["phase"] != "ENQUEUE_VIP" {
			t.Errorf("Last-Event-ID %q: status %v, want the present one", foreign, e.data)
		}
		b.hub.PublishLine(event.Line{Text: "three"})
		if e := stranger.expect("log"); e.data["message"] != "three" {
			t.Errorf("Last-Event-ID %q: log %v, want nothing of the past", foreign, e.data)
		}
	}
}

func TestBadStreams(t *testing.T) {
	t.Parallel()
	var refused []error
	b := newBed(t, func(o *Options) {
		o.MaxStreams = 1
		o.AllowOrigin = func(r *http.Request) bool { return r.Header.Get("Origin") == "" }
		o.Refuse = func(w http.ResponseWriter, _ *http.Request, err error) {
			refused = append(refused, err)
			w.WriteHeader(http.StatusTeapot)
		}
	})
	get := func(query, origin string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/stream"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil || res.StatusCode != http.StatusTeapot {
			t.Fatalf("GET /stream%s = %v, %v; want it refused", query, res, err)
		}
		res.Body.Close()
	}
	for _, bad := range []string{"events=", "events=status,", "events=Status", "level=", "level=loud", "level=info&level=warn"} {
		get("?"+bad, "")
		var p *BadParameterError
		if last := refused[len(refused)-1]; !errors.As(last, &p) || !strings.HasPrefix(bad, p.Name+"=") || p.Allowed == "" {
			t.Errorf("%s was refused with %v, want a bad parameter", bad, last)
		}
	}
	get("", "https://evil.example")
	first := b.stream("")
	first.expect("connected")
	get("", "")
	if got := refused[len(refused)-2:]; got[0] != ErrForeign || got[1] != ErrFull {
		t.Errorf("refused with %v, want ErrForeign and ErrFull", got)
	}
	if s := b.live.Stats(); s.Streams != 1 {
		t.Errorf("Stats = %+v, want one stream", s)
	}
}

func TestAnIdleStreamIsKeptAlive(t *testing.T) {
	t.Parallel()
	b := newBed(t, func(o *Options) { o.KeepAlive = time.Millisecond })
	r := b.stream("?events=log")
	for range 3 {
		if got := r.frame(); got != ": keep-alive" {
			t.Fatalf("frame = %q, want a comment", got)
		}
	}
}

// TestAStreamThatNobodyReadsIsCut fills the buffers of a connection whose client takes
// nothing.
func TestAStreamThatNobodyReadsIsCut(t *testing.T) {
	t.Parallel()
	b := newBed(t, func(o *Options) { o.Patience = 50 * time.Millisecond })
	r := b.stream("")
	r.expect("connected")
	text := strings.Repeat("x", 64<<10)
	deadline := time.Now().Add(patience)
	for b.live.Stats().Streams > 0 {
		if time.Now().After(deadline) {
			t.Fatal("the stream was not cut")
		}
		b.hub.PublishLine(event.Line{Text: text})
		time.Sleep(time.Millisecond) // real time: the patience of a real connection runs out
	}
	if s := b.live.Stats(); s.Stalled != 1 {
		t.Errorf("Stats = %+v, want one that stalled", s)
	}
}

func TestCloseEndsStreams(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	r := b.stream("?events=log")
	if err := b.live.Close(t.Context()); err != nil {
		t.Fatalf("Close = %v", err)
	}
	if got := r.frame(); got != "" {
		t.Errorf("after Close a stream has %q, want its end", got)
	}
}

// TestWhoComesBackAfterABurstGetsNothingTwice: lines overtaken by phase changes do not
// keep a client's ID behind.
func TestWhoComesBackAfterABurstGetsNothingTwice(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	r := b.stream("?events=phase,log")
	for p := order.Generating; p <= order.Done; p++ {
		b.hub.PublishLine(event.Line{Text: "before " + p.String()})
		b.move(p)
	}
	var last string
	for range 2 * (order.Done - order.Idle) {
		if e := r.next(); e.id != "" {
			last = e.id
		}
	}
	r.body.Close()
	again := b.stream("?events=phase,log", "Last-Event-ID", last)
	b.hub.PublishLine(event.Line{Text: "new"})
	if e := again.next(); e.data["message"] != "new" {
		t.Errorf("who comes back gets %s %v, want nothing it had", e.name, e.data)
	}
}

// socket is a Socket.IO client over polling, as plain as the protocol allows.
type socket struct {
	*bed
	sid  string
	wait []string // packets that came and were not asked for yet
}

func (b *bed) poll(method, query, body string) (int, string) {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), method, b.url+"/socket.io/?EIO=4&transport=polling"+query, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func (b *bed) connect(auth string) *socket {
	b.Helper()
	_, text := b.poll(http.MethodGet, "", "")
	var open struct{ SID string }
	if err := json.Unmarshal([]byte(strings.TrimPrefix(text, "0")), &open); err != nil {
		b.Fatalf("handshake %q: %v", text, err)
	}
	s := &socket{bed: b, sid: "&sid=" + open.SID}
	s.send("40" + auth)
	if got := s.receive(); !strings.HasPrefix(got, `40{"sid":`) {
		b.Fatalf("answer to CONNECT = %q", got)
	}
	return s
}

func (s *socket) send(packet string) {
	s.Helper()
	if code, text := s.poll(http.MethodPost, s.sid, packet); code != http.StatusOK {
		s.Fatalf("POST %q = %d %s", packet, code, text)
	}
}

// receive returns the next packet that is no heartbeat.
func (s *socket) receive() string {
	s.Helper()
	for len(s.wait) == 0 || s.wait[0] == "2" {
		if len(s.wait) > 0 {
			s.wait = s.wait[1:]
			s.send("3")
			continue
		}
		code, text := s.poll(http.MethodGet, s.sid, "")
		if code != http.StatusOK {
			s.Fatalf("GET = %d %s", code, text)
		}
		s.wait = strings.Split(text, "\x1e")
	}
	next := s.wait[0]
	s.wait = s.wait[1:]
	return next
}

// receives checks that the next packet is of an event, and that it has a text in it.
func (s *socket) receives(event, text string) {
	s.Helper()
	if got := s.receive(); !strings.HasPrefix(got, `42["`+event+`"`) || !strings.Contains(got, text) {
		s.Errorf("received %s, want %s with %s", got, event, text)
	}
}

func TestASocketBeginsWithTheStateAndGoesOn(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	b.move(order.Generating)
	s := b.connect("")
	s.receives("connected", `"version":"dev"`)
	s.receives("status", `"phase":"GENERATING"`)
	b.move(order.EnqueueVIP)
	s.receives("phase", `"to":"ENQUEUE_VIP"`)
	s.receives("status", `"phase":"ENQUEUE_VIP"`)
	b.hub.PublishLine(event.Line{Text: "hello"})
	got := s.receive()
	if !strings.HasPrefix(got, `42["log",{`) || !strings.HasSuffix(got, `},"`+b.live.epoch+`-5"]`) {
		t.Fatalf("received %s, want the line with its ID", got)
	}
	b.hub.PublishLine(event.Line{Text: "again"})
	back := b.connect(`{"lastEventId":"` + b.live.epoch + `-5"}`)
	back.receives("connected", "")
	back.receives("status", "")
	back.receives("log", `"again"`)
	if stats := b.live.Stats(); stats.Polling != 2 || stats.WebSocket != 0 {
		t.Errorf("Stats = %+v, want two that poll", stats)
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, packet string
		code         int
		want         []string // parts of the packets that answer
		call         string
	}{
		{
			"start with an acknowledgement", `421["start-generation",{"quantity":5}]`, http.StatusAccepted,
			[]string{`431[{"acknowledged":true,"message":"done","runId":"r"}]`, `42["generation-started",{"timestamp":1000000,"message":"done"}]`},
			`/pedidos/generate {"quantity":5}`,
		},
		{"start with nothing", `42["start-generation"]`, http.StatusAccepted, []string{`42["generation-started"`}, `/pedidos/generate {}`},
		{"start with null", `42["start-generation",null]`, http.StatusAccepted, []string{`42["generation-started"`}, `/pedidos/generate {}`},
		{"cancel", `427["cancel-operation",{"removePending":false}]`, http.StatusOK, []string{`437[{"acknowledged":true`, `42["operation-cancelled"`}, `/pedidos/cancel {"removePending":false}`},
		{"reset", `428["reset-system"]`, http.StatusOK, []string{`438[{"acknowledged":true`, `42["system-reset"`}, `/pedidos/reset {}`},
		{"refused", `429["reset-system"]`, http.StatusConflict, []string{`439[{"acknowledged":false,"error":{"title":"no","status":409}}]`}, `/pedidos/reset {}`},
		{"refused, without an acknowledgement", `42["reset-system"]`, http.StatusConflict, []string{`42["exception",{"acknowledged":false,"error":{"title":"no"`}, `/pedidos/reset {}`},
		{"status", `422["get-status"]`, http.StatusOK, []string{`42["status",{"phase":"DONE"}]`, `432[{"phase":"DONE"}]`}, ""},
		{"status without an acknowledgement", `42["get-status"]`, http.StatusOK, []string{`42["status",{"phase":"DONE"}]`, `42["status-request-acknowledged",{"timestamp":1000000`}, ""},
		{"unknown event", `423["drop-tables"]`, http.StatusOK, []string{`433[{"acknowledged":false,"error":{"type":"about:blank","title":"Unknown event"`}, ""},
		{"unknown event, without an acknowledgement", `42["nope",1]`, http.StatusOK, []string{`42["exception",{"acknowledged":false,"error":{"type":"about:blank","title":"Unknown event"`}, ""},
		{"no object", `424["start-generation",5]`, http.StatusOK, []string{`434[{"acknowledged":false,"error":{"type":"about:blank","title":"Invalid body"`}, ""},
		{"two objects", `425["cancel-operation",{},{}]`, http.StatusOK, []string{`435[{"acknowledged":false,"error":{"type":"about:blank","title":"Invalid body"`}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, nil)
			b.code = test.code
			s := b.connect("")
			s.receives("connected", "")
			s.receives("status", "")
			s.send(test.packet)
			for _, want := range test.want {
				if got := s.receive(); !strings.HasPrefix(got, want) {
					t.Errorf("received %s, want %s", got, want)
				}
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			if got := strings.Join(b.calls, "\n"); got != test.call {
				t.Errorf("calls %q, want %q", got, test.call)
			}
		})
	}
}

func TestWhatASocketMaySend(t *testing.T) {
	t.Parallel()
	for name, packet := range map[string]string{
		"binary":    `451-["start-generation",{"_placeholder":true,"num":0}]`,
		"malformed": `42{"a":1}`,
		"too long":  `42["start-generation",{"x":"` + strings.Repeat("x", 5000) + `"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, nil)
			other, s := b.connect(""), b.connect("")
			code, _ := b.poll(http.MethodPost, s.sid, packet)
			if gone, text := b.poll(http.MethodPost, s.sid, `42["get-status"]`); code == http.StatusOK && gone == http.StatusOK {
				t.Errorf("POST = %d and the session goes on: %s", code, text)
			}
			other.receives("connected", "")
			if len(b.calls) > 0 {
				t.Errorf("calls %q, want none", b.calls)
			}
		})
	}
}

func TestStatusThatCannotBeRead(t *testing.T) {
	t.Parallel()
	b := newBed(t, func(o *Options) {
		o.Status = func(context.Context) ([]byte, error) { return nil, errors.New("secret") }
	})
	s := b.connect("")
	s.receives("connected", "")
	s.receives("status", "")
	s.send(`421["get-status"]`)
	if got := s.receive(); !strings.HasPrefix(got, `431[{"acknowledged":false`) || strings.Contains(got, "secret") {
		t.Errorf("received %s, want a refusal that keeps secrets", got)
	}
}

func TestEncodingIsShared(t *testing.T) {
	t.Parallel()
	c := newEncoder("e")
	d := event.Delivery{ID: 7, Resume: 7, Event: event.Line{Seq: 1, Text: "x"}}
	first, err := c.encode(d)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := c.encode(d)
	if &first[0] != &again[0] || first[0].id != "e-7" {
		t.Errorf("the second encoding is not the first, or its ID is %q", first[0].id)
	}
	d.Resume = 6 // something older still waits for this client
	lagging, _ := c.encode(d)
	if lagging[0].id != "e-6" || &lagging[0].body[0] != &first[0].body[0] {
		t.Errorf("a client that lags behind gets the ID %q, want e-6 and the same body", lagging[0].id)
	}
	if m, err := lagging[0].message(); err != nil || m.Size() != len(`42["log",`)+len(first[0].body)+len(`,"e-6"]`) {
		t.Errorf("its message has %d bytes, %v", m.Size(), err)
	}
	d.Event = event.Line{Seq: 1, Text: "x", Missed: 3}
	if own, _ := c.encode(d); !strings.Contains(string(own[0].body), `"missed":3`) {
		t.Errorf("body %s, want the three that are missing", own[0].body)
	}
	if after, _ := c.encode(event.Delivery{ID: 7, Resume: 7, Event: event.Line{Seq: 1, Text: "x"}}); strings.Contains(string(after[0].body), "missed") {
		t.Errorf("body %s: one client's loss shows to all", after[0].body)
	}
}

func BenchmarkEncodeStatus(b *testing.B) {
	c := newEncoder("e")
	run := &order.Run{ID: order.NewRunID(1, 1), Phase: order.Generating}
	for i := uint64(1); b.Loop(); i++ {
		packets, err := c.encode(event.Delivery{ID: i, Resume: i, Event: event.Status{Seq: i, Run: run}})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := packets[0].message(); err != nil {
			b.Fatal(err)
		}
	}
}
