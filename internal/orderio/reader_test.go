package orderio

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
)

const line = `{"id":"%s","cliente":"Ana","valor":1,"tier":"GOLD"}` + "\n"

// refs returns the ids of orders.
func refs(orders []order.Order) []string {
	var ids []string
	for _, o := range orders {
		ids = append(ids, o.Ref)
	}
	return ids
}

func TestFormatByNameOrContent(t *testing.T) {
	t.Parallel()
	const json = `{"id":"a","cliente":"Ana","valor":1,"tier":"GOLD"}`
	const comma = "id,cliente,valor,tier\na,Ana,1,GOLD"
	const semicolon = "\nid;cliente;valor;tier\r\n\r\na;Ana;1;GOLD\r\n"
	tests := []struct{ name, content string }{
		{"x.ndjson", json}, {"x.jsonl", json}, {"X.NDJSON.GZ", json}, {"-", json}, {"orders", "\n \n\t" + json}, {"x.json", "\ufeff" + json},
		{"x.csv", comma}, {"x.csv.zst", comma}, {"-", comma}, {"orders.txt", "\ufeff" + comma}, {"x.CSV", semicolon}, {"-", semicolon},
		{"-", "\"id\",\"cliente\",\"valor\",\"tier\"\n\"a\",\"Ana\",\"1\",\"GOLD\""},
		{"-", "tier,id,valor,cliente\nGOLD,a,1,Ana"},
	}
	for _, tt := range tests {
		orders, rejects, err := readAll(reader(t, tt.content, tt.name))
		if err != nil || len(rejects) > 0 || !cmp.Equal(refs(orders), []string{"a"}) {
			t.Errorf("%s %q: orders %v, rejects %v, %v, want the order a", tt.name, tt.content, orders, rejects, err)
		}
	}
}

// A name that tells the format decides, whatever the content looks like.
func TestNameGoesBeforeContent(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"x.ndjson", "x.jsonl.gz", "x.ndjson.zst", "x.jsonl.zstd"} {
		_, rejects, err := readAll(reader(t, "[{}]", name))
		if err != nil || len(rejects) != 1 || rejects[0].Reason != "not a JSON object" {
			t.Errorf("%s: %v, %v, want a line that is not a JSON object", name, rejects, err)
		}
	}
	for _, name := range []string{"x.csv", "x.csv.gz", "x.csv.zst"} {
		if _, err := NewReader(strings.NewReader("{}"), name); err == nil || !strings.Contains(err.Error(), "no such field") {
			t.Errorf("NewReader(%s) = %v, want a header refused", name, err)
		}
	}
}

// Nothing of one order is left in the next, though both are read into the same variable.
func TestNextOverwrites(t *testing.T) {
	t.Parallel()
	const full = `{"id":"a","cliente":"Ana","valor":1,"tier":"DIAMOND","observacoes":"x","createdAt":"2026-01-01T00:00:00Z"}`
	r := reader(t, full+"\n{\"cliente\":\"Eva\",\"valor\":2,\"tier\":\"GOLD\"}", "-")
	o := order.Order{Attempts: 3, Reason: "old"}
	_ = r.Next(&o)
	err := r.Next(&o)
	want := order.Order{Customer: "Eva", Amount: 200, Tier: order.Gold, Note: "Pedido padrão"}
	if diff := cmp.Diff(want, o); err != nil || diff != "" {
		t.Errorf("Next = %v, second order (-want +got):\n%s", err, diff)
	}
}

func TestNothingToRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, content string }{
		{"x.ndjson", ""}, {"x.ndjson", "\n \r\n"}, {"-", ""}, {"-", "\n\n"}, {"-", "\ufeff"}, {"x.csv", "cliente,valor,tier"},
	} {
		r := reader(t, tt.content, tt.name)
		orders, rejects, err := readAll(r)
		if err != nil || len(orders)+len(rejects) > 0 {
			t.Errorf("%s %q: %v, %v, %v, want nothing", tt.name, tt.content, orders, rejects, err)
		}
		if got := r.Position().Offset; got != int64(len(tt.content)) {
			t.Errorf("%s %q: offset at the end = %d, want %d", tt.name, tt.content, got, len(tt.content))
		}
	}
}

