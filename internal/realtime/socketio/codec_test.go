package socketio

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecodePacket(t *testing.T) {
	t.Parallel()
	type raw = []json.RawMessage
	for _, c := range []struct {
		text string
		want packet
	}{
		{"0", packet{kind: packetConnect, namespace: "/"}},
		{`0{"token":"123"}`, packet{kind: packetConnect, namespace: "/", auth: json.RawMessage(`{"token":"123"}`)}},
		{"0/admin", packet{kind: packetConnect, namespace: "/admin"}},
		{`0/admin,{"a":"b,c"}`, packet{kind: packetConnect, namespace: "/admin", auth: json.RawMessage(`{"a":"b,c"}`)}},
		{"1", packet{kind: packetDisconnect, namespace: "/"}},
		{"1/admin,", packet{kind: packetDisconnect, namespace: "/admin"}},
		{`2["foo"]`, packet{kind: packetEvent, namespace: "/", event: "foo", args: raw{}}},
		{`2["foo",1,{"a":[null]}]`, packet{kind: packetEvent, namespace: "/", event: "foo", args: raw{json.RawMessage("1"), json.RawMessage(`{"a":[null]}`)}}},
		{`2/admin,["bar"]`, packet{kind: packetEvent, namespace: "/admin", event: "bar", args: raw{}}},
		{`212["foo"]`, packet{kind: packetEvent, namespace: "/", id: new(uint64(12)), event: "foo", args: raw{}}},
		{`2/admin,0["f\u006fo"]`, packet{kind: packetEvent, namespace: "/admin", id: new(uint64(0)), event: "foo", args: raw{}}},
		{`29999999999999999["foo"]`, packet{kind: packetEvent, namespace: "/", id: new(uint64(9999999999999999)), event: "foo", args: raw{}}},
		{`3/admin,13["bar"]`, packet{kind: packetAck, namespace: "/admin", id: new(uint64(13)), args: raw{json.RawMessage(`"bar"`)}}},
		{"312[]", packet{kind: packetAck, namespace: "/", id: new(uint64(12)), args: raw{}}},
		{`50-["baz"]`, packet{kind: packetEvent, namespace: "/", event: "baz", args: raw{}}},
		{
			`52-/admin,["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`,
			packet{kind: packetEvent, namespace: "/admin", event: "baz", missing: 2, args: raw{
				json.RawMessage(`{"_placeholder":true,"num":0}`), json.RawMessage(`{"_placeholder":true,"num":1}`),
			}},
		},
		{
			`61-15[{"_placeholder":true,"num":0}]`,
			packet{kind: packetAck, namespace: "/", id: new(uint64(15)), missing: 1, args: raw{json.RawMessage(`{"_placeholder":true,"num":0}`)}},
		},
	} {
		c.want.size = len(c.text)
		got, err := decodePacket([]byte(c.text), 10)
		if err != nil {
			t.Errorf("decodePacket(%q): %v", c.text, err)
			continue
		}
		if diff := cmp.Diff(&c.want, got, cmp.AllowUnexported(packet{})); diff != "" {
			t.Errorf("decodePacket(%q) differs (-want +got):\n%s", c.text, diff)
		}
	}
}

// malformedPackets are packets with what their error must say.
func malformedPackets() map[string]string {
	return map[string]string{
		"":           "empty",
		"abc":        "type",
		"7":          "type",
		"0[]":        "object",
		`0"token"`:   "object",
		`0{"a":}`:    "object",
		"0{}x":       "object",
		"1{}":        "payload",
		"2":          "array",
		"2{}":        "array",
		`2"foo"`:     "array",
		"2[]":        "name",
		"2[1]":       "name",
		"2[null]":    "name",
		`2[["foo"]]`: "name",
		`2["foo"`:    "EOF",
		`2["foo"]]`:  "goes on",
		`2["foo"] `:  "goes on",
		`2["foo",]`:  "payload",
		`2["foo" 1]`: "payload",
		`2["foo"}`:   "payload",
		`2["f"` + strings.Repeat(",1", 257) + "]": "256 arguments",
		`2["connect"]`:            "reserved",
		`2["disconnecting",1]`:    "reserved",
		`2abc["foo"]`:             "array",
		`2-1["foo"]`:              "array",
		`212345678901234567["f"]`: "16 digits",
		"3[]":                     "id",
		"312":                     "array",
		"312{}":                   "array",
		`4{"message":"no"}`:       "servers",
		`5["foo"]`:                "attachments",
		`5-["foo"]`:               "attachments",
		`5x-["foo"]`:              "attachments",
		`5-1-["foo"]`:             "attachments",
		`511-["foo"]`:             "at most 10",
		`59999999999-["foo"]`:     "attachments",
		`61-["foo"]`:              "id",
		"2" + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000): "depth",
	}
}

