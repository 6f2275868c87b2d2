package outage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/outage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bed is a log over servers that a test takes away, in a bubble of synctest.
type bed struct {
	*testing.T
	calm  *outage.Calm
	log   *slog.Logger
	lines page

	mu   sync.Mutex // guards away
	away error
}

func inBubble(t *testing.T, level slog.Level, f func(*bed)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bed{T: t}
		b.calm = outage.New(slog.NewTextHandler(&b.lines, &slog.HandlerOptions{Level: level, ReplaceAttr: withoutTime}))
		b.log = b.calm.Logger()
		ctx, stop := context.WithCancel(t.Context())
		var watch sync.WaitGroup
		watch.Go(func() { b.calm.Watch(ctx, b.ping) })
		defer watch.Wait()
		defer stop()
		f(b)
	})
}

// page keeps lines until they are torn off.
type page struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (p *page) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.Write(line)
}

func (p *page) tear() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.buf.Reset()
	return strings.TrimSuffix(p.buf.String(), "\n")
}

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// pass lets that much fake time go by, while something that needs the servers fails ten
// times a second if err is not nil.
func (b *bed) pass(d time.Duration, err error) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		if err != nil {
			b.log.Error("nothing claimed", "error", fmt.Errorf("claim: %w", err))
		}
		time.Sleep(100 * time.Millisecond) // fake: only bubbles call it
	}
	synctest.Wait()
}

func (b *bed) ping(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.away
}

func (b *bed) take(away error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.away = away
}

// logged fails the test unless these lines were logged since it was last called.
func (b *bed) logged(want ...string) {
	b.Helper()
	if diff := cmp.Diff(strings.Join(want, "\n"), b.lines.tear()); diff != "" {
		b.Errorf("lines (-want +got):\n%s", diff)
	}
}

func gone(server string) error {
	return &order.UnavailableError{Server: server, Err: errors.New("refused")}
}

// One line when a server goes, one a minute, and one when it is back, whatever others say.
func TestOutage(t *testing.T) {
	inBubble(t, slog.LevelInfo, func(b *bed) {
		b.pass(10*time.Second, nil)
		b.take(gone("redis"))
		b.pass(3*time.Second, gone("redis"))
		b.logged(`level=WARN msg="server does not answer; no order is handed out until it does" component=servers server=redis error=refused`)
		b.pass(2*time.Minute, gone("redis"))
		b.logged(
			`level=WARN msg="server still does not answer" component=servers server=redis for=1m1s error=refused`,
			`level=WARN msg="server still does not answer" component=servers server=redis for=2m1s error=refused`,
		)
		b.take(nil)
		b.pass(5*time.Second, gone("redis")) // by calls that were made before
		b.logged(`level=INFO msg="server answers again" component=servers server=redis after=2m3s`)
		b.pass(time.Hour, nil)
		b.logged()
	})
}

// Two servers may go one after the other.
func TestOutages(t *testing.T) {
	inBubble(t, slog.LevelInfo, func(b *bed) {
		b.take(gone("redis"))
		b.pass(3*time.Second, nil)
		b.logged(`level=WARN msg="server does not answer; no order is handed out until it does" component=servers server=redis error=refused`)
		b.take(fmt.Errorf("%w; %w", gone("mongodb"), gone("redis")))
		b.pass(3*time.Second, gone("mongodb"))
		b.logged(`level=WARN msg="server does not answer; no order is handed out until it does" component=servers server=mongodb error=refused`)
		b.take(gone("mongodb"))
		b.pass(3*time.Second, order.ErrUnavailable)
		b.logged(`level=INFO msg="server answers again" component=servers server=redis after=6s`)
		b.take(nil)
		b.pass(3*time.Second, nil)
		b.logged(`level=INFO msg="server answers again" component=servers server=mongodb after=6s`)
	})
}

