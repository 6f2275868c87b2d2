package orderio

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
)

var update = flag.Bool("update", false, "write the golden files anew")

// readAll returns all orders and rejects of an input, and what ended it: nil for its
// orderly end.
func readAll(r *Reader) (orders []order.Order, rejects []Reject, err error) {
	for {
		var o order.Order
		err := r.Next(&o)
		var rejected *RejectError
		switch {
		case err == nil:
			orders = append(orders, o)
		case errors.As(err, &rejected):
			rejects = append(rejects, rejected.Reject)
		case err == io.EOF:
			return orders, rejects, nil
		default:
			return orders, rejects, err
		}
	}
}

func reader(t testing.TB, content, name string) *Reader {
	t.Helper()
	r, err := NewReader(strings.NewReader(content), name)
	if err != nil {
		t.Fatalf("NewReader(%s) = %v", name, err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
	return r
}

// TestGolden reads files that hold every kind of mistake, one to a line, and compares
// the accepted orders and the rejects with what is known to be right.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"rejects.ndjson", "rejects.csv", "excel.csv"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join("testdata", name)
			r, err := Open(t.Context(), path, nil)
			if err != nil {
				t.Fatalf("Open(%s) = %v", path, err)
			}
			orders, rejects, err := readAll(r)
			if err := errors.Join(err, r.Close()); err != nil {
				t.Fatalf("read %s: %v", path, err)
			}
			var got bytes.Buffer
			w := NewNDJSONWriter(&got)
			for i := range orders {
				if err := w.Write(&orders[i]); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			for _, rej := range rejects {
				if err := WriteReject(&got, rej); err != nil {
					t.Fatal(err)
				}
				if len(rej.Value) > maxExcerpt {
					t.Errorf("line %d: value of %d bytes, want at most %d", rej.Line, len(rej.Value), maxExcerpt)
				}
			}
			golden(t, path+".golden", got.Bytes())
		})
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