func TestDecodeMalformedPacket(t *testing.T) {
	t.Parallel()
	for text, want := range malformedPackets() {
		if p, err := decodePacket([]byte(text), 10); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("decodePacket(%.60q) = %+v, %v; want an error that says %q", text, p, err, want)
		}
	}
}

func TestDecoderPutsAttachmentsTogether(t *testing.T) {
	t.Parallel()
	d := decoder{maxAttachments: 2, maxSize: 100}
	steps := []struct {
		data   string
		binary bool
	}{
		{`52-["x",{"_placeholder":true,"num":1},{"a":[{"_placeholder":true,"num":0}]}]`, false},
		{"one", true},
		{"two", true},
	}
	for i, step := range steps {
		p, err := d.add([]byte(step.data), step.binary)
		if err != nil || (p != nil) != (i == 2) {
			t.Fatalf("add(%q) = %v, %v", step.data, p, err)
		}
		if p != nil {
			want := [][]byte{[]byte("one"), []byte("two")}
			if diff := cmp.Diff(want, p.attachments); diff != "" {
				t.Errorf("attachments differ (-want +got):\n%s", diff)
			}
		}
	}
	if p, err := d.add([]byte(`2["next"]`), false); err != nil || p == nil {
		t.Errorf("the packet after it = %v, %v", p, err)
	}
}

func TestDecoderRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		max   int
		texts []string // those that begin with "b" are binary
		want  string
	}{
		"binary nobody announced":  {10, []string{"bxx"}, "no packet announced"},
		"text between attachments": {10, []string{`51-["x",{"_placeholder":true,"num":0}]`, `2["y"]`}, "1 attachments are missing"},
		"placeholder beyond":       {10, []string{`51-["x",{"_placeholder":true,"num":1}]`, "bxx"}, "placeholder 1"},
		"placeholder negative":     {10, []string{`51-["x",{"_placeholder":true,"num":-1}]`, "bxx"}, "placeholder -1"},
		"placeholder fraction":     {10, []string{`51-["x",[{"_placeholder":true,"num":0.5}]]`, "bxx"}, "placeholder 0.5"},
		"placeholder without num":  {10, []string{`51-["x",{"a":{"_placeholder":true}}]`, "bxx"}, "placeholder"},
		"together too large":       {10, []string{`52-["x"]`, "b" + strings.Repeat("x", 50), "b" + strings.Repeat("x", 50)}, "too large"},
		"text only, announced":     {-1, []string{`51-["x"]`}, "binary data is not accepted"},
		"text only, none of them":  {-1, []string{`50-["x"]`}, "binary data is not accepted"},
		"text only, sent":          {-1, []string{"bxx"}, "binary data is not accepted"},
	} {
		d := decoder{maxAttachments: c.max, maxSize: 100}
		var err error
		for _, text := range c.texts {
			data, binary := strings.CutPrefix(text, "b")
			if _, err = d.add([]byte(data), binary); err != nil {
				break
			}
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error = %v, want one that says %q", name, err, c.want)
		}
	}
}

