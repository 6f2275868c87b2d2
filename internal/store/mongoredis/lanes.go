package mongoredis

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/filavip/filavip/internal/order"
)

// The scripts. Each is one atomic step of the server.
var (
	//go:embed lua/claim.lua
	claimLua string
	//go:embed lua/move.lua
	moveLua string
	//go:embed lua/open.lua
	openLua string
	//go:embed lua/ticket.lua
	ticketLua string
	//go:embed lua/renew.lua
	renewLua string
	//go:embed lua/peek.lua
	peekLua string
	//go:embed lua/narrow.lua
	narrowLua string
)

// mode says what the gate lets through.
type mode string

const (
	modeShut   mode = ""       // not known: to be derived from the store
	modePaused mode = "paused" // nothing
	modeVIP    mode = "vip"    // a VIP order is unsettled
	modeAll    mode = "all"
)

// width puts the modes in the order of what they let through.
func (m mode) width() int {
	return slices.Index([]mode{modeShut, modePaused, modeVIP, modeAll}, m)
}

// lanes are the queues in Redis of one generation of the store. All keys share a hash
// tag, so they lie on one shard of a cluster.
//
//	changes  counts what happened, for whoever looks now and then
//	ticket   changes whenever the gate must not be trusted any more
//	gate     "<run ID of the server> <ticket> <mode>"; shut if either is not the present one
//	built    is there once the lanes were compared with the store
//	ready    places of blocks that wait, sorted by acceptance
//	late     places of retries, by due time in microseconds
//	held     a stream with an entry per claim; its pending list holds the leases
//	more     is there if the store has more waiting blocks than ready
//	cursor   where to look for the next lease that is over
type lanes struct {
	redis    *link
	database string
	tag      string
	prefix   string

	claimScript, moveScript, openScript, ticketScript, renewScript, peekScript, narrowScript *redis.Script
}

func newLanes(to *link, database string, generation uint64) *lanes {
	tag := "{filavip:" + database + "}"
	return &lanes{
		redis: to, database: database, tag: tag, prefix: fmt.Sprintf("%s:%d:", tag, generation),
		claimScript: redis.NewScript(claimText()), moveScript: redis.NewScript(moveLua), openScript: redis.NewScript(openLua),
		ticketScript: redis.NewScript(ticketLua), renewScript: redis.NewScript(renewLua), peekScript: redis.NewScript(peekLua),
		narrowScript: redis.NewScript(narrowLua),
	}
}

func (l *lanes) key(name string) string { return l.prefix + name }

// of returns the key of a lane.
func (l *lanes) of(lane order.Priority, name string) string {
	return l.prefix + strconv.Itoa(int(lane)) + ":" + name
}

// changes is the key of the counter, which outlives generations.
func (l *lanes) changes() string { return l.tag + ":changes" }

// handed is a block that Redis has handed out.
type handed struct {
	lane  order.Priority
	entry string
	place place
	taken bool // over from someone whose lease ended
}

// given is the answer to a claim.
type given struct {
	mode   mode
	ticket string // that the gate had the mode under
	behind bool   // NORMAL blocks wait
	due    [order.PriorityCount]time.Time
	low    [order.PriorityCount]bool // more wait in the store than in the lane, which runs low
	blocks []handed
}

// maxQueued bounds the blocks of a lane that Redis holds while they wait; the others it
// is given when it runs low.
const maxQueued = 10_000

// claim hands blocks out to a node until they hold so many orders.
func (l *lanes) claim(ctx context.Context, node string, now time.Time, lease time.Duration, want int) (given, error) {
	keys := []string{l.key("gate"), l.key("ticket")}
	for _, lane := range order.Priorities() {
		keys = append(keys, l.of(lane, "ready"), l.of(lane, "late"), l.of(lane, "held"), l.of(lane, "more"), l.of(lane, "cursor"))
	}
	answer, err := l.claimScript.Run(ctx, l.redis.client(), keys, node, now.UnixMicro(), lease.Milliseconds(), want, maxQueued/2).StringSlice()
	if err != nil {
		return given{}, unreachable("Redis", err)
	}
	if len(answer) < 7 {
		return given{mode: modeShut}, nil
	}
	g := given{mode: mode(answer[0]), ticket: answer[1], behind: answer[2] == "1"}
	for _, lane := range order.Priorities() {
		g.due[lane] = parseScore(answer[3+int(lane)])
		g.low[lane] = answer[5+int(lane)] == "1"
	}
	for rest := answer[7:]; len(rest) >= 4; rest = rest[4:] {
		p, err := parsePlace(rest[2])
		if err != nil {
			return given{}, err
		}
		h := handed{entry: rest[1], place: p, taken: rest[3] == "1"}
		if rest[0] != "0" {
			h.lane = order.Normal
		}
		g.blocks = append(g.blocks, h)
	}
	return g, nil
}

// parseScore returns the instant of a score in microseconds; the zero one for none.
func parseScore(text string) time.Time {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMicro(int64(f)).UTC()
}

// score returns the first microsecond that is not before the instant.
func score(t time.Time) int64 {
	us := t.UnixMicro()
	if t.After(time.UnixMicro(us)) {
		us++
	}
	return us
}

// moves are steps that the lanes take together.
type moves struct{ args []any }

func (m *moves) ack(lane order.Priority, entry string) {
	m.args = append(m.args, "ack", int(lane), entry)
}

// drop takes a place out of what waits or is delayed.
func (m *moves) drop(lane order.Priority, p place) {
	m.args = append(m.args, "drop", int(lane), p.String())
}

// put brings a part that nobody holds to where it is handed out.
func (m *moves) put(b *block, p *part) {
	if p.late {
		m.args = append(m.args, "late", int(b.lane), b.place(p).String(), score(p.due))
		return
	}
	m.args = append(m.args, "back", int(b.lane), b.place(p).String())
}

