package socketio

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"unicode/utf8"
)

// The packet types of Engine.IO, as they stand on the wire.
const (
	engineOpen    = '0'
	engineClose   = '1'
	enginePing    = '2'
	enginePong    = '3'
	engineMessage = '4'
	engineUpgrade = '5'
	engineNoop    = '6'

	// binaryPrefix marks a packet of binary data where only text can be carried.
	binaryPrefix = 'b'
	// separator stands between the packets of a polling payload.
	separator = 0x1e
)

// enginePacket is one packet of Engine.IO. Binary data is always a message.
type enginePacket struct {
	kind   byte
	data   []byte
	binary bool
}

// decodeEngine decodes a packet that came as text. The data shares the memory of text,
// unless it was binary.
func decodeEngine(text []byte) (enginePacket, error) {
	if len(text) == 0 {
		return enginePacket{}, errors.New("empty packet")
	}
	kind, data := text[0], text[1:]
	switch {
	case kind == binaryPrefix:
		raw := make([]byte, base64.StdEncoding.DecodedLen(len(data)))
		n, err := base64.StdEncoding.Decode(raw, data)
		if err != nil {
			return enginePacket{}, fmt.Errorf("binary packet: %w", err)
		}
		return enginePacket{kind: engineMessage, data: raw[:n], binary: true}, nil
	case kind < engineOpen || kind > engineNoop:
		return enginePacket{}, fmt.Errorf("unknown packet type %q", kind)
	case !utf8.Valid(data):
		return enginePacket{}, errors.New("text is not UTF-8")
	}
	return enginePacket{kind: kind, data: data}, nil
}

// packetsOf returns the packets of a polling payload one by one, up to the first that
// is malformed.
func packetsOf(payload []byte) iter.Seq2[enginePacket, error] {
	return func(yield func(enginePacket, error) bool) {
		for text := range bytes.SplitSeq(payload, []byte{separator}) {
			p, err := decodeEngine(text)
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// encodePayload joins messages into the body of a polling response.
func encodePayload(messages []Message) []byte {
	size := 0
	for _, m := range messages {
		size += 1 + len(m.data)
		for _, a := range m.attachments {
			size += 2 + base64.StdEncoding.EncodedLen(len(a))
		}
	}
	body := make([]byte, 0, size)
	for _, m := range messages {
		if m.data != nil {
			body = append(append(body, m.data...), separator)
		}
		for _, a := range m.attachments {
			body = append(body, binaryPrefix)
			body = base64.StdEncoding.AppendEncode(body, a)
			body = append(body, separator)
		}
	}
	return bytes.TrimSuffix(body, []byte{separator})
}
