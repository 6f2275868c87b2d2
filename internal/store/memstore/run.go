package memstore

import (
	"slices"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// run is a run's document with its orders and its counters.
type run struct {
	doc     order.Run
	counts  order.Counts
	hidden  int64                         // entries that Clean took from the job listings
	samples map[uint32][]byte             // by number
	entries []*entry                      // by index; nil where an order was refused
	waiting [order.PriorityCount][]*block // by first index
}

// entry returns the entry with that index, or nil.
func (r *run) entry(index uint64) *entry {
	if index >= uint64(len(r.entries)) {
		return nil
	}
	return r.entries[index]
}

// put moves an entry to another place, and its share of the counters with it.
func (r *run) put(e *entry, to place, at time.Time) {
	c := &r.counts[e.lane()]
	*e.place.counter(c)--
	*to.counter(c)++
	e.place, e.since = to, at
}

// forget takes a settled entry out of the digest of what is settled.
func (r *run) forget(e *entry) {
	c := &r.counts[e.lane()]
	c.Settled = c.Settled.Sub(e.sum)
}

// present ranges over the run's entries in the order of their indexes.
func (r *run) present(yield func(*entry) bool) {
	for _, e := range r.entries {
		if e != nil && !yield(e) {
			return
		}
	}
}

// document returns a copy of the run's document that shares nothing with it.
func (r *run) document() order.Run { return cloneRun(r.doc) }

func cloneRun(doc order.Run) order.Run {
	doc.Gaps = slices.Clone(doc.Gaps)
	if doc.Failure != nil {
		failure := *doc.Failure
		doc.Failure = &failure
	}
	return doc
}

// find returns the run with that ID, or nil.
func (d *durable) find(id order.RunID) *run {
	for _, r := range d.runs {
		if r.doc.ID == id {
			return r
		}
	}
	return nil
}

// entry returns an order's entry and its run, or nils.
func (d *durable) entry(key order.Key) (*run, *entry) {
	r := d.find(key.Run())
	if r == nil {
		return nil, nil
	}
	return r, r.entry(key.Index())
}

// fenced returns the run that the fence names if the fence still holds.
func (d *durable) fenced(f store.Fence) (*run, error) {
	r := d.find(f.Run)
	if r == nil || r.doc.Epoch != f.Epoch {
		return nil, order.ErrStale
	}
	return r, nil
}
