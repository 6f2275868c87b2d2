package order_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
)

// The example of RFC 9562, appendix A.6, taken apart: when it was made, what stands
// where we put the tag, and what stands where we put the index.
const (
	rfcExample = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
	rfcMillis  = 0x017f22e279b0
	rfcTag     = 0xcc3<<22 | 0x18<<16 | 0xc4dc
	rfcIndex   = 0x0c0c07398f
)

func TestKeyIsUUIDv7(t *testing.T) {
	t.Parallel()
	run := order.NewRunID(rfcMillis, rfcTag)
	if got := run.Key(rfcIndex).String(); got != rfcExample {
		t.Errorf("NewRunID(%#x, %#x).Key(%#x) = %s, want %s", rfcMillis, rfcTag, rfcIndex, got, rfcExample)
	}
	if got, want := run.String(), "017f22e2-79b0-7cc3-98c4-dcffffffffff"; got != want {
		t.Errorf("NewRunID(%#x, %#x) = %s, want %s", rfcMillis, rfcTag, got, want)
	}
	if got, want := run.Started(), time.Date(2022, 2, 22, 19, 22, 22, 0, time.UTC); got != want {
		t.Errorf("Started() = %v, want %v", got, want)
	}
	key, err := order.ParseKey(rfcExample)
	if err != nil || key.Index() != rfcIndex || key.Run() != run {
		t.Errorf("ParseKey(%s) = index %#x of run %v, %v, want %#x of %v", rfcExample, key.Index(), key.Run(), err, rfcIndex, run)
	}
}

func TestRunIDIsZero(t *testing.T) {
	t.Parallel()
	if !(order.RunID{}).IsZero() {
		t.Error("RunID{}.IsZero() = false, want true")
	}
	if run := order.NewRunID(0, 0); run.IsZero() {
		t.Errorf("%v.IsZero() = true, want false", run)
	}
}

// anyRun draws a run ID and the millisecond it was made of.
func anyRun(t *rapid.T) (order.RunID, int64) {
	millis := rapid.Int64Range(0, 1<<48-1).Draw(t, "millis")
	return order.NewRunID(millis, rapid.Uint64().Draw(t, "tag")), millis
}

func anyIndex(t *rapid.T, label string) uint64 {
	return rapid.Uint64Max(order.MaxIndex).Draw(t, label)
}

func TestRunAndIndexComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		run, millis := anyRun(t)
		index := anyIndex(t, "index")
		key := run.Key(index)
		if key.Run() != run || key.Index() != index {
			t.Fatalf("%v.Key(%d) = %v, which is index %d of %v", run, index, key, key.Index(), key.Run())
		}
		if got := run.Started(); got.UnixMilli() != millis || got.Location() != time.UTC {
			t.Fatalf("Started() = %v, want millisecond %d, UTC", got, millis)
		}
		for _, id := range [][16]byte{key, run} {
			if version, variant := id[6]>>4, id[8]>>6; version != 7 || variant != 2 {
				t.Fatalf("%x has version %d, variant %d, want 7, 2", id, version, variant)
			}
		}
	})
}

func TestTagCountsWith34Bits(t *testing.T) {
	t.Parallel()
	const mask = 1<<34 - 1
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Uint64().Draw(t, "a")
		b := a ^ rapid.Uint64().Draw(t, "change")>>rapid.IntRange(0, 63).Draw(t, "above")<<rapid.IntRange(0, 63).Draw(t, "below")
		same := order.NewRunID(1, a) == order.NewRunID(1, b)
		if want := a&mask == b&mask; same != want {
			t.Fatalf("runs tagged %#x and %#x are the same: %v, want %v", a, b, same, want)
		}
	})
	for bit := range 64 {
		if same := order.NewRunID(1, 1<<bit) == order.NewRunID(1, 0); same != (bit >= 34) {
			t.Errorf("a tag of bit %d alone makes no other run: %v, want %v", bit, same, bit >= 34)
		}
	}
}

func number(id [16]byte) *big.Int { return new(big.Int).SetBytes(id[:]) }

// A run is the range of keys from its first to the one before its own ID.
func TestKeysOfARunAreContiguous(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		run, _ := anyRun(t)
		index := anyIndex(t, "index")
		want := new(big.Int).Add(number(run.Key(0)), new(big.Int).SetUint64(index))
		if got := number(run.Key(index)); got.Cmp(want) != 0 {
			t.Fatalf("Key(%d) = %x, want Key(0) + %d = %x", index, got, index, want)
		}
		end := new(big.Int).Add(number(run.Key(order.MaxIndex)), big.NewInt(1))
		if got := number(run); got.Cmp(end) != 0 {
			t.Fatalf("run = %x, want its last key + 1 = %x", got, end)
		}
	})
}

