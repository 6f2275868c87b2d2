package realtime

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/filavip/filavip/internal/realtime/socketio"
	"github.com/filavip/filavip/internal/wire"
)

// getStatus asks for the status as it is now.
const getStatus = "get-status"

// exception tells a client that asked for no acknowledgement why its event was refused.
const exception = "exception"

// command is what a client may have done.
type command struct {
	path string // of the POST that does it
	done string // the event that tells the client so
}

func commands() map[string]command {
	return map[string]command{
		"start-generation": {"/pedidos/generate", "generation-started"},
		"cancel-operation": {"/pedidos/cancel", "operation-cancelled"},
		"reset-system":     {"/pedidos/reset", "system-reset"},
	}
}

// handle does what a client's event asks for. Every answer is true: a command is
// acknowledged once it was carried out, and refused with the problem that the same
// command gets over HTTP.
func (l *Live) handle(ctx context.Context, s *socketio.Socket, e socketio.Event) error {
	if e.Name == getStatus {
		return l.tellStatus(ctx, s, e)
	}
	c, ok := commands()[e.Name]
	if !ok {
		return l.refuse(ctx, s, e, problemOf("Unknown event",
			fmt.Sprintf("there is no event %.64q; there are get-status, start-generation, cancel-operation and reset-system", e.Name)))
	}
	fields, ok := fieldsOf(e.Args)
	if !ok {
		return l.refuse(ctx, s, e, problemOf("Invalid body", "the event's data is not one object with the parameters of the command, or nothing"))
	}
	status, answer := l.opts.Call(ctx, requestOf(s), c.path, fields)
	if status >= http.StatusBadRequest {
		return l.refuse(ctx, s, e, answer)
	}
	if err := l.acknowledge(ctx, e, answer); err != nil {
		return err
	}
	return s.Emit(ctx, c.done, l.done(answer))
}

// tellStatus sends the status as an event, for clients of the challenge, and as the
// acknowledgement.
func (l *Live) tellStatus(ctx context.Context, s *socketio.Socket, e socketio.Event) error {
	status, err := l.opts.Status(ctx)
	if err != nil {
		return l.refuse(ctx, s, e, problemOf("Store unavailable", "the status cannot be read now"))
	}
	status = bytes.TrimSpace(status)
	if err := s.Emit(ctx, wire.EventStatus, json.RawMessage(status)); err != nil {
		return err
	}
	if e.Ack != nil {
		return e.Ack(ctx, json.RawMessage(status))
	}
	return s.Emit(ctx, "status-request-acknowledged", wire.CommandDone{
		Timestamp: wire.Millis(l.opts.Now()), Message: "the status was sent",
	})
}

// fieldsOf returns the object of an event without further arguments; an empty one if
// there is none.
func fieldsOf(args []json.RawMessage) (fields []byte, ok bool) {
	args = slices.DeleteFunc(slices.Clone(args), func(arg json.RawMessage) bool { return string(arg) == "null" })
	switch {
	case len(args) == 0:
		return []byte("{}"), true
	case len(args) == 1 && strings.HasPrefix(string(bytes.TrimSpace(args[0])), "{"):
		return args[0], true
	}
	return nil, false
}

// acknowledge answers that a command was carried out, with all that its answer says.
func (l *Live) acknowledge(ctx context.Context, e socketio.Event, answer []byte) error {
	if e.Ack == nil {
		return nil
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(answer, &fields); err != nil {
		return fmt.Errorf("answer to %s: %w", e.Name, err)
	}
	fields["acknowledged"] = json.RawMessage("true")
	return e.Ack(ctx, fields)
}

// refuse answers why a client's event was not heeded.
func (l *Live) refuse(ctx context.Context, s *socketio.Socket, e socketio.Event, problem []byte) error {
	refusal := wire.Acknowledged{Error: bytes.TrimSpace(problem)}
	if e.Ack != nil {
		return e.Ack(ctx, refusal)
	}
	return s.Emit(ctx, exception, refusal)
}

// problemOf returns the problem of an event that corresponds to no request.
func problemOf(title, detail string) []byte {
	p, err := json.Marshal(wire.NewProblem("about:blank", http.StatusBadRequest, title, detail))
	if err != nil {
		return []byte("null") // cannot happen: a problem is texts and numbers
	}
	return p
}

// done returns what to tell of a command by its answer.
func (l *Live) done(answer []byte) wire.CommandDone {
	var said struct {
		Message string `json:"message"`
		Target  int64  `json:"quantity"`
	}
	_ = json.Unmarshal(answer, &said) // an answer without a message has been carried out all the same
	return wire.CommandDone{Quantity: said.Target, Message: said.Message, Timestamp: wire.Millis(l.opts.Now())}
}
