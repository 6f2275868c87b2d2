package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The packet types of Socket.IO, as they stand on the wire.
const (
	packetConnect      = '0'
	packetDisconnect   = '1'
	packetEvent        = '2'
	packetAck          = '3'
	packetConnectError = '4'
	packetBinaryEvent  = '5'
	packetBinaryAck    = '6'
)

// rootNamespace is the one whose name is not written.
const rootNamespace = "/"

// maxArgs bounds the arguments of a packet, because each takes many times the memory of
// the two bytes it can have on the wire.
const maxArgs = 256

// packet is one inbound packet of Socket.IO. The types of binary packets have become
// those of their plain twins; the attachments tell.
type packet struct {
	kind        byte
	namespace   string
	id          *uint64           // of an acknowledgement, asked for or given
	event       string            // of an EVENT
	args        []json.RawMessage // of an EVENT or ACK
	auth        json.RawMessage   // of a CONNECT; nil if it had none
	attachments [][]byte
	size        int // bytes on the wire

	missing int // attachments that have yet to come
}

// decodePacket decodes the text of a packet. A packet with attachments is complete when
// as many binary messages have followed as it says it is missing.
func decodePacket(text []byte, maxAttachments int) (*packet, error) {
	if len(text) == 0 {
		return nil, errors.New("empty packet")
	}
	p := &packet{kind: text[0], namespace: rootNamespace, size: len(text)}
	rest := text[1:]
	if p.kind == packetBinaryEvent || p.kind == packetBinaryAck {
		var err error
		if p.missing, rest, err = cutAttachments(rest, maxAttachments); err != nil {
			return nil, err
		}
		p.kind -= packetBinaryEvent - packetEvent
	}
	if len(rest) > 0 && rest[0] == '/' {
		name, after, _ := bytes.Cut(rest, []byte{','})
		p.namespace, rest = string(name), after
	}
	id, rest, err := cutID(rest)
	if err != nil {
		return nil, err
	}
	p.id = id
	return p, p.decodePayload(rest)
}

// cutAttachments reads the number of attachments: digits and a hyphen.
func cutAttachments(text []byte, most int) (int, []byte, error) {
	digits, rest, found := bytes.Cut(text, []byte{'-'})
	if !found || len(digits) == 0 || len(digits) > 9 {
		return 0, nil, errors.New("number of attachments is malformed")
	}
	n, err := strconv.ParseUint(string(digits), 10, 32)
	switch {
	case err != nil:
		return 0, nil, errors.New("number of attachments is malformed")
	case most < 0:
		return 0, nil, errBinary
	case int(n) > most:
		return 0, nil, fmt.Errorf("%d attachments: at most %d are allowed", n, most)
	}
	return int(n), rest, nil
}

// cutID reads the digits of an acknowledgement's id, if there are any. A client counts
// its ids in numbers that are exact up to 16 digits.
func cutID(text []byte) (*uint64, []byte, error) {
	digits := text[:len(text)-len(bytes.TrimLeft(text, "0123456789"))]
	if len(digits) == 0 {
		return nil, text, nil
	}
	if len(digits) > 16 {
		return nil, nil, errors.New("acknowledgement id has more than 16 digits")
	}
	id, err := strconv.ParseUint(string(digits), 10, 64)
	return &id, text[len(digits):], err
}

// decodePayload reads the JSON of a packet, as its type demands it.
func (p *packet) decodePayload(text []byte) error {
	switch p.kind {
	case packetConnect:
		return p.decodeAuth(text)
	case packetDisconnect:
		if len(text) > 0 {
			return errors.New("DISCONNECT has a payload")
		}
		return nil
	case packetEvent:
		return p.decodeEvent(text)
	case packetAck:
		if p.id == nil {
			return errors.New("ACK has no id")
		}
		return p.decodeArgs(text)
	case packetConnectError:
		return errors.New("CONNECT_ERROR comes from servers only")
	}
	return fmt.Errorf("unknown packet type %q", p.kind)
}

