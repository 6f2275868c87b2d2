package orderio

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
)

func written(t rapid.TB, open func(io.Writer) *Writer, orders ...order.Order) string {
	t.Helper()
	var b bytes.Buffer
	w := open(&b)
	for i := range orders {
		if err := w.Write(&orders[i]); err != nil {
			t.Fatalf("Write = %v", err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatalf("Flush = %v", err)
	}
	return b.String()
}

func TestWriters(t *testing.T) {
	t.Parallel()
	key := order.NewRunID(1_767_225_600_000, 7).Key(3)
	orders := []order.Order{
		{Ref: "a-1", Customer: `Ana "A", Lda`, Amount: 123456, Tier: order.Diamond, Note: "Promoção; já", Status: order.Pending,
			CreatedAt: time.Date(2026, 1, 31, 9, 0, 0, 5_999_999, time.FixedZone("", -3*3600))},
		{Key: key, Customer: `back\slash` + "\t\x7fx", Amount: 5, Tier: order.Bronze, Note: order.NoteNormal, Status: order.Processed},
		{Customer: " ", Tier: order.Gold, Status: order.Dead},
		{Customer: "b\xffd", Amount: -150, Tier: order.Silver, Status: order.Removed},
	}
	wantJSON := `{"id":"a-1","cliente":"Ana \"A\", Lda","valor":1234.56,"tier":"DIAMOND","priority":"VIP","observacoes":"Promoção; já","status":"pendente","createdAt":"2026-01-31T12:00:00.005Z"}
{"id":"` + key.String() + `","cliente":"back\\slash\u0009` + "\x7fx" + `","valor":0.05,"tier":"BRONZE","priority":"NORMAL","observacoes":"processado sem prioridade","status":"processado"}
{"cliente":" ","valor":0.00,"tier":"GOLD","priority":"NORMAL","observacoes":"","status":"falhou"}
{"cliente":"b` + "\ufffd" + `d","valor":-1.50,"tier":"SILVER","priority":"NORMAL","observacoes":"","status":"removido"}
`
	wantCSV := `id,cliente,valor,tier,priority,observacoes,status,createdAt
a-1,"Ana ""A"", Lda",1234.56,DIAMOND,VIP,"Promoção; já",pendente,2026-01-31T12:00:00.005Z
` + key.String() + `,back\slash` + "\t\x7fx" + `,0.05,BRONZE,NORMAL,processado sem prioridade,processado,
," ",0.00,GOLD,NORMAL,,falhou,
,` + "b\xffd" + `,-1.50,SILVER,NORMAL,,removido,
`
	if diff := cmp.Diff(wantJSON, written(t, NewNDJSONWriter, orders...)); diff != "" {
		t.Errorf("NDJSON (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantCSV, written(t, NewCSVWriter, orders...)); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
	if got, want := written(t, NewCSVWriter), "id,cliente,valor,tier,priority,observacoes,status,createdAt\n"; got != want {
		t.Errorf("CSV of no orders = %q, want %q", got, want)
	}
	if got := written(t, NewNDJSONWriter); got != "" {
		t.Errorf("NDJSON of no orders = %q, want nothing", got)
	}
}

// drawOrder makes any order that may be taken in, rich in what is awkward to write.
func drawOrder(t *rapid.T, leastNote int) order.Order {
	awkward := rapid.RuneFrom([]rune("aZ0 ,;\"'\\{}[]:#=+-@/<>&éãß日😀\u2028\u202e\ufeff\ufffd"))
	text := func(least int, label string) string {
		return rapid.StringOfN(awkward, least, 60, order.MaxTextLen).Draw(t, label)
	}
	o := order.Order{
		Ref:      rapid.StringMatching(`[!-~]{0,64}`).Draw(t, "ref"),
		Customer: text(1, "customer"),
		Amount:   order.Cents(rapid.Int64Range(0, int64(order.MaxAmount)).Draw(t, "amount")),
		Tier:     order.Tier(rapid.IntRange(0, order.TierCount-1).Draw(t, "tier")),
		Note:     text(leastNote, "note"),
	}
	if rapid.Bool().Draw(t, "dated") {
		o.CreatedAt = time.UnixMilli(rapid.Int64Range(0, 253_402_300_799_999).Draw(t, "createdAt")).UTC()
	}
	return o
}

// What is written is read back as it was, in every format, packed or not.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		open, name, leastNote := NewNDJSONWriter, "-", 0
		if rapid.Bool().Draw(rt, "csv") {
			open, leastNote = NewCSVWriter, 1
		}
		want := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) order.Order { return drawOrder(t, leastNote) }), 1, 20).Draw(rt, "orders")
		for i := range want {
			if err := want[i].Validate(); err != nil {
				rt.Fatalf("drawn order %+v: %v", want[i], err)
			}
		}
		content := written(rt, open, want...)
		content = []string{content, gzipped(t, content), zstandard(t, content)}[rapid.IntRange(0, 2).Draw(rt, "packing")]
		r, err := NewReader(strings.NewReader(content), name)
		if err != nil {
			rt.Fatalf("NewReader = %v", err)
		}
		got, rejects, err := readAll(r)
		if err := errors.Join(err, r.Close()); err != nil || len(rejects) > 0 {
			rt.Fatalf("read back: %v, rejects %v", err, rejects)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("read back (-written +read):\n%s", diff)
		}
	})
}

