package mongotest

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// Action is what a fault does to a command.
type Action string

// The actions. A command that was only delayed is executed and answered.
const (
	CutBefore    Action = "cut before"    // cut the connection, execute nothing
	CutAfter     Action = "cut after"     // execute, cut the connection instead of answering
	Refuse       Action = "refuse"        // answer the error Code, execute nothing
	ConcernError Action = "concern error" // execute, answer with the write concern error Code; of writes only
	Delay        Action = "delay"         // only wait and call Before and After
)

// Info is what a fault is told of a command.
type Info struct {
	Command, DB, Collection string
}

// Fault is a planted fault. It strikes commands that fit Command, Collection and Match.
type Fault struct {
	Command    string          // "" and "*" are any but those of the handshake and of sessions
	Collection string          // "" is any
	Match      func(Info) bool // nil is any; called with a lock held, so it must not call the server
	Skip       int             // how many that fit are let through first
	Times      int             // how many it strikes; 0 is one, negative is all

	Action  Action
	Code    int32    // of Refuse and ConcernError; 10107 NotWritablePrimary and 64 WriteConcernTimeout if 0
	Message string   // of the error; its name if empty
	Labels  []string // of the error; nil for those a real server gives

	Delay time.Duration // waited before it is executed, also if the client hangs up meanwhile
	// Before and After are called before the command is executed and between that and its
	// answer. They may block, and call Cut, but not Stop or Close, which wait for them.
	Before, After func(Info)
}

// Storm plants faults at random, until the server is told of another.
type Storm struct {
	Seed     uint64
	Commands []string           // that may be struck; empty for those that Fault's "*" is
	Chance   map[Action]float64 // of each action, for each command; their sum is at most 1
	Refusals []int32            // codes to refuse with; 10107, 11602, 189 and 91 if empty
	Concerns []int32            // codes of write concern errors; 64 and 91 if empty
	MaxDelay time.Duration      // Delay waits up to this
}

// Planted is a fault that was injected.
type Planted struct {
	faults *faults
	fault  Fault
	seen   int // guarded by faults.mu, with struck
	struck int
}

// Struck returns how many commands the fault has struck.
func (p *Planted) Struck() int {
	p.faults.mu.Lock()
	defer p.faults.mu.Unlock()
	return p.struck
}

// Remove takes the fault away.
func (p *Planted) Remove() {
	p.faults.mu.Lock()
	defer p.faults.mu.Unlock()
	p.faults.planted = slices.DeleteFunc(p.faults.planted, func(other *Planted) bool { return other == p })
}

// faults are those of one server.
type faults struct {
	mu      sync.Mutex // guards all below
	planted []*Planted
	storm   *Storm
	dice    *rand.Rand
	struck  map[Action]int
}

// Inject plants a fault. Of several that fit a command, the first planted strikes.
func (s *Server) Inject(f Fault) *Planted {
	if f.Times == 0 {
		f.Times = 1
	}
	p := &Planted{faults: &s.faults, fault: f}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.planted = append(s.faults.planted, p)
	return p
}

// Storm starts a storm of faults, in place of the one before. One without chances ends it.
func (s *Server) Storm(storm Storm) {
	if len(storm.Refusals) == 0 {
		storm.Refusals = []int32{codeNotWritablePrimary, codeInterruptedByStateChange, codePrimarySteppedDown, codeShutdownInProgress}
	}
	if len(storm.Concerns) == 0 {
		storm.Concerns = []int32{codeWriteConcernTimeout, codeShutdownInProgress}
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.storm = &storm
	s.faults.dice = rand.New(rand.NewPCG(storm.Seed, 0))
}

// Struck returns how often each action really happened, planted or in a storm.
func (s *Server) Struck() map[Action]int {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	all := map[Action]int{}
	maps.Copy(all, s.faults.struck)
	return all
}

// release takes all faults away.
func (fs *faults) release() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.planted, fs.storm = nil, nil
}

// spared are the commands that a fault must name to strike.
func spared(name string, known command) bool {
	return known.handshake || name == "endSessions" || name == "killCursors"
}

