package logbook

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// files are the three level files and the one goroutine that writes them.
type files struct {
	levels  [classCount]*levelFile
	every   time.Duration
	trouble func(lost int, err error) // told of each failure; err nil: there was no room

	due  chan struct{} // holds a token when a write should not wait
	stop chan struct{}
	done chan struct{}
}

// openFiles makes the directory and starts the writer. trouble may be called from any
// goroutine.
func openFiles(opts Options, trouble func(lost int, err error)) (*files, error) {
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make log directory: %w", err)
	}
	if err := checkRegular(opts.Dir); err != nil {
		return nil, fmt.Errorf("check log files: %w", err)
	}
	f := &files{
		every:   opts.FlushEvery,
		trouble: trouble,
		due:     make(chan struct{}, 1),
		stop:    make(chan struct{}),
		done:    make(chan struct{}),
	}
	for _, c := range classes() {
		f.levels[c] = newLevelFile(opts, c)
	}
	go f.run()
	return f, nil
}

// checkRegular refuses log files that are links to somewhere else, or no files at all.
func checkRegular(dir string) error {
	for _, c := range classes() {
		path := filepath.Join(dir, c.fileName())
		st, err := os.Lstat(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err == nil && !st.Mode().IsRegular() {
			return fmt.Errorf("%s is not a regular file", path)
		}
	}
	return nil
}

// add queues a line; it does not touch the disk.
func (f *files) add(c class, text string) {
	due, ok := f.levels[c].add(text)
	if !ok {
		f.trouble(1, nil)
	}
	if due || c == failure {
		select {
		case f.due <- struct{}{}:
		default:
		}
	}
}

// run writes what waits whenever that is due, until close.
func (f *files) run() {
	defer close(f.done)
	tick := time.NewTicker(f.every)
	defer tick.Stop()
	for {
		select {
		case <-f.stop:
			return
		case <-f.due:
		case <-tick.C:
		}
		f.flush()
	}
}

func (f *files) flush() {
	for _, l := range f.levels {
		if lost, err := l.flush(); err != nil {
			f.trouble(lost, err)
		}
	}
}

func (f *files) truncate() {
	for _, l := range f.levels {
		if err := l.truncate(); err != nil {
			f.trouble(0, err)
		}
	}
}

// close ends the writer, writes what waits and closes the files.
func (f *files) close() (lost int, err error) {
	close(f.stop)
	<-f.done
	var errs []error
	for _, l := range f.levels {
		n, err := l.close()
		lost += n
		errs = append(errs, err)
	}
	return lost, errors.Join(errs...)
}
