package orderio

import (
	"bytes"
	"crypto/sha256"
	stdcsv "encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
)

// The readers are compared with slow ones made of the standard library's.

var decimal = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9][0-9]?)?$`)

// referenceOrder builds an order from texts by field name, or says that they are none.
func referenceOrder(fields map[string]string) (order.Order, bool) {
	o := order.Order{Ref: fields["id"], Customer: fields["cliente"], Note: "Pedido padrão"}
	if note, ok := fields["observacoes"]; ok {
		o.Note = note
	}
	for name := range fields {
		switch name {
		case "id", "cliente", "valor", "tier", "priority", "observacoes", "status", "createdAt":
		default:
			return o, false
		}
	}
	valor := fields["valor"]
	if !decimal.MatchString(valor) {
		return o, false
	}
	cents, _ := new(big.Rat).SetString(valor)
	cents.Mul(cents, big.NewRat(100, 1))
	if !cents.IsInt() || !cents.Num().IsInt64() {
		return o, false
	}
	o.Amount = order.Cents(cents.Num().Int64())
	var err error
	if o.Tier, err = order.ParseTier(fields["tier"]); err != nil {
		return o, false
	}
	if p, ok := fields["priority"]; ok && strings.ToUpper(p) != o.Priority().String() {
		return o, false
	}
	if s, ok := fields["status"]; ok && s != "pendente" {
		return o, false
	}
	if c, ok := fields["createdAt"]; ok {
		if o.CreatedAt.UnmarshalText([]byte(c)) != nil || o.CreatedAt.UTC().Year() < 1970 || o.CreatedAt.UTC().Year() > 9999 {
			return o, false
		}
		o.CreatedAt = time.UnixMilli(o.CreatedAt.UnixMilli()).UTC()
	}
	if id, ok := fields["id"]; ok && id == "" {
		return o, false
	}
	return o, o.Validate() == nil
}

// referenceJSON reads one line. sure is false where encoding/json cannot tell a lone
// surrogate from a replacement character.
func referenceJSON(line []byte) (o order.Order, ok, sure bool) {
	if !utf8.Valid(line) || !json.Valid(line) {
		return o, false, true
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if t, _ := d.Token(); t != json.Delim('{') {
		return o, false, true
	}
	fields, seen := map[string]string{}, map[string]bool{}
	for d.More() {
		key, _ := d.Token()
		name := key.(string)
		if seen[name] {
			return o, false, true
		}
		seen[name] = true
		switch value, _ := d.Token(); value := value.(type) {
		case string:
			fields[name] = value
		case json.Number:
			if name != "valor" {
				return o, false, true
			}
			fields[name] = value.String()
		case nil:
			if name == "cliente" || parseUnknown(name) {
				return o, false, true
			}
		default:
			return o, false, true
		}
	}
	o, ok = referenceOrder(fields)
	return o, ok, !strings.Contains(o.Customer+o.Note+fields["id"], "\ufffd")
}

func parseUnknown(name string) bool {
	_, known := parseField([]byte(name))
	return !known
}

func FuzzNDJSON(f *testing.F) {
	content, err := os.ReadFile("testdata/rejects.ndjson")
	if err != nil {
		f.Fatal(err)
	}
	for line := range bytes.Lines(content) {
		f.Add(line)
	}
	f.Add([]byte("\xef\xbb\xbf{\"cliente\":\"\\ud83d\\ude00\",\"valor\":\"1.5\",\"tier\":\"ouro\"}\r\n\n{}"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if isMagic(content) {
			t.Skip()
		}
		r, err := NewReader(bytes.NewReader(content), "x.ndjson")
		if err != nil {
			return // UTF-16
		}
		orders, rejects, err := readAll(r)
		if err != nil {
			t.Fatalf("read %q: %v", content, err)
		}
		var want []order.Order
		var refused []int64
		unsure := false
		for i, line := range bytes.Split(bytes.TrimPrefix(content, []byte("\ufeff")), []byte("\n")) {
			line = bytes.TrimSuffix(line, []byte("\r"))
			if blank(line) {
				continue
			}
			o, ok, sure := referenceJSON(line)
			unsure = unsure || !sure
			if ok {
				want = append(want, o)
			} else {
				refused = append(refused, int64(i+1))
			}
		}
		if !unsure {
			compare(t, content, want, orders, refused, rejects)
		}
		checkRejects(t, rejects)
		checkResume(t, content, "x.ndjson")
	})
}

func FuzzCSV(f *testing.F) {
	for _, name := range []string{"testdata/rejects.csv", "testdata/excel.csv"} {
		content, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
		header, rows, _ := bytes.Cut(content, []byte("\n"))
		for row := range bytes.Lines(rows) {
			f.Add(append(append(bytes.Clone(header), '\n'), row...))
		}
	}
	f.Add([]byte("cliente,valor,tier\n\"a\"\"b\",1,gold\n\"c\nd\",2,gold\ne,3,gold"))
	f.Add([]byte("cliente,valor,tier\n\"a\nb\",1,gold"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if isMagic(content) {
			t.Skip()
		}
		r, err := NewReader(bytes.NewReader(content), "x.csv")
		if err != nil {
			return
		}
		orders, rejects, err := readAll(r)
		if err != nil {
			t.Fatalf("read %q: %v", content, err)
		}
		if want, refused, ok := referenceCSV(content); ok {
			compare(t, content, want, orders, refused, rejects)
		}
		checkRejects(t, rejects)
		checkResume(t, content, "x.csv")
	})
}

// referenceCSV reads a file that encoding/csv takes for well-formed.
func referenceCSV(content []byte) (want []order.Order, refused []int64, ok bool) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	d := stdcsv.NewReader(bytes.NewReader(content))
	d.FieldsPerRecord = -1
	for line := range bytes.Lines(content) {
		if !blank(line) {
			d.Comma = rune(separator(line))
			break
		}
	}
	var header []string
	for {
		row, err := d.Read()
		if err != nil {
			return want, refused, err.Error() == "EOF"
		}
		line, _ := d.FieldPos(0)
		switch {
		case len(row) == 1 && blank([]byte(row[0])):
			// Blank to us; in quotes it is a row of one cell.
			if row[0] != "" || bytes.Contains(content, []byte(`"`)) {
				return nil, nil, false
			}
		case header == nil:
			header = row
		default:
			if o, ok := referenceRow(header, row); ok {
				want = append(want, o)
			} else {
				refused = append(refused, int64(line))
			}
		}
	}
}

