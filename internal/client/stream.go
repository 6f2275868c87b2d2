package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxEvent is how long one event of a stream may be.
const maxEvent = 1 << 20

// quietFor is how long a stream may be silent before it counts as lost: the server
// sends something every 15 seconds.
const quietFor = 45 * time.Second

// Event is one event of the live view.
type Event struct {
	ID   string // of the latest event that had one
	Name string
	Data json.RawMessage
}

// StreamOptions say what to stream. The zero value is everything.
type StreamOptions struct {
	Events []string // names, such as status
	Level  string   // of log lines at least: debug, info, warn or error
	// Lost is called when the connection is lost, before it is made again. What it
	// returns ends the stream, nil goes on. May be nil: go on.
	Lost func(error) error
}

// Stream calls each for every event of the live view, in order, until ctx ends or each
// returns an error, which Stream returns. A connection that is lost is made again, and
// goes on behind the last event; the first one must succeed.
func (c *Client) Stream(ctx context.Context, o StreamOptions, each func(Event) error) error {
	s := &streaming{client: c, opts: o, each: each, wait: time.Second}
	for {
		err := s.once(ctx)
		switch {
		case s.stopped != nil:
			return s.stopped
		case ctx.Err() != nil:
			return ctx.Err()
		case !s.begun || isRefusal(err):
			return fmt.Errorf("stream: %w", err)
		}
		if o.Lost != nil {
			if err := o.Lost(err); err != nil {
				return err
			}
		}
		select {
		case <-time.After(s.wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func isRefusal(err error) bool {
	refused, ok := errors.AsType[*Error](err)
	return ok && !refused.foreign && refused.Status < http.StatusInternalServerError
}

// streaming is a stream over as many connections as it takes.
type streaming struct {
	client  *Client
	opts    StreamOptions
	each    func(Event) error
	begun   bool          // a connection was made
	last    string        // ID to go on behind
	wait    time.Duration // before the next connection
	stopped error         // what each returned
}

// once streams over one connection. It returns an error in any case.
func (s *streaming) once(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	req, err := s.request(ctx)
	if err != nil {
		return err
	}
	resp, err := s.client.http.Do(req)
	if err != nil {
		return s.client.unreachable(ctx, err)
	}
	defer resp.Body.Close()
	if err := s.check(resp); err != nil {
		return err
	}
	s.begun = true
	silence := time.AfterFunc(quietFor, cancel)
	defer silence.Stop()
	p := eventParser{id: s.last, seen: s.last}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(make([]byte, 0, 8<<10), maxEvent)
	lines.Split(splitLines)
	for lines.Scan() {
		silence.Reset(quietFor)
		e, ok := p.line(lines.Text())
		if p.retry > 0 {
			s.wait = p.retry
		}
		if ok {
			if err := s.each(e); err != nil {
				s.stopped = err
				return err
			}
		}
		s.last = p.seen
	}
	if err := lines.Err(); err != nil {
		return s.client.unreachable(ctx, err)
	}
	return s.client.unreachable(ctx, io.ErrUnexpectedEOF)
}

func (s *streaming) request(ctx context.Context) (*http.Request, error) {
	p := params{}
	p.text("events", strings.Join(s.opts.Events, ","))
	p.text("level", s.opts.Level)
	req, err := s.client.request(ctx, call{name: "stream", method: http.MethodGet, path: "/pedidos/stream", query: p})
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "text/event-stream")
	if s.last != "" {
		req.Header.Set("Last-Event-ID", s.last)
	}
	return req, nil
}

// check says why an answer is no stream.
func (s *streaming) check(resp *http.Response) error {
	a := &answer{status: resp.StatusCode, header: resp.Header}
	if resp.StatusCode != http.StatusOK {
		a.body, _ = io.ReadAll(io.LimitReader(resp.Body, maxEvent)) // what there is of it
		return newError(a)
	}
	if kind := a.mediaType(); kind != "text/event-stream" {
		return fmt.Errorf("%w: the answer is of type %q, not a stream of events", ErrUnreachable, kind)
	}
	return nil
}

// eventParser makes events of lines, as the HTML standard has it in section 9.2.6,
// "Interpreting an event stream".
type eventParser struct {
	id    string // of the latest event that had one
	seen  string // id as of the last empty line: of what has come whole
	retry time.Duration

	name string
	data []string
}

// line takes the next line. An empty one ends an event; one without data is none.
func (p *eventParser) line(text string) (Event, bool) {
	if text == "" {
		e := Event{ID: p.id, Name: p.name, Data: json.RawMessage(strings.Join(p.data, "\n"))}
		none := len(p.data) == 0
		p.name, p.data, p.seen = "", nil, p.id
		if e.Name == "" {
			e.Name = "message"
		}
		return e, !none
	}
	field, value, _ := strings.Cut(text, ":")
	value = strings.TrimPrefix(value, " ")
	switch field {
	case "event":
		p.name = value
	case "data":
		p.data = append(p.data, value)
	case "id":
		if !strings.Contains(value, "\x00") {
			p.id = value
		}
	case "retry":
		if ms, err := strconv.ParseUint(value, 10, 31); err == nil {
			p.retry = time.Duration(ms) * time.Millisecond
		}
	}
	return Event{}, false
}

// splitLines splits at \n, \r\n and \r, each of which ends a line of a stream. A lone \r
// at the end of what was read counts once the next byte is known.
func splitLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	for i, b := range data {
		switch {
		case b == '\n':
			return i + 1, data[:i], nil
		case b != '\r':
		case i+1 < len(data) && data[i+1] == '\n':
			return i + 2, data[:i], nil
		case i+1 < len(data) || atEOF:
			return i + 1, data[:i], nil
		default:
			return 0, nil, nil
		}
	}
	return 0, nil, nil // a line that the end cuts off is none
}