func TestUnusableInput(t *testing.T) {
	t.Parallel()
	const fields = "; allowed: id, cliente, valor, tier, priority, observacoes, status, createdAt"
	tests := []struct{ name, content, want string }{
		{"-", "[\n{}]", "read -: a JSON array; allowed: NDJSON, which is one object per line, or CSV"},
		{"x.csv", "", "read x.csv: line 1: no header row" + fields},
		{"x.csv", "\n\n", "read x.csv: line 3: no header row" + fields},
		{"x.csv", "\n\ncliente,valor,tier,cor\n", "read x.csv: line 3: cor: no such field" + fields},
		{"x.csv", "Cliente,valor,tier\n", "read x.csv: line 1: Cliente: no such field" + fields},
		{"x.csv", "cliente,valor,tier,\n", "read x.csv: line 1: no such field" + fields},
		{"x.csv", "cliente,valor,tier,valor\n", "read x.csv: line 1: valor: given twice; allowed: each field once"},
		{"x.csv", "cliente,valor\n", "read x.csv: line 1: tier: `cliente,valor`: no such column; allowed: a header with cliente, valor and tier"},
		{"x.csv", "\"cliente,valor,tier\n", "read x.csv: line 1: `\"cliente,valor,tier`: a quote is not closed, or its row is too long; allowed: \"text with \"\"quotes\"\"\""},
		{"x.csv", strings.Repeat("a", maxLine+1), "read x.csv: line 1: `" + strings.Repeat("a", 77) + "...`: too long; allowed: 65536 bytes"},
		{"x.csv", "\xff\xfec\x00", "read x.csv: UTF-16 text; allowed: UTF-8"},
		{"x.ndjson", "\xfe\xff\x00{", "read x.ndjson: UTF-16 text; allowed: UTF-8"},
		{"x.ndjson", "\x1f\x8b", "read x.ndjson: decompress gzip: unexpected EOF"},
	}
	for _, tt := range tests {
		_, err := NewReader(strings.NewReader(tt.content), tt.name)
		if err == nil || err.Error() != tt.want {
			t.Errorf("NewReader(%.40q, %s) =\n%v, want\n%s", tt.content, tt.name, err, tt.want)
		}
		var rejected *RejectError
		if strings.Contains(tt.want, ": line ") && (!errors.As(err, &rejected) || !errors.Is(err, order.ErrInvalid)) {
			t.Errorf("NewReader(%.40q, %s) = %v, want a *RejectError that is ErrInvalid", tt.content, tt.name, err)
		}
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "orders.ndjson")
	if err := os.WriteFile(path, []byte(fmt.Sprintf(line, "file")), 0o600); err != nil {
		t.Fatal(err)
	}
	stdin := strings.NewReader(fmt.Sprintf(line, "stdin"))
	for from, want := range map[string]string{path: "file", "-": "stdin"} {
		r, err := Open(t.Context(), from, stdin)
		if err != nil {
			t.Fatalf("Open(%s) = %v", from, err)
		}
		orders, _, err := readAll(r)
		if err != nil || !cmp.Equal(refs(orders), []string{want}) {
			t.Errorf("Open(%s): orders %v, %v, want %s", from, orders, err, want)
		}
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Errorf("Close twice = %v", err)
		}
		if err := r.Next(&order.Order{}); !errors.Is(err, os.ErrClosed) {
			t.Errorf("Next after Close = %v, want os.ErrClosed", err)
		}
	}
	for path, want := range map[string]string{filepath.Join(dir, "none"): "no such file", dir: "is a directory"} {
		if _, err := Open(t.Context(), path, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%s) = %v, want %s", path, err, want)
		}
	}
}

