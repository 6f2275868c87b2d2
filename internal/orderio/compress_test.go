package orderio

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

func gzipped(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstandard(t testing.TB, content string) string {
	t.Helper()
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	return string(z.EncodeAll([]byte(content), nil))
}

func lines(n int) (content string, ids []string) {
	var b strings.Builder
	for i := range n {
		ids = append(ids, fmt.Sprintf("id-%d", i))
		fmt.Fprintf(&b, line, ids[len(ids)-1])
	}
	return b.String(), ids
}

func TestCompressionIsRecognised(t *testing.T) {
	t.Parallel()
	content, want := lines(3000)
	first, _ := lines(1234)
	rest := content[len(first):]
	skippable := "\x5a\x2a\x4d\x18\x04\x00\x00\x00meta"
	for name, packed := range map[string]string{
		"gzip": gzipped(t, content), "gzip twice": gzipped(t, first) + gzipped(t, rest),
		"zstd": zstandard(t, content), "zstd twice": zstandard(t, first) + zstandard(t, rest),
		"zstd in parts": skippable + zstandard(t, content), "plain": content,
	} {
		for _, file := range []string{"x.ndjson", "x.ndjson.gz", "x.jsonl.zst", "-"} {
			r := reader(t, packed, file)
			orders, rejects, err := readAll(r)
			if diff := cmp.Diff(want, refs(orders)); err != nil || len(rejects) > 0 || diff != "" {
				t.Errorf("%s as %s: %v, %v, ids (-want +got):\n%s", name, file, rejects, err, diff)
			}
			if got := r.Position(); got.Offset != int64(len(content)) || got.Line != 3000 {
				t.Errorf("%s as %s: position at the end = %+v, want %d bytes, 3000 lines", name, file, got, len(content))
			}
		}
	}
}

// A compressed file that is cut, at any of many places, is an error in the end, never a shorter file;
// what is delivered before it is whole and in place.
func TestCutCompression(t *testing.T) {
	t.Parallel()
	content, want := lines(500)
	for name, packed := range map[string]string{"gzip": gzipped(t, content), "zstd": zstandard(t, content)} {
		for cut := 4; cut < len(packed); cut += 1 + len(packed)/200 {
			r, err := NewReader(strings.NewReader(packed[:cut]), "x.ndjson")
			if err != nil {
				continue // within the first bytes
			}
			orders, rejects, err := readAll(r)
			got := refs(orders)
			if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "decompress "+name) || !strings.Contains(err.Error(), "behind byte ") {
				t.Errorf("%s cut at %d: %v, want an unexpected EOF with its place", name, cut, err)
			}
			if len(rejects) > 0 || len(got) > len(want) || !cmp.Equal(got, append([]string(nil), want[:len(got)]...)) {
				t.Errorf("%s cut at %d: %d orders, rejects %v, want the first of the file", name, cut, len(got), rejects)
			}
			if err := r.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
		}
	}
}

func TestDamagedCompression(t *testing.T) {
	t.Parallel()
	content, _ := lines(500)
	for name, packed := range map[string]string{"gzip": gzipped(t, content), "zstd": zstandard(t, content)} {
		damaged := []byte(packed)
		damaged[len(damaged)-6] ^= 0xff
		r, err := NewReader(bytes.NewReader(damaged), "x.ndjson")
		if err == nil {
			_, _, err = readAll(r)
			_ = r.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "decompress "+name) {
			t.Errorf("damaged %s: %v, want an error of it", name, err)
		}
	}
}
