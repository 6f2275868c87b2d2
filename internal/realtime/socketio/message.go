package socketio

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// Message is one event, encoded once, that can be sent to any number of sockets. It is
// immutable. The zero Message is nothing and sends nothing.
type Message struct {
	data        []byte // the packet as it goes to the root namespace; nil: none
	head        int    // bytes of data before the place of namespace and id
	attachments [][]byte
}

// Encode encodes an event with arguments. They become JSON; a []byte becomes a binary
// attachment, which is not copied. The names that the protocol reserves are refused.
func Encode(event string, args ...any) (Message, error) {
	if reserved(event) {
		return Message{}, fmt.Errorf("encode event %q: the name is reserved", event)
	}
	m, err := encodeArgs(packetEvent, append([]any{event}, args...))
	if err != nil {
		return Message{}, fmt.Errorf("encode event %q: %w", event, err)
	}
	return m, nil
}

// Size returns the bytes that m takes on a WebSocket, without framing, in the root
// namespace.
func (m Message) Size() int {
	size := len(m.data)
	for _, a := range m.attachments {
		size += len(a)
	}
	return size
}

// encodeArgs encodes an EVENT or ACK for the root namespace, without an id.
func encodeArgs(kind byte, args []any) (Message, error) {
	var m Message
	var body bytes.Buffer
	body.WriteByte('[')
	for i, arg := range args {
		if i > 0 {
			body.WriteByte(',')
		}
		if raw, ok := arg.([]byte); ok {
			fmt.Fprintf(&body, `{"_placeholder":true,"num":%d}`, len(m.attachments))
			m.attachments = append(m.attachments, raw)
			continue
		}
		enc := json.NewEncoder(&body)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(arg); err != nil {
			return Message{}, err
		}
		body.Truncate(body.Len() - 1) // the encoder ends values with a newline
	}
	body.WriteByte(']')

	data := make([]byte, 0, body.Len()+5)
	data = append(data, engineMessage)
	if n := len(m.attachments); n > 0 {
		data = append(data, kind+packetBinaryEvent-packetEvent)
		data = append(strconv.AppendInt(data, int64(n), 10), '-')
	} else {
		data = append(data, kind)
	}
	m.head = len(data)
	data = append(data, body.Bytes()...)
	m.data = data
	return m, nil
}

// addressed returns m for a namespace and with an id, if there is one. In the root
// namespace and without an id that is m itself.
func (m Message) addressed(namespace string, id *uint64) Message {
	if (namespace == rootNamespace && id == nil) || m.data == nil {
		return m
	}
	data := make([]byte, 0, len(m.data)+len(namespace)+21)
	data = append(data, m.data[:m.head]...)
	if namespace != rootNamespace {
		data = append(append(data, namespace...), ',')
	}
	if id != nil {
		data = strconv.AppendUint(data, *id, 10)
	}
	data = append(data, m.data[m.head:]...)
	m.data = data
	return m
}
