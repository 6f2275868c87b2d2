package logbook

import (
	"errors"
	"io"
	"log/slog"
	"sync"
)

// Book is an open logbook. All its methods are safe for concurrent use.
type Book struct {
	opts   Options
	count  counters
	rings  [classCount]ring
	files  *files // nil: none are written
	saying sync.Once
	ending sync.Once

	stderr sync.Mutex // held while a line is written there, so that lines stay whole
}

// Open returns a Book that writes as opts say, or [order.ErrInvalid] if they contradict
// their bounds. A directory that cannot be used is no error: the program runs without
// log files, and the book says so.
func Open(opts Options) (*Book, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	b := &Book{opts: opts, count: newCounters(opts.Metrics)}
	if !opts.Files {
		return b, nil
	}
	opened, err := openFiles(opts, b.trouble)
	if err != nil {
		b.trouble(0, err)
		return b, nil
	}
	b.files = opened
	return b, nil
}

// Logger returns a logger that writes to the book. After Close its lines still reach
// stderr, ring and tail.
func (b *Book) Logger() *slog.Logger { return slog.New(&handler{book: b}) }

// Tail returns the latest n lines of each class, oldest first; at most [RingLines], none
// for a negative n. They are those of this process since the last Reset.
func (b *Book) Tail(n int) (infos, warns, failures []string) {
	return b.rings[info].last(n), b.rings[warn].last(n), b.rings[failure].last(n)
}

// Reset forgets all lines so far and empties the three files. Older files, set aside by
// rotation, stay.
func (b *Book) Reset() {
	for i := range b.rings {
		b.rings[i].reset()
	}
	if b.files != nil {
		b.files.truncate()
	}
}

// Flush writes to the files what waits for them. It is for whoever is about to end the
// process without Close.
func (b *Book) Flush() {
	if b.files != nil {
		b.files.flush()
	}
}

// Close writes what waits, closes the files and ends the book's goroutine. A second
// Close does nothing.
func (b *Book) Close() (err error) {
	b.ending.Do(func() {
		if b.files == nil {
			return
		}
		var lost int
		lost, err = b.files.close()
		b.count.lost.Add(int64(lost))
	})
	return err
}

// wants says whether a line of that level goes anywhere.
func (b *Book) wants(level slog.Level) bool {
	return level >= slog.LevelInfo || b.opts.Stderr != nil && level >= b.opts.Level
}

// write hands a line to all places.
func (b *Book) write(e entry) {
	b.show(e)
	if e.line.Level >= slog.LevelInfo && b.files != nil {
		b.files.add(classOf(e.line.Level), e.text)
	}
}

// show hands a line to all places but the files.
func (b *Book) show(e entry) {
	if b.opts.Stderr != nil && e.line.Level >= b.opts.Level {
		b.print(e.text)
	}
	if e.line.Level < slog.LevelInfo {
		return
	}
	c := classOf(e.line.Level)
	b.count.lines.With(c.String()).Inc()
	b.rings[c].add(e.text)
	if b.opts.Tail != nil {
		b.opts.Tail.PublishLine(e.line)
	}
}

func (b *Book) print(text string) {
	b.stderr.Lock()
	defer b.stderr.Unlock()
	// Nothing is left to tell that stderr is gone.
	_, _ = io.WriteString(b.opts.Stderr, text+"\n")
}

// trouble counts what went wrong with the files and says it the first time.
func (b *Book) trouble(lost int, err error) {
	b.count.lost.Add(int64(lost))
	if err == nil {
		err = errors.New("the disk does not keep up")
	} else {
		b.count.failures.Inc()
	}
	b.saying.Do(func() {
		as := attrs{component: "logbook"}
		as.add("", slog.Any("err", err))
		b.show(newEntry(b.opts.Now(), slog.LevelError, "log files are incomplete; going on without", &as))
	})
}
