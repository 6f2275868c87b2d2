package fleetkit

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
)

// trace is what the double has seen happen to the documents of one database.
type trace struct {
	mu          sync.Mutex // guards what follows
	latest      uint64     // change
	runs        map[order.RunID]*runTrace
	coordinator string            // the node that was last given the lease
	claims      map[string]uint64 // by the node's name: the number of its latest claim
	marks       []mark
}

// mark is closed once a run's document shows a phase, or one behind it.
type mark struct {
	run     order.RunID
	phase   order.Phase
	reached chan struct{}
}

// runTrace is what has happened to one run. Numbers are those of changes.
type runTrace struct {
	phases      []order.Phase
	orders      map[string]int // how often each order was settled
	removed     int            // orders that ended removido
	done        int64          // orders that are settled, as the blocks count
	vip         uint64         // the last settle of a VIP block
	vipDocument uint64         // the last outcome of a VIP order in its own document
	normal      []uint64       // the claims of NORMAL blocks
	problems    []string
}

func newTrace() *trace {
	return &trace{runs: map[order.RunID]*runTrace{}, claims: map[string]uint64{}}
}

// see takes a change in. It is called by the double.
func (tr *trace) see(c mongotest.Change) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.latest = max(tr.latest, c.Seq)
	before, after := bson.Raw(c.Before), bson.Raw(c.After)
	switch c.Collection {
	case "orders":
		tr.order(c.Seq, before, after)
	case "blocks":
		tr.block(c.Seq, before, after)
	case "runs":
		tr.phase(after)
	case "state":
		if id := text(after, "_id"); id == "coordinator" {
			tr.coordinator = text(after, "node")
		}
	}
}

// run returns the trace of the run that a document names in a field. mu held.
func (tr *trace) run(doc bson.Raw, field string) *runTrace {
	_, data, _ := doc.Lookup(field).BinaryOK()
	var id order.RunID
	copy(id[:], data)
	return tr.of(id)
}

// of is run by the run's ID. mu held.
func (tr *trace) of(id order.RunID) *runTrace {
	r := tr.runs[id]
	if r == nil {
		r = &runTrace{orders: map[string]int{}}
		tr.runs[id] = r
	}
	return r
}

func (tr *trace) order(seq uint64, before, after bson.Raw) {
	if before == nil || after == nil {
		return
	}
	r := tr.run(after, "runId")
	was, is := text(before, "status"), text(after, "status")
	_, key, _ := after.Lookup("_id").BinaryOK()
	switch {
	case was != "pendente":
		r.problem("change %d: order %x was %s and is written again, as %s", seq, key, was, is)
	case is == "processado" || is == "falhou":
		r.orders[string(key)]++
		if text(after, "priority") == "VIP" {
			r.vipDocument = seq
		}
	case is == "removido":
		r.removed++
	}
}

func (tr *trace) block(seq uint64, before, after bson.Raw) {
	if before == nil || after == nil {
		return
	}
	r := tr.run(after, "run")
	vip := number(after, "lane") == int64(order.VIP)
	settled := number(after, "processed") + number(after, "dead") - number(before, "processed") - number(before, "dead")
	if r.done += settled; settled > 0 && vip {
		r.vip = seq
	}
	held := holders(before)
	for token, node := range holders(after) {
		if _, known := held[token]; known {
			continue
		}
		tr.claims[named(node)] = seq
		if !vip {
			r.normal = append(r.normal, seq)
		}
	}
}

// holders returns who has claimed parts of a block, by the claims' tokens.
func holders(block bson.Raw) map[string]string {
	found := map[string]string{}
	parts, _ := block.Lookup("parts").Array().Values()
	for _, part := range parts {
		if holder, ok := part.Document().Lookup("holder").DocumentOK(); ok {
			found[text(holder, "token")] = text(holder, "node")
		}
	}
	return found
}