func TestKeysSortByStartThenIndex(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first, firstMillis := anyRun(t)
		second, secondMillis := anyRun(t)
		i, j := anyIndex(t, "i"), anyIndex(t, "j")
		a, b := first.Key(i), first.Key(j)
		if got, want := bytes.Compare(a[:], b[:]), cmp.Compare(i, j); got != want {
			t.Fatalf("Key(%d) against Key(%d) of one run = %d, want %d", i, j, got, want)
		}
		if got, want := strings.Compare(a.String(), b.String()), cmp.Compare(i, j); got != want {
			t.Fatalf("texts of Key(%d) and Key(%d) compare %d, want %d", i, j, got, want)
		}
		if firstMillis == secondMillis {
			return
		}
		b = second.Key(j)
		if got, want := bytes.Compare(a[:], b[:]), cmp.Compare(firstMillis, secondMillis); got != want {
			t.Fatalf("a key of %d against one of %d = %d, want %d", firstMillis, secondMillis, got, want)
		}
	})
}

func TestRunIDIsNoOrdersKey(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		run, _ := anyRun(t)
		key := run.Key(anyIndex(t, "index"))
		if key == order.Key(run) {
			t.Fatalf("%v is its own order %d", run, key.Index())
		}
		if got, err := order.ParseRunID(key.String()); !errors.Is(err, order.ErrInvalid) {
			t.Fatalf("ParseRunID(%v), an order's key = %v, %v, want ErrInvalid", key, got, err)
		}
		if got, err := order.ParseRunID(run.String()); err != nil || got != run {
			t.Fatalf("ParseRunID(%v) = %v, %v, want it back", run, got, err)
		}
		if got := order.Key(run).Index(); got <= order.MaxIndex {
			t.Fatalf("the ID of %v has index %d, want one above %d", run, got, uint64(order.MaxIndex))
		}
	})
}

func TestKeyTextComesBack(t *testing.T) {
	t.Parallel()
	type document struct {
		Key  order.Key             `json:"key"`
		Run  order.RunID           `json:"run"`
		Keys map[order.Key]int     `json:"keys"`
		Runs map[order.RunID]int64 `json:"runs"`
	}
	rapid.Check(t, func(t *rapid.T) {
		run, millis := anyRun(t)
		key := run.Key(anyIndex(t, "index"))
		for _, text := range []string{key.String(), strings.ToUpper(key.String())} {
			if got, err := order.ParseKey(text); err != nil || got != key {
				t.Fatalf("ParseKey(%s) = %v, %v, want %v", text, got, err, key)
			}
		}
		want := document{key, run, map[order.Key]int{key: 1}, map[order.RunID]int64{run: millis}}
		encoded, err := json.Marshal(want)
		if err != nil {
			t.Fatalf("Marshal(%v) = %v", want, err)
		}
		var got document
		if err := json.Unmarshal(encoded, &got); err != nil {
			t.Fatalf("Unmarshal(%s) = %v", encoded, err)
		}
		if got.Key != key || got.Run != run || got.Keys[key] != 1 || got.Runs[run] != millis {
			t.Fatalf("%+v became %s, then %+v", want, encoded, got)
		}
	})
}

// No run at all is written like any other ID, and comes back; asked for by name it is
// refused.
func TestNoRunComesBack(t *testing.T) {
	t.Parallel()
	const none = "00000000-0000-0000-0000-000000000000"
	encoded, err := json.Marshal(order.RunID{})
	if err != nil || string(encoded) != `"`+none+`"` {
		t.Fatalf("Marshal(no run) = %s, %v, want %q", encoded, err, none)
	}
	got := order.NewRunID(rfcMillis, rfcTag)
	if err := json.Unmarshal(encoded, &got); err != nil || !got.IsZero() {
		t.Errorf("Unmarshal(%s) = %v, %v, want no run", encoded, got, err)
	}
	if got, err := order.ParseRunID(none); !errors.Is(err, order.ErrInvalid) {
		t.Errorf("ParseRunID(%s) = %v, %v, want ErrInvalid", none, got, err)
	}
}