func TestEncode(t *testing.T) {
	t.Parallel()
	type args = []any
	for _, c := range []struct {
		event     string
		args      args
		namespace string
		id        *uint64
		want      string
	}{
		{"foo", nil, "/", nil, `42["foo"]`},
		{"foo", args{1, "é<b>&", nil, json.RawMessage(`{"a": [1]}`), json.RawMessage(nil)}, "/", nil, `42["foo",1,"é<b>&",null,{"a":[1]},null]`},
		{"bar", nil, "/admin", nil, `42/admin,["bar"]`},
		{"foo", nil, "/", new(uint64(12)), `4212["foo"]`},
		{"foo", nil, "/admin", new(uint64(0)), `42/admin,0["foo"]`},
		{"baz", args{[]byte{1}, 2, []byte{3, 4}}, "/", nil, `452-["baz",{"_placeholder":true,"num":0},2,{"_placeholder":true,"num":1}]` + "|\x01|\x03\x04"},
		{"baz", args{[]byte{1}}, "/admin", new(uint64(7)), `451-/admin,7["baz",{"_placeholder":true,"num":0}]` + "|\x01"},
		{"a\x1eb", args{"\x1e"}, "/", nil, `42["a\u001eb","\u001e"]`},
	} {
		m := mustEncode(t, c.event, c.args...)
		before := string(m.data)
		sent := m.addressed(c.namespace, c.id)
		got := string(sent.data)
		for _, a := range sent.attachments {
			got += "|" + string(a)
		}
		if got != c.want {
			t.Errorf("Encode(%q, %v) to %s = %q, want %q", c.event, c.args, c.namespace, got, c.want)
		}
		if string(m.data) != before {
			t.Errorf("Encode(%q): addressing changed the message to %q", c.event, m.data)
		}
		if want := len(got) - strings.Count(got, "|"); sent.Size() != want {
			t.Errorf("Size of %q = %d, want %d", got, sent.Size(), want)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	for name, encode := range map[string]func() (Message, error){
		"reserved":     func() (Message, error) { return Encode("connect_error") },
		"not JSON":     func() (Message, error) { return Encode("x", math.NaN()) },
		"broken JSON":  func() (Message, error) { return Encode("x", json.RawMessage("{")) },
		"two values":   func() (Message, error) { return Encode("x", json.RawMessage("1,2")) },
		"no such type": func() (Message, error) { return Encode("x", func() {}) },
	} {
		if m, err := encode(); err == nil || m.Size() != 0 {
			t.Errorf("%s: %q, %v; want an error", name, m.data, err)
		}
	}
}

func TestPayload(t *testing.T) {
	t.Parallel()
	body := encodePayload([]Message{
		{data: []byte("4hello")},
		{data: []byte("2")},
		{data: []byte("451-[]"), attachments: [][]byte{{1, 2, 3, 4}}},
		{data: []byte("4world")},
	})
	if want := "4hello\x1e2\x1e451-[]\x1ebAQIDBA==\x1e4world"; string(body) != want {
		t.Fatalf("encodePayload = %q, want %q", body, want)
	}
	want := []enginePacket{
		{kind: '4', data: []byte("hello")},
		{kind: '2', data: []byte{}},
		{kind: '4', data: []byte("51-[]")},
		{kind: '4', data: []byte{1, 2, 3, 4}, binary: true},
		{kind: '4', data: []byte("world")},
	}
	var got []enginePacket
	for p, err := range packetsOf(body) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(enginePacket{})); diff != "" {
		t.Errorf("packetsOf differs (-want +got):\n%s", diff)
	}
}

func TestMalformedPayload(t *testing.T) {
	t.Parallel()
	for payload, good := range map[string]int{
		"":                  0,
		"abc":               0,
		"7":                 0,
		"b!":                0,
		"bAQIDBA":           0,
		"4\xff":             0,
		"4hello\x1e":        1,
		"4hello\x1e\x1e4":   1,
		"6\x1e4a\x1e9\x1e4": 2,
	} {
		n, failed := 0, false
		for _, err := range packetsOf([]byte(payload)) {
			if failed {
				t.Errorf("%q: goes on after an error", payload)
			}
			if failed = err != nil; !failed {
				n++
			}
		}
		if !failed || n != good {
			t.Errorf("%q: %d packets before an error (%v), want %d", payload, n, failed, good)
		}
	}
}

func FuzzDecodePacket(f *testing.F) {
	for text := range malformedPackets() {
		f.Add([]byte(text))
	}
	f.Add([]byte(`52-/admin,["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`))
	f.Add([]byte(`212["foo",1]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := decodePacket(text, 10)
		if err != nil {
			return
		}
		if p.namespace == "" || p.namespace[0] != '/' || p.missing > 10 {
			t.Fatalf("decodePacket(%q) = %+v", text, p)
		}
		if p.kind != packetEvent || p.missing > 0 {
			return
		}
		args := make([]any, len(p.args))
		for i, a := range p.args {
			args[i] = a
		}
		again, err := decodePacket(mustEncode(t, p.event, args...).addressed(p.namespace, p.id).data[1:], 10)
		if err != nil || again.event != p.event || len(again.args) != len(p.args) {
			t.Fatalf("decodePacket(%q), encoded and decoded again: %+v, %v", text, again, err)
		}
	})
}

func FuzzDecodeEngine(f *testing.F) {
	for _, s := range []string{"", "4hello", "2probe", "bAQIDBA==", "4\xff", "9"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := decodeEngine(text)
		if err != nil {
			return
		}
		m := Message{data: append([]byte{p.kind}, p.data...)}
		if p.binary {
			m = Message{attachments: [][]byte{p.data}}
		}
		again, err := decodeEngine(encodePayload([]Message{m}))
		if err != nil || again.kind != p.kind || !bytes.Equal(again.data, p.data) || again.binary != p.binary {
			t.Fatalf("decodeEngine(%q), encoded and decoded again: %+v, %v", text, again, err)
		}
	})
}

func FuzzDecodePayload(f *testing.F) {
	f.Add([]byte("4hello\x1e2\x1ebAQIDBA==\x1e4world"))
	f.Add([]byte("\x1e\x1e"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		n := 0
		d := decoder{maxAttachments: 10, maxSize: 1000}
		for p, err := range packetsOf(payload) {
			if n++; err != nil {
				break
			}
			if p.kind == engineMessage {
				d.add(p.data, p.binary) // must not panic
			}
		}
		if want := bytes.Count(payload, []byte{separator}) + 1; n > want {
			t.Fatalf("%q: %d packets, at most %d can be in it", payload, n, want)
		}
	})
}

func TestNewRefusesNamespacesNobodyCanJoin(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "admin", "/a,b"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("New took the namespace %q", name)
				}
			}()
			New(Options{Namespaces: []string{name}})
		}()
	}
}
