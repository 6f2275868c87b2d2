package logbook

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/order"
)

// Tailer is given each line of Info and above as it is written. It must not block and
// must not log. [*event.Hub] is one.
type Tailer interface {
	PublishLine(line event.Line)
}

var _ Tailer = (*event.Hub)(nil)

// Options say where a Book writes. Zero fields take the defaults.
type Options struct {
	// Stderr takes lines at Level and above. Nil: nobody does.
	Stderr io.Writer
	Level  slog.Level // default: Info

	// Files says whether the three files in Dir are written. Dir is made if need be.
	Files bool
	Dir   string
	// BufferMax is how many lines of a file wait at most before they are written, at
	// least 50. Default: 500.
	BufferMax int
	// FlushEvery is how long a line waits at most, at least 200 ms. Default: 750 ms.
	FlushEvery time.Duration

	// Tail is given every line. Nil: nobody is.
	Tail Tailer
	// Metrics counts lines and losses. Nil is valid.
	Metrics *metrics.Registry
	// Now stamps records that carry no time. Default: [time.Now].
	Now func() time.Time

	open func(path string) io.WriteCloser // by tests; default: a rotating file
}

func (o Options) withDefaults() Options {
	if o.BufferMax == 0 {
		o.BufferMax = 500
	}
	if o.FlushEvery == 0 {
		o.FlushEvery = 750 * time.Millisecond
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.open == nil {
		o.open = openRotating
	}
	return o
}

func (o Options) validate() error {
	if o.BufferMax < 50 {
		return fmt.Errorf("%w: log buffer of %d lines; allowed: 50 or more", order.ErrInvalid, o.BufferMax)
	}
	if o.FlushEvery < 200*time.Millisecond {
		return fmt.Errorf("%w: log flush interval %v; allowed: 200ms or more", order.ErrInvalid, o.FlushEvery)
	}
	if o.Files && o.Dir == "" {
		return fmt.Errorf("%w: log files without a directory", order.ErrInvalid)
	}
	return nil
}
