package orderio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/filavip/filavip/internal/order"
)

// Reader reads orders from one input. It is not safe for concurrent use.
type Reader struct {
	name    string
	in      *window
	decoder decoder
	builder builder
	rec     record
	failed  error // what ended reading for good
	closers []func() error
}

// Open opens the file at path, or takes stdin if path is "-", as [NewReader] does. The
// caller closes the Reader. Where there may be a wait for input, as there may at a pipe,
// reading ends with ctx and its error; what waits for stdin then waits on, and must not
// be joined by another reader of it.
func Open(ctx context.Context, path string, stdin io.Reader) (*Reader, error) {
	if path == "-" {
		return NewReader(newInterruptible(ctx, stdin), "standard input")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open orders: %w", err)
	}
	var src io.Reader = f
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		src = newInterruptible(ctx, f)
	}
	r, err := NewReader(src, path)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r.closers = append(r.closers, f.Close)
	return r, nil
}

// NewReader returns a Reader of the orders in src, and reads the beginning of src to
// learn its compression, format and CSV header. If that shows that no order can be
// read, it returns an error: a *[RejectError] in it says what is wrong with a header.
// The name is for errors, and its ending may tell the format. Closing the Reader does
// not close src.
func NewReader(src io.Reader, name string) (*Reader, error) {
	plain, free, err := decompress(src)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	in := newWindow(plain)
	d, err := newDecoder(in, name)
	if err != nil {
		free()
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return &Reader{name: name, in: in, decoder: d, closers: []func() error{
		func() error { free(); return nil },
	}}, nil
}

// Close gives back what the Reader holds. Calling it again does nothing.
func (r *Reader) Close() error {
	var errs []error
	for _, c := range r.closers {
		errs = append(errs, c())
	}
	r.closers = nil
	if r.failed == nil {
		r.failed = fmt.Errorf("read %s: %w", r.name, os.ErrClosed)
	}
	return errors.Join(errs...)
}

// Next reads the next order into o, with a zero Key, status Pending, and a zero
// CreatedAt if the record has none. Such an order passes [order.Order.Validate].
//
// It returns a *[RejectError] if the next record is refused, after which reading may
// go on; io.EOF behind the last record; and any other error if the input cannot be read
// any further, again and again. With an error, o is of no use.
func (r *Reader) Next(o *order.Order) error {
	*o = order.Order{}
	if r.failed != nil {
		return r.failed
	}
	for {
		line, size, err := r.in.line()
		switch {
		case errors.Is(err, errLong):
			return r.rejectLong(line)
		case ended(err):
			return io.EOF
		case err != nil:
			return r.fail(err)
		case !blank(line):
			return r.record(line, size, o)
		}
		r.in.take(size, 1)
	}
}

// record reads the record that begins with line and consumes it.
func (r *Reader) record(line []byte, size int, o *order.Order) error {
	r.rec.reset()
	taken, rej, err := r.decoder.decode(r.in, line, size, &r.rec)
	if err != nil {
		return r.fail(err)
	}
	if rej == nil {
		rej = r.builder.build(&r.rec, o)
	}
	first := r.in.lines + 1
	r.in.take(taken.bytes, taken.lines)
	if rej != nil {
		rej.Line = first
		return &RejectError{*rej}
	}
	return nil
}

func (r *Reader) rejectLong(line []byte) error {
	rej := refuse("", line, "line too long", fmt.Sprintf("%d bytes", maxLine))
	rej.Line = r.in.lines + 1
	r.in.skipLine()
	return &RejectError{*rej}
}

// fail ends reading for good.
func (r *Reader) fail(err error) error {
	r.failed = fmt.Errorf("read %s behind byte %d, line %d: %w", r.name, r.in.base+int64(r.in.end), r.in.lines, err)
	return r.failed
}

// ended says whether err is the orderly end of an input. A wrapped io.EOF is none.
func ended(err error) bool { return err == io.EOF } //nolint:errorlint // see above

// Position is a place behind a record.
type Position struct {
	Offset int64  // bytes up to here, decompressed
	Line   int64  // lines up to here
	Hash   string // SHA-256 of those bytes, hexadecimal
}

// Position returns the place behind the last record that Next returned or refused.
func (r *Reader) Position() Position {
	return Position{r.in.offset(), r.in.lines, r.in.hex()}
}

// ChangedError says that an input is not the one a Position was taken in.
type ChangedError struct {
	Name   string
	At     Position
	Reason string
}

// Error says which input and how it shows.
func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s has changed since its first %d bytes, %d lines, were read: %s", e.Name, e.At.Offset, e.At.Line, e.Reason)
}

// SkipTo brings a Reader that has returned nothing yet to a place that a Reader of the
// same input was at. It returns a *[ChangedError] if the bytes up to there are others
// than they were; then, as after any error, the Reader is of no more use. The zero
// Position is the beginning.
func (r *Reader) SkipTo(p Position) error {
	if p == (Position{}) || r.failed != nil {
		return r.failed
	}
	n := p.Offset - r.in.offset()
	if n < 0 {
		return r.changed(p, "its header is longer")
	}
	skipped, err := r.in.skip(n)
	switch {
	case ended(err):
		return r.changed(p, fmt.Sprintf("it is shorter by %d bytes", n-skipped))
	case err != nil:
		return r.fail(err)
	case r.in.hex() != p.Hash:
		return r.changed(p, "the bytes are others")
	}
	r.in.lines = p.Line
	return nil
}

func (r *Reader) changed(p Position, reason string) error {
	r.failed = &ChangedError{r.name, p, reason}
	return r.failed
}
