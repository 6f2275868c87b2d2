package logbook

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

const (
	// maxPending bounds what waits for one file, in bytes: behind a disk that hangs,
	// lines are lost rather than memory.
	maxPending = 1 << 20
	// fullPending is when a write is due whatever the number of lines.
	fullPending = maxPending / 4
)

// levelFile is one of the three files, with what waits to be written to it.
type levelFile struct {
	dir, name string
	fullLines int
	open      func(path string) io.WriteCloser

	// mu guards the buffer and is held for moments.
	mu      sync.Mutex
	pending []byte
	lines   int
	closed  bool

	// disk is held across operations on the file. It is taken before mu.
	disk  sync.Mutex
	out   io.WriteCloser
	spare []byte // the buffer that was written last, for reuse
}

func newLevelFile(opts Options, c class) *levelFile {
	f := &levelFile{dir: opts.Dir, name: c.fileName(), fullLines: opts.BufferMax, open: opts.open}
	f.out = f.open(f.path())
	return f
}

func (f *levelFile) path() string { return filepath.Join(f.dir, f.name) }

// add queues a line. It reports whether a write is due, and whether there was room. A
// closed file takes nothing and misses nothing.
func (f *levelFile) add(text string) (due, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false, true
	}
	if len(f.pending)+len(text) >= maxPending {
		return true, false
	}
	f.pending = append(f.pending, text...)
	f.pending = append(f.pending, '\n')
	f.lines++
	return f.lines >= f.fullLines || len(f.pending) >= fullPending, true
}

// flush writes what waits. On an error it is lost; lost is how many lines that were.
func (f *levelFile) flush() (lost int, err error) {
	f.disk.Lock()
	defer f.disk.Unlock()
	return f.flushLocked()
}

// flushLocked needs disk held.
func (f *levelFile) flushLocked() (lost int, err error) {
	batch, lines := f.swap()
	if lines == 0 {
		return 0, nil
	}
	if _, err := f.out.Write(batch); err != nil {
		return lines, fmt.Errorf("write %s: %w", f.path(), err)
	}
	return 0, nil
}

// swap takes the buffer and leaves the spare one in its place. disk held.
func (f *levelFile) swap() (batch []byte, lines int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	batch, lines = f.pending, f.lines
	f.pending, f.lines = f.spare[:0], 0
	f.spare = batch
	return batch, lines
}

// truncate empties the file and forgets what waits for it. Older files that it was
// rotated to stay.
func (f *levelFile) truncate() error {
	f.disk.Lock()
	defer f.disk.Unlock()
	f.swap()
	// The writer remembers where it is in the file; a new one starts at its beginning.
	closing := f.out.Close()
	f.out = f.open(f.path())
	if err := errors.Join(closing, emptyFile(f.dir, f.name)); err != nil {
		return fmt.Errorf("empty %s: %w", f.path(), err)
	}
	return nil
}

// close writes what waits and closes the file.
func (f *levelFile) close() (lost int, err error) {
	f.disk.Lock()
	defer f.disk.Unlock()
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	lost, err = f.flushLocked()
	if closing := f.out.Close(); closing != nil {
		err = errors.Join(err, fmt.Errorf("close %s: %w", f.path(), closing))
	}
	return lost, err
}

// emptyFile makes a file of dir empty, if there is one. It does not leave dir through a
// symbolic link.
func emptyFile(dir, name string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_TRUNC, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}
