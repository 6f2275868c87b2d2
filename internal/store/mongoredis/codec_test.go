package mongoredis

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// anyRun draws the ID of a run.
func anyRun() *rapid.Generator[order.RunID] {
	return rapid.Custom(func(t *rapid.T) order.RunID {
		return order.NewRunID(rapid.Int64Range(0, 1<<47).Draw(t, "started"), rapid.Uint64().Draw(t, "tag"))
	})
}

// anyInstant draws one that a document can have: whole milliseconds, UTC.
func anyInstant() *rapid.Generator[time.Time] {
	return rapid.Map(rapid.Int64Range(0, 1<<42), func(ms int64) time.Time { return time.UnixMilli(ms).UTC() })
}

// anyAccepted draws an order as it comes in.
func anyAccepted() *rapid.Generator[order.Order] {
	return rapid.Custom(func(t *rapid.T) order.Order {
		key := anyRun().Draw(t, "run").Key(rapid.Uint64Range(0, order.MaxIndex).Draw(t, "index"))
		return order.Order{
			Key:       key,
			Ref:       rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[!-~]{1,64}`), rapid.Just(order.Key{}.String())).Draw(t, "ref"),
			Customer:  rapid.StringN(1, 100, 1024).Draw(t, "customer"),
			Amount:    order.Cents(rapid.Int64Range(0, int64(order.MaxAmount)).Draw(t, "amount")),
			Tier:      order.Tier(rapid.IntRange(0, order.TierCount-1).Draw(t, "tier")),
			Note:      rapid.OneOf(rapid.StringN(0, 100, 1024), rapid.Just(order.NoteVIP), rapid.Just(order.NoteNormal)).Draw(t, "note"),
			CreatedAt: anyInstant().Draw(t, "created"),
		}
	})
}

func decoded(t rapid.TB, raw bson.Raw) orderDoc {
	t.Helper()
	d, err := decodeOrder(raw)
	if err != nil {
		t.Fatalf("decodeOrder(%v) = %v", raw, err)
	}
	return d
}

func TestAcceptedOrderComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := anyAccepted().Draw(t, "order")
		block := rapid.Uint64Range(0, want.Key.Index()).Draw(t, "block")
		before := []byte("before")
		raw := appendOrder(slices.Clone(before), &want, block)
		if !bytes.HasPrefix(raw, before) {
			t.Fatalf("appendOrder changed what it appended to")
		}
		raw = raw[len(before):]
		if err := bson.Raw(raw).Validate(); err != nil {
			t.Fatalf("appendOrder made a document that is none: %v", err)
		}
		d := decoded(t, raw)
		if err := d.sound(raw); err != nil {
			t.Fatalf("sound() of an accepted order = %v", err)
		}
		clear(raw) // what was decoded shares no memory with it
		if diff := cmp.Diff(want, d.Order); diff != "" {
			t.Fatalf("order differs (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, d.accepted()); diff != "" {
			t.Fatalf("order as accepted differs (-want +got):\n%s", diff)
		}
		if d.block != block || d.rev != 0 || d.hidden || d.redriven != 0 || d.letter != nil {
			t.Fatalf("decodeOrder = %+v, want block %d and nothing else", d, block)
		}
	})
}

// rewritten returns the document with fields added, or put in the place of what it has.
func rewritten(t rapid.TB, raw bson.Raw, fields bson.D) bson.Raw {
	t.Helper()
	var d bson.D
	if err := bson.Unmarshal(raw, &d); err != nil {
		t.Fatalf("unmarshal: %v", err)
	}
	for _, f := range fields {
		d = slices.DeleteFunc(d, func(e bson.E) bool { return e.Key == f.Key })
		if f.Value != nil {
			d = append(d, f)
		}
	}
	raw, err := bson.Marshal(d)
	if err != nil {
		t.Fatalf("marshal: %v", err)
	}
	return raw
}

// TestSettledOrderComesBack has every field that changes of a block set.
func TestSettledOrderComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		accepted := anyAccepted().Draw(t, "order")
		want := orderDoc{Order: accepted, block: 7, rev: rapid.Int64().Draw(t, "rev"), original: accepted.Note}
		if accepted.Ref == "" {
			want.original = ""
		}
		want.Status = order.Status(rapid.IntRange(0, 3).Draw(t, "status"))
		want.Note = rapid.SampledFrom([]string{order.NoteVIP, order.NoteNormal, "another"}).Draw(t, "note now")
		want.ProcessedAt, want.failedAt, want.failedBy = anyInstant().Draw(t, "at"), anyInstant().Draw(t, "first"), anyInstant().Draw(t, "last")
		want.Attempts, want.redriven = rapid.IntRange(0, 1<<20).Draw(t, "attempts"), rapid.IntRange(0, 99).Draw(t, "redriven")
		want.Reason, want.hidden = rapid.String().Draw(t, "reason"), rapid.Bool().Draw(t, "hidden")
		want.letter = &store.DeadLetter{Group: "timeout", Attempts: 3, First: want.failedAt, Last: want.failedBy}
		raw := rewritten(t, appendOrder(nil, &accepted, want.block), bson.D{
			{Key: fieldStatus, Value: statusName(want.Status)}, {Key: fieldNote, Value: want.Note}, {Key: fieldRev, Value: want.rev},
			{Key: fieldProcessedAt, Value: want.ProcessedAt}, {Key: fieldFailedFirst, Value: want.failedAt}, {Key: fieldFailedLast, Value: want.failedBy},
			{Key: fieldAttempts, Value: int32(want.Attempts)}, {Key: fieldRedriven, Value: int64(want.redriven)},
			{Key: fieldReason, Value: want.Reason}, {Key: fieldHidden, Value: want.hidden}, {Key: "later", Value: bson.D{{Key: "a", Value: 1}}},
			{Key: fieldLetter, Value: letterDoc{Group: "timeout", Attempts: 3, First: want.failedAt, Last: want.failedBy}},
		})
		if diff := cmp.Diff(want, decoded(t, raw), cmp.AllowUnexported(orderDoc{})); diff != "" {
			t.Fatalf("order differs (-want +got):\n%s", diff)
		}
	})
}

// TestGivenUpRef: an order that has given its ref up still tells it.
func TestGivenUpRef(t *testing.T) {
	t.Parallel()
	o := order.Order{Key: order.NewRunID(5, 6).Key(7), Ref: "mine", Customer: "c", Note: "note"}
	raw := rewritten(t, appendOrder(nil, &o, 7), bson.D{
		{Key: fieldID, Value: o.Key.String()}, {Key: fieldFormerID, Value: o.Ref},
	})
	if d := decoded(t, raw); d.accepted() != o {
		t.Errorf("accepted() = %+v, want %+v", d.accepted(), o)
	}
}

// TestProjectedOrder: what a projection left out is zero.
func TestProjectedOrder(t *testing.T) {
	t.Parallel()
	key := order.NewRunID(5, 6).Key(7)
	raw, err := bson.Marshal(byID(uuid(key)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(orderDoc{Order: order.Order{Key: key}}, decoded(t, raw), cmp.AllowUnexported(orderDoc{})); diff != "" {
		t.Errorf("order differs (-want +got):\n%s", diff)
	}
}

func TestDecodeRefusesOtherDocuments(t *testing.T) {
	t.Parallel()
	o := order.Order{Key: order.NewRunID(5, 6).Key(7), Ref: "r", Customer: "c", Tier: order.Gold}
	sound := appendOrder(nil, &o, 7)
	for name, value := range map[string]any{
		fieldKey: "text", fieldID: 5, fieldCustomer: 5, fieldAmount: "1.00", fieldTier: "PLATINUM", fieldNote: true,
		fieldStatus: "other", fieldCreatedAt: "today", fieldBlock: "7", fieldAttempts: "0", fieldRev: "0",
		fieldProcessedAt: 5, fieldReason: 5, fieldAcceptedAs: 5, fieldHidden: "yes", fieldFailedFirst: 5, fieldFailedLast: 5,
		fieldRedriven: "0", fieldLetter: "text", fieldFormerID: 5,
	} {
		_, err := decodeOrder(rewritten(t, sound, bson.D{{Key: name, Value: value}}))
		if !errors.Is(err, order.ErrCorrupt) || !strings.Contains(err.Error(), name) {
			t.Errorf("decodeOrder with %s = %v: %v, want %v that names the field", name, value, err, order.ErrCorrupt)
		}
	}
	for end := range sound {
		if _, err := decodeOrder(sound[:end]); !errors.Is(err, order.ErrCorrupt) {
			t.Errorf("decodeOrder of %d of %d bytes = %v, want %v", end, len(sound), err, order.ErrCorrupt)
		}
	}
	if _, err := decodeOrder(append(slices.Clone(sound), 0)); !errors.Is(err, order.ErrCorrupt) {
		t.Errorf("decodeOrder with a byte too many = %v, want %v", err, order.ErrCorrupt)
	}
}

func TestUnsoundOrders(t *testing.T) {
	t.Parallel()
	o := order.Order{Key: order.NewRunID(5, 6).Key(7), Customer: "c", Tier: order.Gold}
	for name, fields := range map[string]bson.D{
		"of another run":           {{Key: fieldRun, Value: uuid(order.NewRunID(5, 7))}},
		"in another lane":          {{Key: fieldPriority, Value: order.VIP.String()}},
		"in no lane":               {{Key: fieldPriority, Value: nil}},
		"pending and dead":         {{Key: fieldDead, Value: "timeout"}},
		"dead without a group":     {{Key: fieldStatus, Value: statusName(order.Dead)}},
		"dead without a letter":    {{Key: fieldStatus, Value: statusName(order.Dead)}, {Key: fieldDead, Value: "timeout"}},
		"dead of another's letter": {{Key: fieldStatus, Value: statusName(order.Dead)}, {Key: fieldDead, Value: "timeout"}, {Key: fieldLetter, Value: letterDoc{Group: "refused"}}},
	} {
		raw := rewritten(t, appendOrder(nil, &o, 7), fields)
		d := decoded(t, raw)
		if err := d.sound(raw); !errors.Is(err, order.ErrCorrupt) {
			t.Errorf("sound() of an order %s = %v, want %v", name, err, order.ErrCorrupt)
		}
	}
}

// FuzzDecodeOrder: whatever the bytes are, they are decoded or refused.
func FuzzDecodeOrder(f *testing.F) {
	o := order.Order{Key: order.NewRunID(5, 6).Key(7), Ref: "r", Customer: "c", Tier: order.Gold, Note: order.NoteVIP}
	f.Add(appendOrder(nil, &o, 7))
	f.Add([]byte{5, 0, 0, 0, 0})
	f.Add([]byte{5, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := decodeOrder(raw)
		if err == nil && bson.Raw(raw).Validate() == nil {
			_ = d.sound(raw)
			return
		}
		if err != nil && !errors.Is(err, order.ErrCorrupt) {
			t.Errorf("decodeOrder = %v, want %v", err, order.ErrCorrupt)
		}
	})
}

func TestSpells(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key := anyRun().Draw(t, "run").Key(rapid.Uint64Range(0, order.MaxIndex).Draw(t, "index"))
		text := []byte(key.String())
		if !spells(text, key) {
			t.Fatalf("spells(%s) = false, want true", text)
		}
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		text[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if spells(text, key) {
			t.Fatalf("spells(%s) of %v = true, want false", text, key)
		}
		if spells(text[:at], key) {
			t.Fatalf("spells(%s) of %v = true, want false", text[:at], key)
		}
	})
}

func TestPackedIndexesComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfDistinct(rapid.Uint64Range(0, order.MaxIndex), rapid.ID).Draw(t, "indexes")
		slices.Sort(want)
		got, err := unpack(pack(want))
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("unpack(pack(%v)) = %v, %v", want, got, err)
		}
	})
}

// FuzzUnpack: what is unpacked is packed to indexes that are the same again.
func FuzzUnpack(f *testing.F) {
	f.Add(pack([]uint64{0, 1, 2, 300, order.MaxIndex}))
	f.Add([]byte{0x80})
	f.Add(bytes.Repeat([]byte{0xff}, 11))
	f.Fuzz(func(t *testing.T, packed []byte) {
		indexes, err := unpack(packed)
		if err != nil {
			if !errors.Is(err, order.ErrCorrupt) {
				t.Errorf("unpack = %v, want %v", err, order.ErrCorrupt)
			}
			return
		}
		again, err := unpack(pack(indexes))
		if err != nil || !slices.Equal(again, indexes) {
			t.Errorf("unpack(pack(%v)) = %v, %v", indexes, again, err)
		}
	})
}

func anyDigest() *rapid.Generator[order.Digest] {
	word := rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1, math.MaxUint32, 1 << 32, math.MaxUint64}))
	return rapid.Custom(func(t *rapid.T) order.Digest {
		return order.Digest{Hi: word.Draw(t, "hi"), Lo: word.Draw(t, "lo")}
	})
}

// TestWordsAddUp: what a server makes of the words of many digests, adding each up by
// itself, is the digest of their sum.
func TestWordsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var sum words
		var want order.Digest
		for _, d := range rapid.SliceOf(anyDigest()).Draw(t, "digests") {
			w := wordsOf(d)
			if got := w.digest(); got != d {
				t.Fatalf("wordsOf(%v).digest() = %v", d, got)
			}
			times := rapid.Int64Range(1, 1<<20).Draw(t, "times") // so that words run over
			sum = words{sum.A + times*w.A, sum.B + times*w.B, sum.C + times*w.C, sum.D + times*w.D}
			want = want.Add(multiplied(d, times))
		}
		if got := sum.digest(); got != want {
			t.Fatalf("digest of the sum of words = %v, want %v", got, want)
		}
	})
}

// multiplied returns the sum of n digests like d.
func multiplied(d order.Digest, n int64) (sum order.Digest) {
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			sum = sum.Add(d)
		}
		d = d.Add(d)
	}
	return sum
}

func TestPlaceComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		run := anyRun().Draw(t, "run")
		lane := rapid.SampledFrom([]order.Priority{order.VIP, order.Normal}).Draw(t, "lane")
		want := place{
			newBlockID(run, lane, rapid.Uint64Range(0, order.MaxIndex).Draw(t, "first")),
			rapid.IntRange(0, 1<<30).Draw(t, "part"), rapid.IntRange(1, 1<<20).Draw(t, "size"),
		}
		if got, err := parsePlace(want.String()); err != nil || got != want {
			t.Fatalf("parsePlace(%s) = %v, %v", want, got, err)
		}
		if got, err := want.block.run(); err != nil || got != run {
			t.Fatalf("run of block %s = %v, %v, want %v", want.block, got, err, run)
		}
	})
	for _, text := range []string{"", "/", "x", "x/1", "x/1/", "x//1", "x/a/1", "x/1/b"} {
		if _, err := parsePlace(text); !errors.Is(err, order.ErrCorrupt) {
			t.Errorf("parsePlace(%q) = %v, want %v", text, err, order.ErrCorrupt)
		}
	}
}

// TestBlockIDsSort: as texts they sort by run, lane and index.
func TestBlockIDsSort(t *testing.T) {
	t.Parallel()
	runs := []order.RunID{order.NewRunID(1, 0), order.NewRunID(1, 1), order.NewRunID(2, 0)}
	var ids []blockID
	for _, run := range runs {
		for _, lane := range order.Priorities() {
			for _, first := range []uint64{0, 9, 10, 99_999, order.MaxIndex} {
				ids = append(ids, newBlockID(run, lane, first))
			}
		}
	}
	if !slices.IsSorted(ids) {
		t.Errorf("block IDs are not sorted: %q", ids)
	}
}

func BenchmarkDecodeOrder(b *testing.B) {
	o := order.Order{
		Key: order.NewRunID(1_900_000_000_000, 6).Key(7), Customer: "Cliente 123456", Amount: 123456, Tier: order.Gold,
		Note: order.StandardNote(3), CreatedAt: time.UnixMilli(1_900_000_000_000),
	}
	raw := bson.Raw(appendOrder(nil, &o, 7))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeOrder(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendOrder(b *testing.B) {
	o := order.Order{Key: order.NewRunID(1_900_000_000_000, 6).Key(7), Customer: "Cliente 123456", Note: order.StandardNote(3)}
	var memory []byte
	b.ReportAllocs()
	for b.Loop() {
		memory = appendOrder(memory[:0], &o, 7)
	}
}