// notUUIDs are texts of which none is a UUID in canonical form.
func notUUIDs() []string {
	return []string{
		"",
		"x",
		rfcExample[:35],
		rfcExample + "0",
		" " + rfcExample[1:],
		strings.ReplaceAll(rfcExample, "-", ""),
		strings.ReplaceAll(rfcExample, "-", "_"),
		"{" + rfcExample[:34] + "}",
		"urn:uuid:" + rfcExample,
		"017f22e27-9b0-7cc3-98c4-dc0c0c07398f",
		"g" + rfcExample[1:],
		rfcExample[:35] + "\xff",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398-",
		"017f22e2079b0-7cc3-98c4-dc0c0c07398f",
		"017f22e2-79b007cc3-98c4-dc0c0c07398f",
		"017f22e2-79b0-7cc3098c4-dc0c0c07398f",
		"017f22e2-79b0-7cc3-98c40dc0c0c07398f",
	}
}

func TestParseKeyRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range notUUIDs() {
		if got, err := order.ParseKey(text); !errors.Is(err, order.ErrInvalid) || got != (order.Key{}) {
			t.Errorf("ParseKey(%q) = %v, %v, want ErrInvalid", text, got, err)
		}
		if got, err := order.ParseRunID(text); !errors.Is(err, order.ErrInvalid) || !got.IsZero() {
			t.Errorf("ParseRunID(%q) = %v, %v, want ErrInvalid", text, got, err)
		}
	}
}

func TestBadTextLeavesKeyAlone(t *testing.T) {
	t.Parallel()
	run := order.NewRunID(rfcMillis, rfcTag)
	key := run.Key(7)
	for _, text := range append(notUUIDs(), rfcExample) {
		gotRun, gotKey := run, key
		if err := gotRun.UnmarshalText([]byte(text)); !errors.Is(err, order.ErrInvalid) || gotRun != run {
			t.Errorf("RunID.UnmarshalText(%q) = %v and %v, want ErrInvalid and no change", text, err, gotRun)
		}
		if text == rfcExample {
			continue
		}
		if err := gotKey.UnmarshalText([]byte(text)); !errors.Is(err, order.ErrInvalid) || gotKey != key {
			t.Errorf("Key.UnmarshalText(%q) = %v and %v, want ErrInvalid and no change", text, err, gotKey)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	for _, text := range append(notUUIDs(), rfcExample, strings.ToUpper(rfcExample)) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := order.ParseKey(text)
		var unmarshalled order.Key
		if again := unmarshalled.UnmarshalText([]byte(text)); (again == nil) != (err == nil) || unmarshalled != key {
			t.Errorf("UnmarshalText(%q) = %v, %v; ParseKey = %v, %v", text, unmarshalled, again, key, err)
		}
		switch {
		case err == nil && !strings.EqualFold(key.String(), text):
			t.Errorf("ParseKey(%q) = %v, want the same digits", text, key)
		case err != nil && !errors.Is(err, order.ErrInvalid):
			t.Errorf("ParseKey(%q) = %v, want ErrInvalid", text, err)
		case err != nil && key != order.Key{}:
			t.Errorf("ParseKey(%q) = %v beside an error, want the zero key", text, key)
		}
	})
}

func FuzzParseRunID(f *testing.F) {
	run := order.NewRunID(rfcMillis, rfcTag)
	noRun := order.RunID{}.String()
	for _, text := range append(notUUIDs(), rfcExample, run.String(), strings.ToUpper(run.String()), noRun) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		run, err := order.ParseRunID(text)
		var unmarshalled order.RunID
		if again := unmarshalled.UnmarshalText([]byte(text)); (again == nil) != (err == nil || text == noRun) || unmarshalled != run {
			t.Errorf("UnmarshalText(%q) = %v, %v; ParseRunID = %v, %v", text, unmarshalled, again, run, err)
		}
		key, keyErr := order.ParseKey(text)
		switch {
		case err != nil && !errors.Is(err, order.ErrInvalid):
			t.Errorf("ParseRunID(%q) = %v, want ErrInvalid", text, err)
		case err == nil && (keyErr != nil || order.Key(run) != key || key.Index() <= order.MaxIndex):
			t.Errorf("ParseRunID(%q) = %v; as a key %v, %v, index %d", text, run, key, keyErr, key.Index())
		case err != nil && keyErr == nil && key.Index() > order.MaxIndex:
			t.Errorf("ParseRunID(%q) = %v, want the run", text, err)
		}
	})
}
