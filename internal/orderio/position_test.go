package orderio

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
)

func TestPosition(t *testing.T) {
	t.Parallel()
	a, b := fmt.Sprintf(line, "a"), fmt.Sprintf(line, "b")
	content := "\n" + a + "\r\nnonsense\n" + b + "\n"
	want := []int{1 + len(a), 1 + len(a) + 2 + len("nonsense\n"), len(content) - 1, len(content)}
	wantLines := []int64{2, 4, 5, 6}
	r := reader(t, content, "x.ndjson")
	if got := r.Position(); got.Offset != 0 || got.Line != 0 {
		t.Errorf("Position at the beginning = %+v, want 0, 0", got)
	}
	for i, offset := range want {
		_ = r.Next(&order.Order{})
		sum := sha256.Sum256([]byte(content[:offset]))
		want := Position{int64(offset), wantLines[i], hex.EncodeToString(sum[:])}
		if got := r.Position(); got != want {
			t.Errorf("Position after %d records = %+v, want %+v", i+1, got, want)
		}
	}
}

// place reads n records of content and returns the position behind them.
func place(t *testing.T, content, name string, n int) Position {
	t.Helper()
	r := reader(t, content, name)
	for range n {
		_ = r.Next(&order.Order{})
	}
	return r.Position()
}

func TestSkipToInLargeFile(t *testing.T) {
	t.Parallel()
	content, ids := lines(6_000)
	end := place(t, content, "x.ndjson", 6_001)
	for _, packed := range []string{content, gzipped(t, content), zstandard(t, content)} {
		for _, n := range []int{0, 777, 5_999, 6_000} {
			r := reader(t, packed, "x.ndjson")
			if err := r.SkipTo(place(t, packed, "x.ndjson", n)); err != nil {
				t.Fatalf("SkipTo(%d orders) = %v", n, err)
			}
			orders, _, err := readAll(r)
			if diff := cmp.Diff(append([]string(nil), ids[n:]...), refs(orders)); err != nil || diff != "" {
				t.Errorf("after %d orders: %v, ids (-want +got):\n%s", n, err, diff)
			}
			if got := r.Position(); got != end {
				t.Errorf("after %d orders: position at the end = %+v, want %+v", n, got, end)
			}
		}
	}
}

func TestSkipToInChangedFile(t *testing.T) {
	t.Parallel()
	content, _ := lines(10)
	csv := "id,cliente,valor,tier\na,Ana,1,GOLD\nb,Ana,1,GOLD\n"
	tests := []struct {
		name, file, before, after string
		want                      string // empty: accepted
	}{
		{"same", "x.ndjson", content, content, ""},
		{"grown", "x.ndjson", content, content + content, ""},
		{"changed behind", "x.ndjson", content, strings.Replace(content, "id-9", "id-8", 1), ""},
		{"changed before", "x.ndjson", content, strings.Replace(content, "id-0", "id-1", 1), "the bytes are others"},
		{"shorter", "x.ndjson", content, content[:20], "it is shorter by"},
		{"empty", "x.ndjson", content, "", "it is shorter by"},
		{"csv same", "x.csv", csv, csv, ""},
		{"csv, columns swapped", "x.csv", csv, strings.Replace(csv, "id,cliente", "cliente,id", 1), "the bytes are others"},
		{"csv, longer header", "x.csv", "id,cliente,valor,tier\na,A,1,GOLD\nb,A,1,GOLD\n",
			"id,cliente,valor,tier,observacoes,createdAt,priority,status\n", "its header is longer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := place(t, tt.before, tt.file, 2)
			r := reader(t, tt.after, tt.file)
			err := r.SkipTo(p)
			if tt.want == "" {
				if err != nil {
					t.Errorf("SkipTo = %v, want accepted", err)
				}
				return
			}
			var changed *ChangedError
			if !errors.As(err, &changed) || changed.At != p || changed.Name != tt.file || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("SkipTo = %v, want a *ChangedError: %s", err, tt.want)
			}
			if next := r.Next(&order.Order{}); !errors.As(next, &changed) {
				t.Errorf("Next after it = %v, want the same error", next)
			}
		})
	}
}

func TestSkipToReadError(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	content, _ := lines(10)
	p := place(t, content, "x.ndjson", 5)
	r, err := NewReader(io.MultiReader(strings.NewReader(content[:30]), iotest.ErrReader(boom)), "x.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SkipTo(p); !errors.Is(err, boom) {
		t.Errorf("SkipTo = %v, want boom", err)
	}
	if err := r.SkipTo(Position{}); !errors.Is(err, boom) {
		t.Errorf("SkipTo again = %v, want boom", err)
	}
}
