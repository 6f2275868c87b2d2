package mongotest

import (
	"maps"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Stats are what a server has done to documents since it was made.
type Stats struct {
	Inserted, Matched, Modified, Deleted int64
	Examined                             int64 // looked at to find others
	Repeated                             int64 // numbered writes that got the answer of their first time
}

// tally counts what was asked for and done.
type tally struct {
	mu       sync.Mutex // guards all below
	commands map[string]int
	writes   map[string]map[string]int // command, concern: times; concerns are encoded
	reads    map[string]map[string]int
	prefs    map[string]map[string]int
	stats    Stats
}

// Commands returns how many times each command was received, with those that failed.
func (s *Server) Commands() map[string]int {
	s.tally.mu.Lock()
	defer s.tally.mu.Unlock()
	all := maps.Clone(s.tally.commands)
	if all == nil {
		all = map[string]int{}
	}
	return all
}

// Stats returns the counts of documents.
func (s *Server) Stats() Stats {
	s.tally.mu.Lock()
	defer s.tally.mu.Unlock()
	return s.tally.stats
}

// WriteConcerns returns, for each command that writes, how often it came with which write
// concern, as JSON such as {"w":"majority","j":true}; "" is a command that came without.
func (s *Server) WriteConcerns() map[string]map[string]int { return s.tally.shown(&s.tally.writes) }

// ReadConcerns is WriteConcerns for the read concerns of all commands that read.
func (s *Server) ReadConcerns() map[string]map[string]int { return s.tally.shown(&s.tally.reads) }

// ReadPreferences is WriteConcerns for the read preferences of all commands that read.
func (s *Server) ReadPreferences() map[string]map[string]int { return s.tally.shown(&s.tally.prefs) }

// shown renders what was recorded of concerns.
func (t *tally) shown(recorded *map[string]map[string]int) map[string]map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := map[string]map[string]int{}
	for command, concerns := range *recorded {
		all[command] = map[string]int{}
		for raw, n := range concerns {
			name := ""
			if raw != "" {
				if b, err := bson.MarshalExtJSON(bson.Raw(raw), false, false); err == nil {
					name = string(b)
				}
			}
			all[command][name] += n
		}
	}
	return all
}

// command counts a command and records its concerns.
func (t *tally) command(r *request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	count1(&t.commands, r.name)
	known := r.srv.commands[r.name]
	switch {
	case known.writes:
		record2(&t.writes, r.name, r.get("writeConcern"))
	case !known.handshake && known.run != nil:
		record2(&t.reads, r.name, r.get("readConcern"))
		record2(&t.prefs, r.name, r.get("$readPreference"))
	}
}

func count1(counts *map[string]int, key string) {
	if *counts == nil {
		*counts = map[string]int{}
	}
	(*counts)[key]++
}

func record2(counts *map[string]map[string]int, command string, concern value) {
	if *counts == nil {
		*counts = map[string]map[string]int{}
	}
	inner := (*counts)[command]
	if inner == nil {
		inner = map[string]int{}
		(*counts)[command] = inner
	}
	raw := ""
	if isDocument(concern) {
		raw = string(concern.Data)
	}
	inner[raw]++
}

// add adds to the counts of documents.
func (t *tally) add(s Stats) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats.Inserted += s.Inserted
	t.stats.Matched += s.Matched
	t.stats.Modified += s.Modified
	t.stats.Deleted += s.Deleted
	t.stats.Examined += s.Examined
}

// repeated counts a numbered write that was not executed again.
func (t *tally) repeated() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats.Repeated++
}
