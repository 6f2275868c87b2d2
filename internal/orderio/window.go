package orderio

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
)

const (
	// maxLine is how many bytes a line may have, and a CSV record over several lines.
	maxLine = 64 << 10
	// windowSize leaves room for some whole lines beside one of maxLine.
	windowSize = 256 << 10
)

// errLong says that the next line is longer than maxLine.
var errLong = errors.New("line too long")

// window is the stretch of the input that is being looked at: bytes that were read and
// not consumed. It counts and hashes what is consumed.
type window struct {
	src   io.Reader
	err   error // what src returned last; nothing is read behind it
	buf   []byte
	start int // of the bytes not consumed
	end   int // of the bytes read

	base   int64 // offset of buf[0] in the input
	lines  int64 // consumed
	sum    hash.Hash
	hashed int // bytes of buf before this are in sum
}

func newWindow(src io.Reader) *window {
	return &window{src: src, buf: make([]byte, windowSize), sum: sha256.New()}
}

// rest returns the bytes that were read and not consumed, valid until more or take.
func (w *window) rest() []byte { return w.buf[w.start:w.end] }

// offset returns how many bytes were consumed.
func (w *window) offset() int64 { return w.base + int64(w.start) }

// take consumes n bytes of rest that make up so many lines.
func (w *window) take(n int, lines int64) {
	w.start += n
	w.lines += lines
}

// more adds at least one byte to rest, or returns the error of the source, which is
// io.EOF at the end. The caller leaves room: it never holds a full window.
func (w *window) more() error {
	if w.end == len(w.buf) {
		w.compact()
	}
	for tries := 0; w.err == nil; tries++ {
		n, err := w.src.Read(w.buf[w.end:])
		w.end += n
		w.err = err
		if n > 0 {
			return nil
		}
		if tries == 100 {
			w.err = io.ErrNoProgress
		}
	}
	return w.err
}

// compact moves rest to the beginning of the buffer.
func (w *window) compact() {
	w.hash()
	copy(w.buf, w.rest())
	w.base += int64(w.start)
	w.end -= w.start
	w.start, w.hashed = 0, 0
}

// hash brings sum up to what is consumed. It is put off as long as possible, because
// one long stretch is hashed faster than many short ones.
func (w *window) hash() {
	w.sum.Write(w.buf[w.hashed:w.start])
	w.hashed = w.start
}

// hex returns the hash of all that is consumed.
func (w *window) hex() string {
	w.hash()
	return hex.EncodeToString(w.sum.Sum(nil))
}

// line returns the next line without its end, and how many bytes it takes with it. It
// consumes nothing. The error is errLong, with the beginning of the line, or that of
// the source: io.EOF if there is no more line. A last line needs no end, unless the
// source failed within it.
func (w *window) line() (line []byte, size int, err error) {
	for searched := 0; ; {
		rest := w.rest()
		if i := bytes.IndexByte(rest[searched:], '\n'); i >= 0 {
			return trimmed(rest[:searched+i], searched+i+1)
		}
		searched = len(rest)
		if searched > maxLine+1 {
			return rest[:maxLine], 0, errLong
		}
		if err := w.more(); ended(err) && searched > 0 {
			return trimmed(rest, searched)
		} else if err != nil {
			return nil, 0, err
		}
	}
}

// trimmed drops the carriage return of a line end and judges the length.
func trimmed(line []byte, size int) ([]byte, int, error) {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if len(line) > maxLine {
		return line[:maxLine], 0, errLong
	}
	return line, size, nil
}

// skipLine consumes the next line, however long it is. An error of the source is left
// for the next call.
func (w *window) skipLine() {
	for {
		rest := w.rest()
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			w.take(i+1, 1)
			return
		}
		w.take(len(rest), 0)
		if w.more() != nil {
			w.take(0, 1)
			return
		}
	}
}

// skip consumes n bytes, or as many as there are, and returns how many that were and
// the error of the source if they are fewer.
func (w *window) skip(n int64) (int64, error) {
	for skipped := int64(0); ; {
		step := min(n-skipped, int64(len(w.rest())))
		w.take(int(step), 0)
		if skipped += step; skipped == n {
			return skipped, nil
		}
		if err := w.more(); err != nil {
			return skipped, err
		}
	}
}
