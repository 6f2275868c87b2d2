package orderio

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// maxZstdWindow is how much memory a zstd stream may ask for: what `zstd --ultra -22`
// and `--long` do.
const maxZstdWindow = 128 << 20

// decompress recognises gzip and zstd by their first bytes and returns the plain
// bytes, with a function that gives back what they took. What is neither is returned
// as it is.
func decompress(r io.Reader) (io.Reader, func(), error) {
	b := bufio.NewReaderSize(r, 64<<10)
	// An error here comes again with the first Read.
	magic, _ := b.Peek(4)
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, nil, fmt.Errorf("decompress gzip: %w", err)
		}
		return named{z, "gzip"}, func() {}, nil
	case isZstd(magic):
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return nil, nil, fmt.Errorf("decompress zstd: %w", err)
		}
		return named{z, "zstd"}, z.Close, nil
	}
	return b, func() {}, nil
}

// isZstd recognises a zstd frame, and the skippable frame that parallel compressors
// begin with.
func isZstd(magic []byte) bool {
	if len(magic) < 4 {
		return false
	}
	frame := bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd})
	skippable := magic[0]&0xf0 == 0x50 && bytes.Equal(magic[1:], []byte{0x2a, 0x4d, 0x18})
	return frame || skippable
}

// named says in the errors of a decompressor which one it is.
type named struct {
	io.Reader
	name string
}

func (n named) Read(p []byte) (int, error) {
	got, err := n.Reader.Read(p)
	if err != nil && !ended(err) {
		err = fmt.Errorf("decompress %s: %w", n.name, err)
	}
	return got, err
}
