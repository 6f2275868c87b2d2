package mongotest

import "sync/atomic"

// Change is one document that was written. It was inserted if Before is nil, and removed
// if After is. The documents must not be changed.
type Change struct {
	// Seq tells the order of changes, over all collections: of a write that was answered
	// before another was sent it is the lower.
	Seq            uint64
	DB, Collection string
	Before, After  []byte
}

// Observe has see called with every change of a document from now on, in place of who
// was told before; nil ends it. It is called as the change is made, with the collection
// locked, so it must be quick and must not call the server; changes of several
// collections come at the same time. Collections that are dropped whole are not told of.
func (s *Server) Observe(see func(Change)) {
	if see == nil {
		s.catalog.journal.see.Store(nil)
		return
	}
	s.catalog.journal.see.Store(&see)
}

// journal numbers changes and tells of them.
type journal struct {
	seq atomic.Uint64
	see atomic.Pointer[func(Change)]
}

// note tells of a change of a collection, which is locked.
func (j *journal) note(c *collection, before, after []byte) {
	seq := j.seq.Add(1)
	if see := j.see.Load(); see != nil {
		(*see)(Change{Seq: seq, DB: c.db, Collection: c.name, Before: before, After: after})
	}
}
