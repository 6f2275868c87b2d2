package app

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/orderio"
)

// rejectLog keeps the rejected lines of the run that is being read: all of them in a
// file if one was named, the first few in memory, and their number.
type rejectLog struct {
	path string

	mu      sync.Mutex // guards what follows
	file    *os.File   // nil if none is open
	lasting bool       // the file is one that can be synced
	w       *bufio.Writer
	dirty   bool // something was written since the last flush
	begun   bool // the run's rejects of earlier processes are counted
	shown   tally
	known   int64 // orders that were stored already
}

// shownRejects is how many rejects a process remembers to show.
const shownRejects = 20

// tally is a number of rejects, and the first of them.
type tally struct {
	first []orderio.Reject
	count int64
}

func (t *tally) add(r orderio.Reject) {
	t.count++
	if len(t.first) < shownRejects {
		t.first = append(t.first, r)
	}
}

// open begins a run's rejects, or goes on with them behind a cursor: what was written up
// to its line is kept, also by an earlier process, and what was written behind it is
// dropped, since those lines are read again.
func (l *rejectLog) open(at order.Cursor) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.end()
	if err == nil && l.path != "" {
		l.file, l.shown, err = openRejects(l.path, at.Line)
	}
	if err != nil {
		return fmt.Errorf("rejects: %w", err)
	}
	if l.path == "" {
		l.shown = tally{}
	} else {
		l.w, l.lasting = bufio.NewWriter(l.file), regular(l.file.Stat())
	}
	l.shown.count, l.begun = max(l.shown.count, at.Reject), true
	return nil
}

// recall counts the rejects of a run whose input an earlier process has read to the end.
// If this one has read of it itself, it does nothing.
func (l *rejectLog) recall(at order.Cursor) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.begun {
		return nil
	}
	shown, err := readRejects(l.path, at.Line)
	if err != nil {
		return fmt.Errorf("rejects: %w", err)
	}
	shown.count = max(shown.count, at.Reject)
	l.shown, l.begun = shown, true
	return nil
}

func (l *rejectLog) write(r orderio.Reject) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shown.add(r)
	if l.file == nil {
		return nil
	}
	l.dirty = true
	return orderio.WriteReject(l.w, r)
}

// skip counts an order that was stored already.
func (l *rejectLog) skip() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known++
}

// flush makes durable what was written.
func (l *rejectLog) flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.sync(); err != nil {
		return fmt.Errorf("rejects: %w", err)
	}
	return nil
}

// sync is flush; mu held.
func (l *rejectLog) sync() error {
	if !l.dirty {
		return nil
	}
	if err := l.w.Flush(); err != nil {
		return err
	}
	l.dirty = false
	if !l.lasting {
		return nil
	}
	return l.file.Sync()
}

// close gives the file back.
func (l *rejectLog) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.end()
}

// end is close; mu held.
func (l *rejectLog) end() error {
	if l.file == nil {
		return nil
	}
	err := errors.Join(l.sync(), l.file.Close())
	l.file, l.w, l.dirty = nil, nil, false
	return err
}

// Known returns how many orders of the input were stored already, and so not again.
func (a *App) Known() int64 {
	a.rejects.mu.Lock()
	defer a.rejects.mu.Unlock()
	return a.rejects.known
}

// Rejects returns how many lines of the run's input were rejected, and the first of those
// that are known: the ones of earlier processes only from the file they were written to.
func (a *App) Rejects() (int64, []orderio.Reject) {
	a.rejects.mu.Lock()
	defer a.rejects.mu.Unlock()
	return a.rejects.shown.count, append([]orderio.Reject(nil), a.rejects.shown.first...)
}