func referenceRow(header, row []string) (order.Order, bool) {
	if len(row) != len(header) {
		return order.Order{}, false
	}
	fields := map[string]string{}
	for i, name := range header {
		if !utf8.ValidString(row[i]) {
			return order.Order{}, false
		}
		if row[i] != "" {
			fields[name] = row[i]
		}
	}
	return referenceOrder(fields)
}

func isMagic(content []byte) bool {
	return bytes.HasPrefix(content, []byte{0x1f, 0x8b}) || isZstd(content[:min(len(content), 4)])
}

func compare(t *testing.T, content []byte, want, got []order.Order, refused []int64, rejects []Reject) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("orders of %q (-want +got):\n%s", content, diff)
	}
	var lines []int64
	for _, rej := range rejects {
		lines = append(lines, rej.Line)
	}
	if diff := cmp.Diff(refused, lines); diff != "" {
		t.Fatalf("refused lines of %q (-want +got):\n%s", content, diff)
	}
}

// checkRejects examines what every reject promises.
func checkRejects(t *testing.T, rejects []Reject) {
	t.Helper()
	for _, rej := range rejects {
		if rej.Line < 1 || rej.Reason == "" || rej.Allowed == "" || len(rej.Value) > maxExcerpt || len(rej.Field) > maxExcerpt {
			t.Errorf("reject %+v: want line, reason, allowed, and short texts", rej)
		}
		if s := rej.String(); strings.ContainsAny(s, "\n\r\x00\x1b") || !utf8.ValidString(s) {
			t.Errorf("reject %q: want one line of text", s)
		}
	}
}

// checkResume reads content again, byte by byte, and from each of its first positions
// on, and wants the same each time.
func checkResume(t *testing.T, content []byte, name string) {
	t.Helper()
	type outcome struct {
		Order  order.Order
		Reject Reject
		Behind Position
	}
	read := func(r *Reader) (all []outcome) {
		for {
			var now outcome
			err := r.Next(&now.Order)
			if rejected, ok := errors.AsType[*RejectError](err); ok {
				now.Reject = rejected.Reject
				now.Order = order.Order{}
			} else if err != nil {
				return all
			}
			now.Behind = r.Position()
			all = append(all, now)
		}
	}
	open := func() *Reader {
		r, err := NewReader(iotest.OneByteReader(bytes.NewReader(content)), name)
		if err != nil {
			t.Fatalf("NewReader(%q), byte by byte: %v", content, err)
		}
		return r
	}
	whole := reader(t, string(content), name)
	all := read(whole)
	sum := sha256.Sum256(content)
	want := Position{int64(len(content)), int64(len(slices.Collect(bytes.Lines(bytes.TrimPrefix(content, []byte("\ufeff")))))), hex.EncodeToString(sum[:])}
	if end := whole.Position(); end != want || whole.Line() != want.Line {
		t.Fatalf("Position at the end of %q = %+v, Line %d, want %+v", content, end, whole.Line(), want)
	}
	if diff := cmp.Diff(all, read(open())); diff != "" {
		t.Fatalf("%q read at once, and byte by byte (-at once +by byte):\n%s", content, diff)
	}
	for i, from := range all[:min(len(all), 10)] {
		r := open()
		if err := r.SkipTo(from.Behind); err != nil {
			t.Fatalf("SkipTo(%+v) of %q = %v", from.Behind, content, err)
		}
		if diff := cmp.Diff(append([]outcome(nil), all[i+1:]...), read(r)); diff != "" {
			t.Fatalf("%q from %+v on (-want +got):\n%s", content, from.Behind, diff)
		}
	}
}
