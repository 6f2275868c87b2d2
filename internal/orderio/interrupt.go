package orderio

import (
	"context"
	"io"
)

// interruptible reads from a source that may keep it waiting for ever, and ends with ctx
// all the same. Each read of the source has a goroutine, and a buffer that is not the
// caller's: one that is left waiting when ctx ends can do no harm whenever it returns.
type interruptible struct {
	ctx  context.Context
	src  io.Reader
	buf  []byte
	rest []byte // of buf, not handed out yet
	err  error  // comes behind rest, and stays
	got  chan portion
}

// portion is what one read of the source returned.
type portion struct {
	n   int
	err error
}

// portionSize is how much is read at once; a pipe seldom holds more.
const portionSize = 64 << 10

func newInterruptible(ctx context.Context, src io.Reader) *interruptible {
	return &interruptible{ctx: ctx, src: src, buf: make([]byte, portionSize), got: make(chan portion, 1)}
}

// Read implements [io.Reader].
func (r *interruptible) Read(p []byte) (int, error) {
	if len(r.rest) == 0 && r.err == nil {
		r.err = r.fill()
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	if len(r.rest) > 0 {
		return n, nil
	}
	return n, r.err
}

// fill reads the next portion.
func (r *interruptible) fill() error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	go func() {
		n, err := r.src.Read(r.buf)
		r.got <- portion{n, err}
	}()
	select {
	case p := <-r.got:
		r.rest = r.buf[:p.n]
		return p.err
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}