func (tr *trace) phase(after bson.Raw) {
	if after == nil {
		return
	}
	r := tr.run(after, "_id")
	var phase order.Phase
	if err := phase.UnmarshalText([]byte(text(after, "phase"))); err != nil {
		r.problem("%v", err)
		return
	}
	if last := len(r.phases) - 1; last >= 0 && phase < r.phases[last] {
		r.problem("the run's document went from %v back to %v", r.phases[last], phase)
	} else if last < 0 || phase > r.phases[last] {
		r.phases = append(r.phases, phase)
	}
	tr.marks = slices.DeleteFunc(tr.marks, func(m mark) bool {
		if tr.of(m.run) != r || phase < m.phase {
			return false
		}
		close(m.reached)
		return true
	})
}

func (r *runTrace) problem(format string, args ...any) {
	if len(r.problems) < 20 {
		r.problems = append(r.problems, fmt.Sprintf(format, args...))
	}
}

// text and number return fields of a document, "" and 0 where there is none.
func text(doc bson.Raw, field string) string {
	s, _ := doc.Lookup(field).StringValueOK()
	return s
}

func number(doc bson.Raw, field string) int64 {
	n, _ := doc.Lookup(field).AsInt64OK()
	return n
}

// named returns the name of a node, which is its ID without what makes that unique.
func named(node string) string {
	if at := strings.LastIndexByte(node, '-'); at >= 0 {
		return node[:at]
	}
	return node
}

// at returns the phase that a run's document shows.
func (tr *trace) at(run order.RunID) order.Phase {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if phases := tr.of(run).phases; len(phases) > 0 {
		return phases[len(phases)-1]
	}
	return order.Idle
}

// reach returns a channel that is closed once a run's document shows a phase, or one
// behind it.
func (tr *trace) reach(run order.RunID, phase order.Phase) <-chan struct{} {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	m := mark{run, phase, make(chan struct{})}
	if phases := tr.of(run).phases; len(phases) > 0 && phases[len(phases)-1] >= phase {
		close(m.reached)
	} else {
		tr.marks = append(tr.marks, m)
	}
	return m.reached
}

// leader returns the node that was last given the lease; named makes a process of it.
func (tr *trace) leader() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.coordinator
}

// claimed returns the number of a process's latest claim.
func (tr *trace) claimed(name string) uint64 {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.claims[name]
}

// settled returns how many orders of a run have an outcome, by their documents, and how
// many were removed.
func (tr *trace) settled(run order.RunID) (settled, removed int) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return len(tr.of(run).orders), tr.of(run).removed
}

// done returns how many orders of a run are settled, as its blocks count.
func (tr *trace) done(run order.RunID) int64 {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.of(run).done
}

// now returns the number of the latest change.
func (tr *trace) now() uint64 {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.latest
}

// normalClaims counts the claims of a run's NORMAL blocks between two changes.
func (tr *trace) normalClaims(run order.RunID, after, before uint64) (n int) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, seq := range tr.of(run).normal {
		if seq > after && seq < before {
			n++
		}
	}
	return n
}

// lastVIP returns the number of the last settle of a run's VIP block.
func (tr *trace) lastVIP(run order.RunID) uint64 {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.of(run).vip
}

// problems says what must not have happened to a run: an order that was settled twice or
// written after it was, a phase that went back, a NORMAL block that was claimed before
// the last VIP block was settled.
func (tr *trace) problems(run order.RunID) []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	r := tr.of(run)
	found := slices.Clone(r.problems)
	if len(r.normal) > 0 && r.normal[0] < r.vip {
		found = append(found, fmt.Sprintf("a NORMAL block was claimed by change %d, the last VIP block settled by change %d", r.normal[0], r.vip))
	}
	for key, times := range r.orders {
		if times != 1 && len(found) < 20 {
			found = append(found, fmt.Sprintf("order %x was settled %d times", key, times))
		}
	}
	return found
}
