package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/filavip/filavip/internal/metrics"
)

// Why somebody is not let in.
var (
	ErrNoKey     = errors.New("neither a key nor a session was given")
	ErrWrongKey  = errors.New("the key is wrong")
	ErrNoSession = errors.New("the session has ended, or was opened with another key")
	ErrTooMany   = errors.New("the key is wrong, and so were too many before it")
)

// Wrong keys are answered as such at this rate, all clients together, after that many at
// once. Whoever is told to come later finds a place within a second.
const (
	wrongPerSecond = 1
	wrongAtOnce    = 20
)

// Options are what a Guard works with. The zero value lets everybody in.
type Options struct {
	// Key is what is asked for. Empty: nothing.
	Key string
	// Now tells the time. Default: [time.Now].
	Now func() time.Time
	// Registry gets the guard's metrics; nobody sees them if nil.
	Registry *metrics.Registry
}

// Guard decides who may ask. It is safe for concurrent use.
type Guard struct {
	asks    bool
	digest  [sha256.Size]byte // of the key
	signing []byte            // makes the MACs of sessions
	now     func() time.Time
	wrong   *rate.Limiter
	refused *metrics.CounterVec
}

// New returns a guard for one key.
func New(opts Options) *Guard {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Guard{
		asks:    opts.Key != "",
		digest:  sha256.Sum256([]byte(opts.Key)),
		signing: deriveSigning(opts.Key),
		now:     opts.Now,
		wrong:   rate.NewLimiter(wrongPerSecond, wrongAtOnce),
		refused: newRefused(opts.Registry),
	}
}

// Asks says whether there is a key to ask for.
func (g *Guard) Asks() bool { return g.asks }

// Check says until when whoever made a request is let in, zero for good; or why not, with
// one of the errors above. What it refuses is counted.
func (g *Guard) Check(r *http.Request) (until time.Time, err error) {
	until, err = g.look(r)
	return until, g.note(err)
}

// Admits says whether whoever made a request is let in. Unlike Check it counts nothing: it
// is for answers that everybody gets, and some get more of.
func (g *Guard) Admits(r *http.Request) bool {
	_, err := g.look(r)
	return err == nil
}

func (g *Guard) look(r *http.Request) (until time.Time, err error) {
	if !g.asks {
		return time.Time{}, nil
	}
	if key, given := Bearer(r); given {
		return time.Time{}, g.compare(key)
	}
	return g.session(r)
}

// compare says whether a key is the right one, in a time that does not depend on how much
// of it is.
func (g *Guard) compare(key string) error {
	digest := sha256.Sum256([]byte(key))
	if subtle.ConstantTimeCompare(digest[:], g.digest[:]) != 1 {
		return ErrWrongKey
	}
	return nil
}

// note counts a refusal, and tells the guesser of too many keys to come later.
func (g *Guard) note(err error) error {
	if errors.Is(err, ErrWrongKey) && !g.wrong.AllowN(g.now(), 1) {
		err = ErrTooMany
	}
	if err != nil {
		g.refused.With(reasonOf(err)).Inc()
	}
	return err
}

// Bearer returns the key that a request carries in its Authorization header. Other schemes
// are other people's, such as those of a proxy on the way.
func Bearer(r *http.Request) (key string, given bool) {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimSpace(key), true
}
