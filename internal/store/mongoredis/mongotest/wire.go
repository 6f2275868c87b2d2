package mongotest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The protocol's numbers.
const (
	opReply      = 1
	opQuery      = 2004
	opMsg        = 2013
	headerLength = 16
	maxMessage   = 48_000_000 + headerLength

	flagChecksum   = 1
	flagMoreToCome = 2
	knownRequired  = flagChecksum | flagMoreToCome // the lower 16 flags must be understood
)

// errProtocol is what ends a connection whose client does not speak the protocol.
var errProtocol = errors.New("not the wire protocol")

// message is a request, in the buffer it was read into.
type message struct {
	id        uint32
	legacy    bool   // OP_QUERY
	db        string // of OP_QUERY
	silent    bool   // the client waits for no answer
	body      []byte
	sequences map[string][][]byte
}

// read reads a message into a buffer, which it may replace by a longer one.
func read(r *bufio.Reader, buffer *[]byte) (message, error) {
	var header [headerLength]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return message{}, err
	}
	length := int(binary.LittleEndian.Uint32(header[:]))
	if length < headerLength || length > maxMessage {
		return message{}, fmt.Errorf("%w: a message of %d bytes", errProtocol, length)
	}
	if cap(*buffer) < length {
		*buffer = make([]byte, length)
	}
	b := (*buffer)[:length-headerLength]
	if _, err := io.ReadFull(r, b); err != nil {
		return message{}, err
	}
	m := message{id: binary.LittleEndian.Uint32(header[4:])}
	switch op := binary.LittleEndian.Uint32(header[12:]); op {
	case opMsg:
		return m, m.parse(b)
	case opQuery:
		return m, m.parseQuery(b)
	default:
		return message{}, fmt.Errorf("%w: opcode %d", errProtocol, op)
	}
}

// parse takes an OP_MSG apart.
func (m *message) parse(b []byte) error {
	if len(b) < 4 {
		return errProtocol
	}
	flags := binary.LittleEndian.Uint32(b)
	if flags&0xFFFF&^knownRequired != 0 {
		return fmt.Errorf("%w: flags %x", errProtocol, flags)
	}
	m.silent = flags&flagMoreToCome != 0
	b = b[4:]
	if flags&flagChecksum != 0 {
		if len(b) < 4 {
			return errProtocol
		}
		b = b[:len(b)-4]
	}
	for len(b) > 0 {
		kind := b[0]
		n := prefixed(b[1:], 0)
		if n < 5 || n > len(b)-1 {
			return errProtocol
		}
		section := b[1 : n+1]
		b = b[n+1:]
		switch {
		case kind == 0 && m.body == nil && valid(section, 0):
			m.body = section
		case kind == 1:
			if err := m.sequence(section[4:]); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%w: a section of the kind %d", errProtocol, kind)
		}
	}
	if m.body == nil {
		return fmt.Errorf("%w: no body", errProtocol)
	}
	return nil
}

// sequence takes a section with a list of documents apart.
func (m *message) sequence(b []byte) error {
	end := cstring(b)
	if end < 0 {
		return errProtocol
	}
	name := string(b[:end])
	b = b[end+1:]
	var docs [][]byte
	for len(b) > 0 {
		n := prefixed(b, 0)
		if n < 5 || n > len(b) || !valid(b[:n], 0) {
			return fmt.Errorf("%w: a broken document", errProtocol)
		}
		docs = append(docs, b[:n:n])
		b = b[n:]
	}
	if m.sequences == nil {
		m.sequences = map[string][][]byte{}
	}
	m.sequences[name] = docs
	return nil
}

// parseQuery takes an OP_QUERY apart, which only carries commands.
func (m *message) parseQuery(b []byte) error {
	if len(b) < 4 {
		return errProtocol
	}
	b = b[4:]
	end := cstring(b)
	if end < 0 || len(b) < end+9 {
		return errProtocol
	}
	const collection = ".$cmd"
	name := string(b[:end])
	if len(name) <= len(collection) || name[len(name)-len(collection):] != collection {
		return fmt.Errorf("%w: OP_QUERY on %s", errProtocol, name)
	}
	m.legacy, m.db = true, name[:len(name)-len(collection)]
	b = b[end+9:]
	n := prefixed(b, 0)
	if n < 5 || n > len(b) || !valid(b[:n], 0) {
		return errProtocol
	}
	m.body = b[:n]
	return nil
}

func cstring(b []byte) int {
	for i, c := range b {
		if c == 0 {
			return i
		}
	}
	return -1
}

// appendAnswer appends the message that answers m with a document, which encode appends.
func (m *message) appendAnswer(dst []byte, id uint32, encode func([]byte) []byte) []byte {
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint32(dst, id)
	dst = binary.LittleEndian.AppendUint32(dst, m.id)
	if m.legacy {
		dst = binary.LittleEndian.AppendUint32(dst, opReply)
		dst = append(dst, 8, 0, 0, 0)          // await capable
		dst = append(dst, make([]byte, 12)...) // cursor and first
		dst = append(dst, 1, 0, 0, 0)          // one document
	} else {
		dst = binary.LittleEndian.AppendUint32(dst, opMsg)
		dst = append(dst, 0, 0, 0, 0, 0)
	}
	dst = encode(dst)
	binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at))
	return dst
}
