package orderio

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
)

// space is what may surround a record and means nothing.
const space = " \t\r\n"

func blank(line []byte) bool { return len(bytes.TrimLeft(line, space)) == 0 }

// newDecoder chooses the format of the input by its name, else by its first character,
// and consumes a byte order mark and a CSV header.
func newDecoder(w *window, name string) (decoder, error) {
	if err := skipMark(w); err != nil {
		return nil, err
	}
	if isCSV, known := formatOf(name); known {
		if isCSV {
			return readHeader(w)
		}
		return &ndjson{}, nil
	}
	first, err := firstByte(w)
	switch {
	case err != nil:
		return nil, err
	case first == '[':
		return nil, errors.New("a JSON array; allowed: NDJSON, which is one object per line, or CSV")
	case first == '{' || first == 0:
		return &ndjson{}, nil
	}
	return readHeader(w)
}

// formatOf tells the format by the ending of a file's name, before that of its
// compression.
func formatOf(name string) (isCSV, known bool) {
	name = strings.ToLower(name)
	switch filepath.Ext(name) {
	case ".gz", ".zst", ".zstd":
		name = strings.TrimSuffix(name, filepath.Ext(name))
	}
	switch filepath.Ext(name) {
	case ".ndjson", ".jsonl":
		return false, true
	case ".csv":
		return true, true
	}
	return false, false
}

// skipMark consumes the mark that some programs put before UTF-8, and refuses the one
// of UTF-16.
func skipMark(w *window) error {
	for len(w.rest()) < 3 {
		if err := w.more(); ended(err) {
			break
		} else if err != nil {
			return err
		}
	}
	switch rest := w.rest(); {
	case bytes.HasPrefix(rest, []byte{0xef, 0xbb, 0xbf}):
		w.take(3, 0)
	case bytes.HasPrefix(rest, []byte{0xff, 0xfe}), bytes.HasPrefix(rest, []byte{0xfe, 0xff}):
		return errors.New("UTF-16 text; allowed: UTF-8")
	}
	return nil
}

// firstByte returns the first byte that is no space, without consuming it, or 0 if
// there is none within the window.
func firstByte(w *window) (byte, error) {
	for {
		if rest := bytes.TrimLeft(w.rest(), space); len(rest) > 0 {
			return rest[0], nil
		}
		if len(w.rest()) > maxLine {
			return 0, nil
		}
		if err := w.more(); ended(err) {
			return 0, nil
		} else if err != nil {
			return 0, err
		}
	}
}