// A line of the greatest length is read, a longer one is one reject, wherever the
// window's edges fall.
func TestLongLines(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	var content strings.Builder
	var want []string
	var refused []int64
	for n := int64(1); content.Len() < 4*windowSize; n++ {
		id := fmt.Sprintf("o%d", n)
		text := strings.TrimSuffix(fmt.Sprintf(line, id), "\n")
		size := maxLine
		switch rng.IntN(4) {
		case 0:
			size = maxLine + 1 + rng.IntN(3*windowSize/2)
			refused = append(refused, n)
		case 1:
			want = append(want, id)
		default:
			size = rng.IntN(maxLine) + len(text)
			size = min(size, maxLine)
			want = append(want, id)
		}
		content.WriteString(text + strings.Repeat(" ", size-len(text)) + []string{"\n", "\r\n"}[rng.IntN(2)])
	}
	for _, src := range []io.Reader{strings.NewReader(content.String()), iotest.HalfReader(strings.NewReader(content.String()))} {
		r, err := NewReader(src, "x.ndjson")
		if err != nil {
			t.Fatal(err)
		}
		orders, rejects, err := readAll(r)
		var lines []int64
		for _, rej := range rejects {
			lines = append(lines, rej.Line)
			if rej.Reason != "line too long" || rej.Allowed != "65536 bytes" || !strings.HasPrefix(rej.Value, `{"id":"o`) {
				t.Errorf("reject = %v, want line too long", &rej)
			}
		}
		if diff := cmp.Diff(want, refs(orders)); err != nil || diff != "" {
			t.Errorf("%v; orders (-want +got):\n%s", err, diff)
		}
		if diff := cmp.Diff(refused, lines); diff != "" {
			t.Errorf("refused lines (-want +got):\n%s", diff)
		}
		if got := r.Position().Offset; got != int64(content.Len()) {
			t.Errorf("offset at the end = %d, want %d", got, content.Len())
		}
	}
}

// The greatest length does not count the line end, even if it comes byte by byte.
func TestLongestLineByteByByte(t *testing.T) {
	t.Parallel()
	for excess, want := range []int{1, 0} {
		text := fmt.Sprintf(line, "a")
		text = strings.Repeat(" ", maxLine+excess-len(text)+1) + strings.TrimSuffix(text, "\n") + "\r\n"
		r, err := NewReader(iotest.OneByteReader(strings.NewReader(text+"\n")), "x.ndjson")
		if err != nil {
			t.Fatal(err)
		}
		orders, rejects, err := readAll(r)
		if err != nil || len(orders) != want || len(rejects) != 1-want {
			t.Errorf("line of %d bytes: %d orders, %v, %v, want %d", maxLine+excess, len(orders), rejects, err, want)
		}
	}
}

func TestLongLastLine(t *testing.T) {
	t.Parallel()
	for _, size := range []int{maxLine + 1, windowSize, 2*windowSize + 7} {
		r := reader(t, fmt.Sprintf(line, "a")+strings.Repeat("x", size), "x.ndjson")
		orders, rejects, err := readAll(r)
		if err != nil || len(orders) != 1 || len(rejects) != 1 || rejects[0].Line != 2 {
			t.Errorf("%d bytes: %d orders, %v, %v, want one order and a reject of line 2", size, len(orders), rejects, err)
		}
		if got := r.Position(); got.Line != 2 || got.Offset != int64(len(fmt.Sprintf(line, "a"))+size) {
			t.Errorf("%d bytes: position at the end = %+v", size, got)
		}
	}
}