func (p *packet) decodeAuth(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	if text[0] != '{' || !json.Valid(text) {
		return errors.New("payload of CONNECT is not a JSON object")
	}
	p.auth = bytes.Clone(text)
	return nil
}

func (p *packet) decodeEvent(text []byte) error {
	if err := p.decodeArgs(text); err != nil {
		return err
	}
	if len(p.args) == 0 || len(p.args[0]) == 0 || p.args[0][0] != '"' {
		return errors.New("payload does not begin with the name of an event")
	}
	if err := json.Unmarshal(p.args[0], &p.event); err != nil {
		return err
	}
	p.args = p.args[1:]
	if reserved(p.event) {
		return fmt.Errorf("event name %q is reserved", p.event)
	}
	return nil
}

func (p *packet) decodeArgs(text []byte) error {
	if len(text) == 0 || text[0] != '[' {
		return errors.New("payload is not a JSON array")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	_, err := d.Token() // the bracket
	for p.args = []json.RawMessage{}; err == nil && d.More(); {
		if len(p.args) > maxArgs {
			return fmt.Errorf("payload has more than %d arguments", maxArgs)
		}
		var arg json.RawMessage
		err = d.Decode(&arg)
		p.args = append(p.args, arg)
	}
	if err == nil {
		_, err = d.Token() // the other one
	}
	if err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	if d.InputOffset() < int64(len(text)) {
		return errors.New("payload goes on after the array")
	}
	return nil
}

// reserved says whether a name belongs to the clients' and servers' own events.
func reserved(event string) bool {
	switch event {
	case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
		return true
	}
	return false
}

// checkPlaceholders says whether every placeholder of a complete packet stands for one
// of its attachments.
func (p *packet) checkPlaceholders() error {
	for _, arg := range p.args {
		var v any
		d := json.NewDecoder(bytes.NewReader(arg))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			return err
		}
		if err := p.checkPlaceholder(v); err != nil {
			return err
		}
	}
	return nil
}

func (p *packet) checkPlaceholder(v any) error {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if err := p.checkPlaceholder(e); err != nil {
				return err
			}
		}
	case map[string]any:
		if v["_placeholder"] == true {
			num, _ := v["num"].(json.Number)
			if n, err := strconv.ParseUint(string(num), 10, 32); err != nil || int(n) >= len(p.attachments) {
				return fmt.Errorf("placeholder %s: there are %d attachments", num, len(p.attachments))
			}
			return nil
		}
		for _, e := range v {
			if err := p.checkPlaceholder(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// encodePacket encodes a packet that is not made of a Message: head is its types, of
// Engine.IO and Socket.IO.
func encodePacket(head, namespace string, payload []byte) Message {
	var b strings.Builder
	b.WriteString(head)
	if namespace != rootNamespace {
		b.WriteString(namespace)
		b.WriteByte(',')
	}
	b.Write(payload)
	return Message{data: []byte(b.String())}
}

// decoder puts packets and their attachments together. It is used by one goroutine at
// a time.
type decoder struct {
	maxAttachments int
	maxSize        int
	waiting        *packet // for attachments
}

// add takes a message of the engine, and returns the packet that is complete with it, if
// one is.
func (d *decoder) add(data []byte, binary bool) (*packet, error) {
	switch {
	case binary && d.maxAttachments < 0:
		return nil, errBinary
	case binary && d.waiting == nil:
		return nil, errors.New("binary data that no packet announced")
	case binary:
		return d.attach(data)
	case d.waiting != nil:
		return nil, fmt.Errorf("text where %d attachments are missing", d.waiting.missing)
	}
	p, err := decodePacket(data, d.maxAttachments)
	if err != nil {
		return nil, err
	}
	if p.missing > 0 {
		d.waiting = p
		return nil, nil
	}
	return p, nil
}

func (d *decoder) attach(data []byte) (*packet, error) {
	p := d.waiting
	if p.size += len(data); p.size > d.maxSize {
		return nil, errTooLarge
	}
	p.attachments = append(p.attachments, data)
	if p.missing--; p.missing > 0 {
		return nil, nil
	}
	d.waiting = nil
	return p, p.checkPlaceholders()
}
