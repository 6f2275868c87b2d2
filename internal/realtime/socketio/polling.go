package socketio

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// raceTime is how long a poll waits for an upgrade that is about to complete: the
// client's word that it is may be on its way on the other connection.
const raceTime = 20 * time.Millisecond

// openPolling opens a session over long polling.
func (e *engine) openPolling(w http.ResponseWriter, r *http.Request) *refusal {
	s, no := e.open(r, polling)
	if no != nil {
		return no
	}
	if err := e.answer(w, s.handshake()); err != nil {
		s.close(endTransport())
	}
	return nil
}

// poll answers a GET: with what waits for the client, once something does.
func (e *engine) poll(w http.ResponseWriter, r *http.Request, s *session) *refusal {
	if !e.begin() {
		return refuseSession()
	}
	defer e.work.Done()
	// The server's deadlines are for requests that are answered at once. That for reading
	// would end the request's context, where net/http does not lift it itself; that for
	// writing starts anew with the answer.
	readBy(http.NewResponseController(w), time.Time{})

	if no := s.beginPoll(r); no != nil {
		return no
	}
	body := s.awaitPoll(r)
	if body == nil {
		return nil
	}
	if err := e.answer(w, body); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			s.close(endStalled())
		}
		s.close(endTransport())
	}
	return nil
}

// beginPoll claims the session's poll, unless it must not have one.
func (s *session) beginPoll(r *http.Request) *refusal {
	s.mu.Lock()
	u := s.upgrade
	switch {
	case s.transport != polling:
		s.mu.Unlock()
		return refuseRequest()
	case s.inPoll:
		s.mu.Unlock()
		s.close(endMalformed(errors.New("two polls at once")))
		return refuseRequest()
	}
	s.inPoll = true
	s.mu.Unlock()
	if u == nil {
		return nil
	}
	timer := time.NewTimer(raceTime)
	defer timer.Stop()
	select {
	case <-u.over:
	case <-timer.C:
	case <-s.ctx.Done():
	case <-r.Context().Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.transport == polling {
		return nil
	}
	s.inPoll = false
	return refuseRequest()
}

// awaitPoll waits until there is something to answer a poll with. Nothing at all means
// that the client has gone.
func (s *session) awaitPoll(r *http.Request) []byte {
	for {
		if body := s.endPoll(); body != nil {
			return body
		}
		select {
		case <-s.out.ready:
		case <-s.ctx.Done():
		case <-r.Context().Done():
			s.mu.Lock()
			s.inPoll = false
			s.mu.Unlock()
			s.close(endTransport())
			return nil
		}
	}
}

// endPoll returns the body of the poll's answer, if it can be answered now.
func (s *session) endPoll() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	var body []byte
	switch {
	case s.ended:
		last := Message{data: []byte{s.end.poll}}
		body = encodePayload(append(s.out.takeAll(), last))
	case s.transport != polling:
		body = []byte{engineNoop}
		s.out.wake() // the writer's turn; this poll may have taken its signal
	default:
		if all := s.out.takeAll(); len(all) > 0 {
			body = encodePayload(all)
		} else if s.upgrade != nil && s.upgrade.probed {
			body = []byte{engineNoop}
		}
	}
	// The next poll may be here before this one's handler has returned.
	s.inPoll = body == nil
	return body
}

// post takes the packets of a POST.
func (e *engine) post(w http.ResponseWriter, r *http.Request, s *session) *refusal {
	if no := s.beginPost(); no != nil {
		return no
	}
	payload, no := s.readPost(w, r)
	if no == nil {
		for p, err := range packetsOf(payload) {
			if err != nil {
				_ = s.malformed(err)
				no = refuseRequest()
				break
			}
			if s.receive(p) != nil {
				no = refuseRequest()
				break
			}
		}
	}
	s.mu.Lock()
	s.inPost = false
	s.mu.Unlock()
	if no == nil {
		_ = e.answer(w, []byte("ok")) // a client that did not get it will be missed by the heartbeat
	}
	return no
}

// beginPost claims the right to send, unless the session must not be sent to so.
func (s *session) beginPost() *refusal {
	s.mu.Lock()
	switch {
	case s.transport != polling:
		s.mu.Unlock()
		return refuseRequest()
	case s.inPost:
		s.mu.Unlock()
		s.close(endMalformed(errors.New("two posts at once")))
		return refuseRequest()
	}
	s.inPost = true
	s.mu.Unlock()
	return nil
}

// readPost reads the body of a POST, within its limits of size and time.
func (s *session) readPost(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	opts := &s.engine.opts
	if r.Header.Get("Content-Type") == "application/octet-stream" {
		_ = s.malformed(errors.New("content type of an older protocol"))
		return nil, refuseRequest()
	}
	control := http.NewResponseController(w)
	readBy(control, time.Now().Add(opts.WriteTimeout))
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(opts.MaxPayload)))
	readBy(control, time.Time{}) // what follows may take longer
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		_ = s.malformed(errTooLarge)
		return nil, refuseTooLarge()
	}
	if err != nil {
		s.close(endTransport())
		return nil, refuseRequest()
	}
	return payload, nil
}