// pick returns the fault that strikes a command, or nil.
func (fs *faults) pick(r *request, known command) *fired {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if len(fs.planted) == 0 && fs.storm == nil {
		return nil
	}
	info := Info{r.name, r.db, r.coll}
	for _, p := range fs.planted {
		if !p.fault.fits(info, known) {
			continue
		}
		p.seen++
		if p.seen <= p.fault.Skip || p.fault.Times > 0 && p.struck >= p.fault.Times {
			continue
		}
		p.struck++
		return fs.strike(p.fault, info)
	}
	if f, ok := fs.roll(info, known); ok {
		return fs.strike(f, info)
	}
	return nil
}

// strike counts a fault. mu held.
func (fs *faults) strike(f Fault, info Info) *fired {
	if fs.struck == nil {
		fs.struck = map[Action]int{}
	}
	fs.struck[f.Action]++
	return &fired{Fault: f, info: info}
}

// fits says whether a fault is for a command.
func (f *Fault) fits(info Info, known command) bool {
	anything := f.Command == "" || f.Command == "*"
	if f.Action == ConcernError && !known.writes || anything && spared(info.Command, known) || !anything && !strings.EqualFold(f.Command, info.Command) {
		return false
	}
	return (f.Collection == "" || f.Collection == info.Collection) && (f.Match == nil || f.Match(info))
}

// roll decides whether the storm strikes a command. mu held.
func (fs *faults) roll(info Info, known command) (Fault, bool) {
	storm := fs.storm
	if storm == nil || len(storm.Commands) == 0 && spared(info.Command, known) ||
		len(storm.Commands) > 0 && !slices.Contains(storm.Commands, info.Command) {
		return Fault{}, false
	}
	chance := fs.dice.Float64()
	for _, action := range []Action{CutBefore, CutAfter, Refuse, ConcernError, Delay} {
		if chance -= storm.Chance[action]; chance >= 0 {
			continue
		}
		if action == ConcernError && !known.writes {
			return Fault{}, false
		}
		f := Fault{Action: action}
		switch action {
		case Refuse:
			f.Code = storm.Refusals[fs.dice.IntN(len(storm.Refusals))]
		case ConcernError:
			f.Code = storm.Concerns[fs.dice.IntN(len(storm.Concerns))]
		case Delay:
			f.Delay = time.Duration(fs.dice.Float64() * float64(storm.MaxDelay))
		}
		return f, true
	}
	return Fault{}, false
}

// fired is a fault that strikes one command. A nil one does nothing.
type fired struct {
	Fault
	info Info
}

// around executes a command with the fault. It returns the answer, and false if the
// connection is to be cut.
func (f *fired) around(r *request, execute func() []byte) ([]byte, bool) {
	if f == nil {
		return execute(), true
	}
	if f.Before != nil {
		f.Before(f.info)
	}
	there := r.conn.wait(f.Delay)
	if f.Action == CutBefore {
		return nil, false
	}
	answer := execute()
	if f.After != nil {
		f.After(f.info)
	}
	return answer, there && f.Action != CutAfter
}

// failure returns what to refuse the command with, or nil.
func (f *fired) failure() *failure {
	if f == nil || f.Action != Refuse {
		return nil
	}
	code := f.Code
	if code == 0 {
		code = codeNotWritablePrimary
	}
	return &failure{code: code, message: f.message(code), labels: f.Labels}
}

func (f *fired) message(code int32) string {
	switch {
	case f.Message != "":
		return f.Message
	case code == codeNotWritablePrimary:
		return "not primary"
	}
	return codeName(code) + " (planted by a test)"
}

// concern returns the write concern error to answer with: the planted one or the given.
func (f *fired) concern(r *request, given *concernError) *concernError {
	if f == nil || f.Action != ConcernError {
		return given
	}
	code := f.Code
	if code == 0 {
		code = codeWriteConcernTimeout
	}
	labels := f.Labels
	if labels == nil && retryable(code) && !missing(r.get("txnNumber")) {
		labels = []string{labelRetryable}
	}
	message := f.message(code)
	if code == codeWriteConcernTimeout && f.Message == "" {
		message = "waiting for replication timed out"
	}
	return &concernError{code: code, message: message, labels: labels}
}
