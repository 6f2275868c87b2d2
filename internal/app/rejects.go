package app

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/filavip/filavip/internal/orderio"
)

// shownRejects is how many rejects a process remembers to show.
const shownRejects = 20

// rejectLog keeps the rejected lines of the run that is being read: all of them in a
// file if one was named, the first few in memory, and their number.
type rejectLog struct {
	path string

	mu    sync.Mutex // guards what follows
	file  *os.File
	w     *bufio.Writer
	first []orderio.Reject
	count int64
	known int64 // orders that were stored already
}

// open begins a run's rejects. With a line to resume behind, what an earlier process
// wrote up to it is kept, and what it wrote behind it dropped, since it is read again.
func (l *rejectLog) open(behind int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.path == "" {
		return nil
	}
	kept, err := keptRejects(l.path, behind)
	if err != nil {
		return fmt.Errorf("rejects: %w", err)
	}
	if l.file, err = os.Create(l.path); err != nil {
		return fmt.Errorf("rejects: %w", err)
	}
	l.w = bufio.NewWriter(l.file)
	for _, r := range kept {
		if err := orderio.WriteReject(l.w, r); err != nil {
			return err
		}
	}
	return l.w.Flush()
}

// keptRejects reads the rejects of a file up to a line.
func keptRejects(path string, upTo int64) ([]orderio.Reject, error) {
	if upTo == 0 {
		return nil, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var kept []orderio.Reject
	dec := json.NewDecoder(f)
	for dec.More() {
		var r orderio.Reject
		if err := dec.Decode(&r); err != nil {
			break // the last line may be cut off
		}
		if r.Line <= upTo {
			kept = append(kept, r)
		}
	}
	return kept, nil
}

func (l *rejectLog) write(r orderio.Reject) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	if len(l.first) < shownRejects {
		l.first = append(l.first, r)
	}
	if l.w == nil {
		return nil
	}
	return orderio.WriteReject(l.w, r)
}

// skip counts an order that was stored already.
func (l *rejectLog) skip() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known++
}

// flush writes what is buffered.
func (l *rejectLog) flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.w == nil {
		return nil
	}
	return errors.Join(l.w.Flush(), l.file.Sync())
}

func (l *rejectLog) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.w == nil {
		return nil
	}
	err := errors.Join(l.w.Flush(), l.file.Close())
	l.w, l.file = nil, nil
	return err
}

// Known returns how many orders of the input were stored already, and so not again.
func (a *App) Known() int64 {
	a.rejects.mu.Lock()
	defer a.rejects.mu.Unlock()
	return a.rejects.known
}

// Rejects returns how many lines this process rejected, and the first of them.
func (a *App) Rejects() (int64, []orderio.Reject) {
	a.rejects.mu.Lock()
	defer a.rejects.mu.Unlock()
	return a.rejects.count, append([]orderio.Reject(nil), a.rejects.first...)
}