// putFree is put for every part of a block, all of which is enqueued, that nobody holds.
func (m *moves) putFree(b *block) {
	for i := range b.parts {
		if p := &b.parts[i]; p.holder == nil {
			m.put(b, p)
		}
	}
}

// enqueue is put for a part that was never handed out: if the lane is full it stays out.
func (m *moves) enqueue(b *block, p *part) {
	if p.late {
		m.put(b, p)
		return
	}
	m.args = append(m.args, "ready", int(b.lane), b.place(p).String(), maxQueued)
}

// filled says whether the store has more waiting blocks than the lane was given.
func (m *moves) filled(lane order.Priority, more bool) {
	if more {
		m.args = append(m.args, "more", int(lane), "1")
	} else {
		m.args = append(m.args, "more", int(lane), "")
	}
}

// maxMoves bounds the arguments of one script call; Lua unpacks them on a stack.
const maxMoves = 4000

// apply makes the moves, and counts a change also if there are none.
func (l *lanes) apply(ctx context.Context, m *moves) error {
	keys := []string{l.changes()}
	for _, lane := range order.Priorities() {
		keys = append(keys, l.of(lane, "ready"), l.of(lane, "late"), l.of(lane, "held"), l.of(lane, "more"))
	}
	rest := m.args
	for {
		n := wholeMoves(rest)
		if err := l.moveScript.Run(ctx, l.redis.client(), keys, rest[:n]...).Err(); err != nil {
			return unreachable("Redis", err)
		}
		if rest = rest[n:]; len(rest) == 0 {
			return nil
		}
	}
}

// wholeMoves returns how many arguments make up as many moves as one call may have.
func wholeMoves(args []any) int {
	n := 0
	for n < len(args) && n < maxMoves {
		n += 3
		if verb := args[n-3]; verb == "late" || verb == "ready" {
			n++
		}
	}
	return n
}

// shut makes every gate that was derived before this call void.
func (l *lanes) shut(ctx context.Context) error {
	pipe := l.redis.client().TxPipeline()
	pipe.Set(ctx, l.key("ticket"), rand.Text(), 0)
	pipe.Incr(ctx, l.changes())
	if _, err := pipe.Exec(ctx); err != nil {
		return unreachable("Redis", err)
	}
	_ = l.redis.client().Publish(ctx, l.changes(), "").Err() // the others look by themselves a moment later
	return nil
}

// narrow is shut, but where VIP blocks may pass they may after it.
func (l *lanes) narrow(ctx context.Context) error {
	keys := []string{l.key("gate"), l.key("ticket"), l.changes()}
	return unreachable("Redis", l.narrowScript.Run(ctx, l.redis.client(), keys, rand.Text()).Err())
}

// stub says under which server and ticket something was read from the store, and what the
// gate let through then.
type stub struct {
	server, ticket string
	mode           mode
}

// ticket returns the present one.
func (l *lanes) ticket(ctx context.Context) (stub, error) {
	answer, err := l.ticketScript.Run(ctx, l.redis.client(), []string{l.key("gate"), l.key("ticket")}, rand.Text()).StringSlice()
	if err == nil && len(answer) != 3 {
		err = errors.New("unexpected answer")
	}
	if err != nil {
		return stub{}, unreachable("Redis", err)
	}
	return stub{answer[0], answer[1], mode(answer[2])}, nil
}

// open sets the gate to what was read from the store after the stub was taken. It
// returns false if it was shut since.
func (l *lanes) open(ctx context.Context, s stub, m mode) (bool, error) {
	n, err := l.openScript.Run(ctx, l.redis.client(), []string{l.key("gate"), l.key("ticket")}, s.server, s.ticket, string(m)).Int()
	return n == 1, unreachable("Redis", err)
}

// renew starts the leases of a lane's entries anew and returns those the node still has.
func (l *lanes) renew(ctx context.Context, lane order.Priority, node string, entries []string) ([]string, error) {
	args := []any{node}
	for _, e := range entries {
		args = append(args, e)
	}
	kept, err := l.renewScript.Run(ctx, l.redis.client(), []string{l.of(lane, "held")}, args...).StringSlice()
	return kept, unreachable("Redis", err)
}

// build marks the lanes as such that are being compared with the store: if the mark is
// gone later, so is what was in them.
func (l *lanes) build(ctx context.Context) error {
	return unreachable("Redis", l.redis.client().Set(ctx, l.key("built"), "1", 0).Err())
}

// glance is what a process sees of the lanes now and then.
type glance struct {
	server  string // the server's run ID
	changes string
	ticket  string
	lost    bool // the lanes were built by nobody, or emptied since
	over    bool // a lease is over
}

func (l *lanes) peek(ctx context.Context, lease time.Duration) (glance, error) {
	keys := []string{l.changes(), l.key("ticket"), l.key("built"), l.of(order.VIP, "held"), l.of(order.Normal, "held")}
	answer, err := l.peekScript.Run(ctx, l.redis.client(), keys, lease.Milliseconds()).StringSlice()
	if err == nil && len(answer) != 5 {
		err = errors.New("unexpected answer")
	}
	if err != nil {
		return glance{}, unreachable("Redis", err)
	}
	return glance{answer[0], answer[1], answer[2], answer[3] == "1", answer[4] == "1"}, nil
}

// unreachable wraps an error of a server as one that passes; nil stays nil, and that the
// caller has given up is the caller's. What took too long passes too, by whosever clock:
// the drivers end calls by themselves, with the error of a context.
func unreachable(server string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return &order.UnavailableError{Server: strings.ToLower(server), Err: err}
}