// Rows over several lines are found across the window's edges, up to 64 KiB; an open
// quote costs its own line only.
func TestCSVRowsOverSeveralLines(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	content := strings.Builder{}
	content.WriteString("id,cliente,valor,tier,observacoes\n")
	var want []string
	var refused []int64
	lines := int64(1)
	for n := 0; content.Len() < 6*windowSize; n++ {
		id := fmt.Sprintf("o%d", n)
		switch rng.IntN(3) {
		case 0:
			fmt.Fprintf(&content, "%s,\"a\"\"b\",1,GOLD,\"%s\"\n", id, strings.Repeat("é", rng.IntN(512)))
			want = append(want, id)
			lines++
		case 1: // a good row but for what is in it
			breaks := rng.IntN(20_000)
			fmt.Fprintf(&content, "%s,a,1,GOLD,\"x%s\"\n", id, strings.Repeat("\r\n", breaks)+"\n")
			refused = append(refused, lines+1)
			lines += int64(breaks) + 2
		case 2: // opened, never closed: no quote for the next 64 KiB
			fmt.Fprintf(&content, "%s,\"a,1,GOLD,\n", id)
			refused = append(refused, lines+1)
			lines++
			for range 700 {
				row := fmt.Sprintf("p%d", lines)
				fmt.Fprintf(&content, "%s,%s,1,GOLD,\n", row, strings.Repeat("y", 100))
				want = append(want, row)
				lines++
			}
		}
	}
	content.WriteString("last,\"a,1,GOLD,\nend,b,1,GOLD,")
	refused, want = append(refused, lines+1), append(want, "end")

	r := reader(t, content.String(), "x.csv")
	orders, rejects, err := readAll(r)
	if diff := cmp.Diff(want, refs(orders)); err != nil || diff != "" {
		t.Errorf("%v; orders (-want +got):\n%s", err, diff)
	}
	var got []int64
	for _, rej := range rejects {
		got = append(got, rej.Line)
	}
	if diff := cmp.Diff(refused, got); diff != "" {
		t.Errorf("refused lines (-want +got):\n%s", diff)
	}
	if end := r.Position(); end.Offset != int64(content.Len()) || end.Line != lines+2 {
		t.Errorf("position at the end = %+v, want %d bytes, %d lines", end, content.Len(), lines+2)
	}
}

// A row that is short on its first line and too long behind it is refused by that line.
func TestCSVRowTooLongBehindItsFirstLine(t *testing.T) {
	t.Parallel()
	content := "id,cliente,valor,tier\nx,\"a\nb\"," + strings.Repeat("1", maxLine) + ",GOLD\na,Ana,1,GOLD\n"
	orders, rejects, err := readAll(reader(t, content, "x.csv"))
	if err != nil || !cmp.Equal(refs(orders), []string{"a"}) || len(rejects) != 2 || rejects[0].Line != 2 || rejects[1].Line != 3 {
		t.Errorf("%v, %v, %v, want lines 2 and 3 refused, then the order a", refs(orders), rejects, err)
	}
}

// Wherever in the window a row over two lines lies, its reject shows its beginning.
func TestCSVRejectAcrossWindowEdge(t *testing.T) {
	t.Parallel()
	const header, row = "cliente,valor,tier\n", "\"first\nsecond\",x\n"
	behind := strings.Repeat(strings.Repeat(" ", 1000)+"\n", windowSize/1000) + "Ana,1,GOLD\n"
	for before := windowSize - len(row) - 1; before <= windowSize; before++ {
		content := header + strings.Repeat("\n", before-len(header)) + row + behind
		orders, rejects, err := readAll(reader(t, content, "x.csv"))
		if err != nil || len(orders) != 1 || len(rejects) != 1 || rejects[0].Value != `"first` || rejects[0].Reason != "2 cells" {
			t.Fatalf("row at %d: %d orders, %v, %v, want the row refused with its first line", before, len(orders), rejects, err)
		}
	}
}

// What is just allowed is taken.
func TestLimits(t *testing.T) {
	t.Parallel()
	want := order.Order{
		Ref: strings.Repeat("~", order.MaxRefLen), Customer: strings.Repeat("é", order.MaxTextLen/2), Amount: order.MaxAmount,
		Tier: order.Diamond, Note: strings.Repeat("x", order.MaxTextLen), CreatedAt: time.UnixMilli(253_402_300_799_999).UTC(),
	}
	for _, open := range []func(io.Writer) *Writer{NewNDJSONWriter, NewCSVWriter} {
		orders, rejects, err := readAll(reader(t, written(t, open, want), "-"))
		if diff := cmp.Diff([]order.Order{want}, orders); err != nil || diff != "" {
			t.Errorf("%v, %v, orders (-want +got):\n%s", rejects, err, diff)
		}
	}
}