// What an outage explains can still be had.
func TestDebug(t *testing.T) {
	inBubble(t, slog.LevelDebug, func(b *bed) {
		b.take(gone("redis"))
		b.pass(3*time.Second, nil)
		b.lines.tear()
		b.log.With("component", "queue").Error("nothing claimed", "error", gone("redis"))
		b.logged(`level=DEBUG msg="nothing claimed" component=queue error="redis unavailable: refused"`)
	})
}

// A question that is lost is no outage; nor is what a server refuses. Errors are logged
// then, a little late, and one a minute of each kind.
func TestErrorsOfServersThatAnswer(t *testing.T) {
	inBubble(t, slog.LevelInfo, func(b *bed) {
		full := &order.UnavailableError{Server: "redis", Err: errors.New("OOM command not allowed")}
		b.pass(500*time.Millisecond, nil)
		b.take(gone("redis"))
		b.pass(time.Second, gone("redis"))
		b.take(nil)
		b.logged()
		b.pass(2*time.Second, nil)
		b.logged(`level=ERROR msg="nothing claimed" error="claim: redis unavailable: refused" times=10`)
		b.pass(30*time.Second, full)
		b.logged()
		b.pass(40*time.Second, full)
		b.pass(time.Minute, nil)
		if said := b.lines.tear(); strings.Count(said, "OOM") != 2 {
			b.Errorf("an error of a server that answers for 70 s was not logged twice:\n%s", said)
		}
		b.log.Warn("lanes not kept up", "error", full)
		b.pass(2*time.Second, nil)
		b.logged(`level=WARN msg="lanes not kept up" error="redis unavailable: OOM command not allowed"`)
	})
}

// An outage of one server explains no error of another.
func TestErrorOfAnotherServer(t *testing.T) {
	inBubble(t, slog.LevelInfo, func(b *bed) {
		b.take(gone("redis"))
		b.pass(3*time.Second, nil)
		b.lines.tear()
		b.log.Warn("samples not saved", "error", gone("mongodb"))
		b.pass(2*time.Second, nil)
		b.logged(`level=WARN msg="samples not saved" error="mongodb unavailable: refused"`)
	})
}

func TestOtherLinesPass(t *testing.T) {
	inBubble(t, slog.LevelInfo, func(b *bed) {
		b.take(gone("redis"))
		b.pass(3*time.Second, nil)
		b.lines.tear()
		b.log.Info("phase", "error", gone("redis"))
		b.log.Warn("disk nearly full")
		b.log.Error("run failed", "error", order.ErrCorrupt)
		b.log.Error("run failed", "error", "redis unavailable")
		b.log.Error("outcomes not settled", "error", order.ErrClosed)
		b.log.Warn("phases not watched", "error", context.Canceled)
		b.logged(
			`level=INFO msg=phase error="redis unavailable: refused"`,
			`level=WARN msg="disk nearly full"`,
			`level=ERROR msg="run failed" error=corrupt`,
			`level=ERROR msg="run failed" error="redis unavailable"`,
		)
	})
}

// A question that fails for another reason says nothing of the servers.
func TestQuestionWithoutAnswer(t *testing.T) {
	inBubble(t, slog.LevelInfo, func(b *bed) {
		b.take(gone("redis"))
		b.pass(3*time.Second, nil)
		b.lines.tear()
		b.take(order.ErrClosed)
		b.pass(3*time.Minute, nil)
		b.logged()
	})
}

// What is held back is not lost with the watch, and without one nothing is held back.
func TestEndOfWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bed{T: t}
		b.calm = outage.New(slog.NewTextHandler(&b.lines, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
		b.log = b.calm.Logger()
		ctx, stop := context.WithCancel(t.Context())
		var watch sync.WaitGroup
		watch.Go(func() { b.calm.Watch(ctx, b.ping) })
		synctest.Wait()
		b.log.Warn("held", "error", gone("redis"))
		b.logged()
		stop()
		watch.Wait()
		b.log.Warn("passed", "error", gone("redis"))
		b.logged(
			`level=WARN msg=held error="redis unavailable: refused"`,
			`level=WARN msg=passed error="redis unavailable: refused"`,
		)
	})
}
