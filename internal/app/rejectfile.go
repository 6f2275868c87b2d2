package app

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/filavip/filavip/internal/orderio"
)

// openRejects opens a file to append rejects to. It leaves those up to a line in it, and
// returns their tally; line 0 begins the file anew.
func openRejects(path string, upTo int64) (*os.File, tally, error) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	var kept tally
	if upTo == 0 {
		flags |= os.O_TRUNC
	} else {
		var err error
		if kept, err = prune(path, upTo); err != nil {
			return nil, tally{}, err
		}
	}
	f, err := os.OpenFile(path, flags, 0o666) //nolint:gosec // as os.Create: the umask decides
	if err != nil {
		return nil, tally{}, err
	}
	syncFolder(path)
	return f, kept, nil
}

// prune drops the rejects behind a line from a file. They need not be its last: a line
// that the store refuses is written after those that were read ahead. A new file takes
// the place of the old one, so that a crash leaves one of the two.
func prune(path string, upTo int64) (kept tally, err error) {
	info, err := os.Stat(path)
	if !regular(info, err) {
		return tally{}, ignoreMissing(err)
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return tally{}, err
	}
	next, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		return tally{}, err
	}
	w := bufio.NewWriter(next)
	err = eachRejectOf(path, upTo, func(r orderio.Reject) error {
		kept.add(r)
		return orderio.WriteReject(w, r)
	})
	if err := errors.Join(err, w.Flush(), next.Sync(), next.Close()); err != nil {
		return tally{}, errors.Join(err, os.Remove(next.Name()))
	}
	return kept, os.Rename(next.Name(), path)
}

// readRejects returns the tally of a file's rejects up to a line. It is empty if there is
// no such file.
func readRejects(path string, upTo int64) (kept tally, err error) {
	if path == "" || !regular(os.Stat(path)) {
		return tally{}, nil
	}
	err = eachRejectOf(path, upTo, func(r orderio.Reject) error {
		kept.add(r)
		return nil
	})
	return kept, err
}

func eachRejectOf(path string, upTo int64, do func(orderio.Reject) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return eachReject(f, upTo, do)
}

// eachReject calls do with the rejects up to a line. A line that holds none is passed
// over: a crash has cut it off.
func eachReject(from io.Reader, upTo int64, do func(orderio.Reject) error) error {
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		var r orderio.Reject
		if json.Unmarshal(lines.Bytes(), &r) != nil || r.Line > upTo {
			continue
		}
		if err := do(r); err != nil {
			return err
		}
	}
	return lines.Err()
}

// regular says whether a file is one that can be read again, replaced and synced: no
// terminal, no pipe.
func regular(info fs.FileInfo, err error) bool { return err == nil && info.Mode().IsRegular() }

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// syncFolder makes a file's name durable, where folders can be synced.
func syncFolder(path string) {
	f, err := os.Open(filepath.Dir(path))
	if err != nil {
		return
	}
	defer f.Close()
	_ = f.Sync() // some systems have no such thing, and the file is of use without it
}
