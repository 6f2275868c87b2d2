package mongotest

import (
	"sync"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// sessions remember the last numbered write of each session.
type sessions struct {
	mu  sync.Mutex // guards all
	all map[string]*session
}

// session is what is known of one client's session.
type session struct {
	mu     sync.Mutex // held while a numbered write is executed
	number int64
	done   bool
	answer []byte // of that number: its fields
}

func (ss *sessions) get(id []byte) *session {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.all == nil {
		ss.all = map[string]*session{}
	}
	s := ss.all[string(id)]
	if s == nil {
		s = &session{number: -1}
		ss.all[string(id)] = s
	}
	return s
}

// once executes a numbered write, unless it was: then its answer is given again.
func (ss *sessions) once(r *request, known command, dst []byte) ([]byte, *failure) {
	number := r.get("txnNumber")
	lsid := r.get("lsid")
	switch {
	case r.srv.opts.ReplicaSet == "":
		return dst, fail(codeIllegalOperation, "Transaction numbers are only allowed on a replica set member or mongos")
	case !known.counted:
		return dst, fail(50768, "txnNumber may only be provided for multi-document transactions and retryable write commands. autocommit:false was not provided, and %s is not a retryable write command.", r.name)
	case number.Type != bsoncore.TypeInt64 || !isDocument(lsid):
		return dst, fail(codeInvalidOptions, "Transaction number requires a session ID to also be specified")
	}
	s := ss.get(lsid.Data)
	s.mu.Lock()
	defer s.mu.Unlock()
	n := number.Int64()
	if n < s.number {
		return dst, fail(codeTransactionTooOld, "Retryable write with txnNumber %d is prohibited on session because a newer retryable write with txnNumber %d has already started on this session.", n, s.number)
	}
	if n == s.number && s.done {
		r.srv.tally.repeated()
		return append(dst, s.answer...), nil
	}
	if n > s.number {
		s.number, s.done, s.answer = n, false, nil
	}
	at := len(dst)
	dst, f := known.run(r, dst)
	if f == nil {
		s.done, s.answer = true, append([]byte(nil), dst[at:]...)
	}
	return dst, f
}