// A row whose cells are quoted may be as long as any line.
func TestCSVLongestQuotedRow(t *testing.T) {
	t.Parallel()
	const header, row = "cliente,valor,tier,observacoes", `"Ana",1,GOLD,"`
	for _, end := range []string{"\n", "\r\n", ""} {
		full := row + strings.Repeat("x", maxLine-len(row)-1) + `"` + end
		_, rejects, err := readAll(reader(t, header+"\n"+full, "x.csv"))
		if err != nil || len(rejects) != 1 || rejects[0].Field != "observacoes" {
			t.Errorf("row of %d bytes: %v, %v, want only its note refused", len(full), rejects, err)
		}
	}
}

func TestReadErrorEndsReading(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for _, tt := range []struct{ name, content string }{
		{"x.ndjson", fmt.Sprintf(line, "a") + `{"id":"cut","cliente":"Ana","valor":1,"tier":"GOLD"}`},
		{"x.csv", "id,cliente,valor,tier\na,Ana,1,GOLD\ncut,Ana,1,GOLD"},
		{"x.csv", "id,cliente,valor,tier\na,Ana,1,GOLD\ncut,\"Ana,1,GOLD\n"},
	} {
		r, err := NewReader(io.MultiReader(strings.NewReader(tt.content), iotest.ErrReader(boom)), tt.name)
		if err != nil {
			t.Fatal(err)
		}
		orders, rejects, err := readAll(r)
		if !errors.Is(err, boom) || !cmp.Equal(refs(orders), []string{"a"}) || len(rejects) > 0 {
			t.Errorf("%q: %v, %v, %v, want the order a, then boom", tt.content, refs(orders), rejects, err)
		}
		if again := r.Next(&order.Order{}); !errors.Is(again, boom) {
			t.Errorf("%q: Next again = %v, want boom", tt.content, again)
		}
		if want := fmt.Sprintf("behind byte %d", len(tt.content)); err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %q, want %q in it", tt.content, err, want)
		}
	}
	if _, err := NewReader(iotest.ErrReader(boom), "x"); !errors.Is(err, boom) {
		t.Errorf("NewReader(broken) = %v, want boom", err)
	}
	if _, err := NewReader(io.MultiReader(strings.NewReader("clie"), iotest.ErrReader(boom)), "x.csv"); !errors.Is(err, boom) {
		t.Errorf("NewReader(header cut) = %v, want boom", err)
	}
	if _, err := NewReader(io.MultiReader(strings.NewReader("    "), iotest.ErrReader(boom)), "x"); !errors.Is(err, boom) {
		t.Errorf("NewReader(spaces, then broken) = %v, want boom", err)
	}
}

type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

func TestSourceWithoutProgress(t *testing.T) {
	t.Parallel()
	r, err := NewReader(io.MultiReader(strings.NewReader("{}\n{"), silent{}), "x.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := readAll(r); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("read = %v, want io.ErrNoProgress", err)
	}
}

// The memory of a text is not used again for another.
func TestOrdersKeepTheirTexts(t *testing.T) {
	t.Parallel()
	var content bytes.Buffer
	var want []string
	for i := range 5_000 {
		want = append(want, fmt.Sprintf("id-%d", i))
		fmt.Fprintf(&content, line, want[i])
	}
	orders, _, err := readAll(reader(t, content.String(), "x.ndjson"))
	if diff := cmp.Diff(want, refs(orders)); err != nil || diff != "" {
		t.Errorf("%v; refs (-want +got):\n%s", err, diff)
	}
	for i := range orders {
		if orders[i].Customer != "Ana" || orders[i].Note != "Pedido padrão" || orders[i].Key != (order.Key{}) || !orders[i].CreatedAt.IsZero() {
			t.Fatalf("order %d = %+v", i, orders[i])
		}
	}
}