// Every order that is written, whatever became of it, is valid JSON of its fields.
func TestNDJSONIsJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		o := order.Order{Customer: string(rapid.SliceOf(rapid.Byte()).Draw(rt, "bytes")), Status: order.Processed}
		var fields map[string]any
		if err := json.Unmarshal([]byte(written(rt, NewNDJSONWriter, o)), &fields); err != nil {
			rt.Fatalf("customer %q: %v", o.Customer, err)
		}
		if got, want := fields["cliente"], strings.ToValidUTF8(o.Customer, "\ufffd"); strings.ReplaceAll(got.(string), "\ufffd", "") != strings.ReplaceAll(want, "\ufffd", "") {
			rt.Fatalf("cliente = %q, want %q", got, want)
		}
	})
}

// failing takes so many writes, then no more.
type failing struct {
	writes int
	err    error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.writes == 0 {
		return 0, f.err
	}
	f.writes--
	return len(p), nil
}

func TestWriteErrorStays(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	dst := &failing{1, boom}
	w := NewCSVWriter(dst)
	o := order.Order{Customer: strings.Repeat("x", 1000)}
	var err error
	n := 0
	for ; err == nil && n < 1000; n++ {
		err = w.Write(&o)
	}
	if !errors.Is(err, boom) || n < 2*writerBuffer/1100 {
		t.Errorf("after %d orders: %v, want boom at the second flush", n, err)
	}
	dst.writes = 100
	if again := errors.Join(w.Write(&o), w.Flush()); !errors.Is(again, boom) || dst.writes != 100 {
		t.Errorf("Write after it = %v, want boom and nothing written", again)
	}
}

func TestWriteReject(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	rej := Reject{Line: 7, Field: "valor", Value: `a"<`, Reason: "not a plain number", Allowed: "0.00"}
	if err := WriteReject(&b, rej); err != nil {
		t.Fatalf("WriteReject = %v", err)
	}
	var got Reject
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || got != rej || strings.Count(b.String(), "\n") != 1 {
		t.Errorf("WriteReject wrote %q (%v), want one line that is %+v", b.String(), err, rej)
	}
	if want := "line 7: valor: `a\"<`: not a plain number; allowed: 0.00"; (&RejectError{rej}).Error() != want {
		t.Errorf("Error() = %s, want %s", &RejectError{rej}, want)
	}
	boom := errors.New("boom")
	if err := WriteReject(&failing{0, boom}, rej); !errors.Is(err, boom) {
		t.Errorf("WriteReject(broken) = %v, want boom", err)
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	x80 := strings.Repeat("x", 80)
	tests := []struct{ value, want string }{
		{"", ""}, {"plain \"é\" 日", "plain \"é\" 日"}, {"\x00\n\xff\u202e", `\x00\n\xff\u202e`}, {x80, x80},
		{x80 + "x", x80[:77] + "..."}, {x80[:79] + "é", x80[:77] + "..."}, {strings.Repeat("é", 40), strings.Repeat("é", 40)},
		{strings.Repeat("é", 41), strings.Repeat("é", 38) + "..."}, {strings.Repeat("\xff", 30), strings.Repeat(`\xff`, 19) + "..."},
	}
	for _, tt := range tests {
		if got := excerpt([]byte(tt.value)); got != tt.want || len(got) > maxExcerpt {
			t.Errorf("excerpt(%q) = %q, want %q", tt.value, got, tt.want)
		}
	}
}
