package socketio

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// refusal is an answer to a request that the protocol does not allow, in its own terms.
type refusal struct {
	status  int
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func refuseTransport() *refusal { return &refusal{http.StatusBadRequest, 0, "Transport unknown"} }
func refuseSession() *refusal   { return &refusal{http.StatusBadRequest, 1, "Session ID unknown"} }
func refuseMethod() *refusal    { return &refusal{http.StatusBadRequest, 2, "Bad handshake method"} }
func refuseRequest() *refusal   { return &refusal{http.StatusBadRequest, 3, "Bad request"} }
func refuseOrigin() *refusal    { return &refusal{http.StatusForbidden, 4, "Forbidden"} }
func refuseVersion() *refusal {
	return &refusal{http.StatusBadRequest, 5, "Unsupported protocol version"}
}

func refuseTooLarge() *refusal {
	return &refusal{http.StatusRequestEntityTooLarge, 3, "Payload too large"}
}

// refuseFull asks the client to come back later.
func refuseFull(why string) *refusal {
	return &refusal{http.StatusServiceUnavailable, 4, why}
}

func (no *refusal) write(w http.ResponseWriter) {
	body, err := json.Marshal(no)
	if err != nil {
		panic(err) // two scalars
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if no.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	w.WriteHeader(no.status)
	_, _ = w.Write(body) // a client that is gone needs no answer
}

// ServeHTTP serves Engine.IO.
func (e *engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !e.opts.AllowOrigin(r) {
		e.refused.Add(1)
		refuseOrigin().write(w)
		return
	}
	query := r.URL.Query()
	id := query.Get("sid")
	var no *refusal
	switch name := query.Get("transport"); {
	case name != "polling" && name != "websocket":
		no = refuseTransport()
	case query.Get("EIO") != "4":
		no = refuseVersion()
	case name == "websocket" && !strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		no = refuseRequest()
	case id == "" && r.Method != http.MethodGet:
		no = refuseMethod()
	case id == "" && name == "websocket":
		no = e.openWebSocket(w, r)
	case id == "":
		no = e.openPolling(w, r)
	default:
		no = e.serveSession(w, r, id, name)
	}
	if no != nil {
		no.write(w)
	}
}

// serveSession serves a request that names a session.
func (e *engine) serveSession(w http.ResponseWriter, r *http.Request, id, name string) *refusal {
	s := e.find(id)
	switch {
	case s == nil && name == "polling" && r.Method == http.MethodGet && e.part(id):
		_ = e.answer(w, []byte{engineNoop}) // a client that is gone needs none
		return nil
	case s == nil:
		return refuseSession()
	case name == "websocket":
		return e.upgradeWebSocket(w, r, s)
	case r.Method == http.MethodGet:
		return e.poll(w, r, s)
	case r.Method == http.MethodPost:
		return e.post(w, r, s)
	}
	return refuseRequest()
}

// handshake returns the packet that opens a session.
func (s *session) handshake() []byte {
	upgrades := []string{}
	if s.transport == polling {
		upgrades = append(upgrades, webSocket.String())
	}
	opts := &s.engine.opts
	body, err := json.Marshal(map[string]any{
		"sid":          s.id,
		"upgrades":     upgrades,
		"pingInterval": opts.PingInterval.Milliseconds(),
		"pingTimeout":  opts.PingTimeout.Milliseconds(),
		"maxPayload":   opts.MaxPayload,
	})
	if err != nil {
		panic(err) // strings and integers
	}
	return append([]byte{engineOpen}, body...)
}

// readBy and writeBy set the deadlines of a request's connection; zero lifts them. It is
// best effort: a writer that cannot do it has none.
func readBy(control *http.ResponseController, deadline time.Time) {
	_ = control.SetReadDeadline(deadline)
}

func writeBy(control *http.ResponseController, deadline time.Time) {
	_ = control.SetWriteDeadline(deadline)
}

// answerPiece is how many bytes of an answer share one deadline.
const answerPiece = 64 << 10

// answer writes an answer to a polling request. The deadline for writing starts here and
// anew with each piece, whatever the server's own is: a poll may have waited for longer
// than that. It is lifted again because the connection may serve other requests.
func (e *engine) answer(w http.ResponseWriter, body []byte) error {
	control := http.NewResponseController(w)
	defer writeBy(control, time.Time{})
	w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	for {
		piece := body[:min(len(body), answerPiece)]
		body = body[len(piece):]
		writeBy(control, time.Now().Add(e.opts.WriteTimeout))
		if _, err := w.Write(piece); err != nil {
			return err
		}
		if len(body) == 0 {
			break
		}
	}
	return flush(control)
}

// flush sends what was written, where the writer can.
func flush(control *http.ResponseController) error {
	if err := control.Flush(); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}
