package wire_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

func TestMoney(t *testing.T) {
	t.Parallel()
	for cents, want := range map[wire.Money]string{0: "0.00", 1: "0.01", 10: "0.10", 123450: "1234.50", -5: "-0.05"} {
		got, err := json.Marshal(cents)
		if err != nil || string(got) != want {
			t.Errorf("Marshal(%d) = %s, %v, want %s", cents, got, err, want)
		}
	}
	for text, want := range map[string]wire.Money{"1": 100, "1.5": 150, "1.50": 150, "0.01": 1, "-2.25": -225} {
		var got wire.Money
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("Unmarshal(%s) = %d, %v, want %d", text, got, err, want)
		}
	}
	for _, bad := range []string{`1.234`, `1e3`, `"1.00"`, `null`, `true`, `99999999999999999999`, `92233720368547758.08`} {
		var got wire.Money
		if err := json.Unmarshal([]byte(bad), &got); !errors.Is(err, order.ErrInvalid) {
			t.Errorf("Unmarshal(%s) = %d, %v, want ErrInvalid", bad, got, err)
		}
	}
}

func TestInstant(t *testing.T) {
	t.Parallel()
	tokyo := time.FixedZone("", 9*3600)
	for _, test := range []struct {
		t    time.Time
		want string
	}{
		{time.Time{}, `null`},
		{epoch, `"2026-11-23T08:00:00.000Z"`},
		{epoch.Add(1_999_999), `"2026-11-23T08:00:00.001Z"`},
		{time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC), `"9999-12-31T23:59:59.999Z"`},
		{time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), `"9999-12-31T23:59:59.999Z"`},
		{time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -9*3600)), `"9999-12-31T23:59:59.999Z"`},
		{time.Date(300_000_000, 1, 1, 0, 0, 0, 0, time.UTC), `"9999-12-31T23:59:59.999Z"`},
		{time.Date(1, 1, 1, 0, 0, 0, 1_000_000, time.UTC), `"0001-01-01T00:00:00.001Z"`},
		{time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), `null`},
		{time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), `null`},
		{time.Date(-300_000_000, 1, 1, 0, 0, 0, 0, time.UTC), `null`},
		{epoch.In(tokyo), `"2026-11-23T08:00:00.000Z"`},
	} {
		for _, i := range []wire.Instant{wire.At(test.t), {Time: test.t}} {
			if got, err := json.Marshal(i); err != nil || string(got) != test.want {
				t.Errorf("Marshal(%v) = %s, %v, want %s", i, got, err, test.want)
			}
		}
	}
	for _, bad := range []string{`5`, `""`, `"yesterday"`, `"0000-01-01T00:00:00Z"`, `"2026-11-23"`} {
		var got wire.Instant
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("Unmarshal(%s) = %v, want an error", bad, got)
		}
	}
	if got := wire.Millis(time.Time{}); got != 0 {
		t.Errorf("Millis(zero) = %d, want 0", got)
	}
}

func FuzzMoney(f *testing.F) {
	for _, seed := range []string{"0", "0.00", "-1.5", "1e3", "1.", ".5", "00.1", "92233720368547758.07"} {
		f.Add(seed)
	}
	twoDecimals := regexp.MustCompile(`^-?[0-9]+\.[0-9]{2}$`)
	f.Fuzz(func(t *testing.T, text string) {
		var m, again wire.Money
		if err := m.UnmarshalJSON([]byte(text)); err != nil {
			return
		}
		out, err := m.MarshalJSON()
		if err != nil || !twoDecimals.Match(out) {
			t.Fatalf("%q became %s, %v", text, out, err)
		}
		if err := again.UnmarshalJSON(out); err != nil || again != m {
			t.Fatalf("%q = %d, written %s, read %d, %v", text, m, out, again, err)
		}
	})
}

func FuzzInstant(f *testing.F) {
	for _, seed := range []string{`null`, `"2026-11-23T08:00:00.123456Z"`, `"2026-11-23T08:00:00+14:00"`, `"9999-12-31T23:59:59-23:59"`, `"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var i, again wire.Instant
		if err := i.UnmarshalJSON([]byte(text)); err != nil {
			return
		}
		out, err := json.Marshal(i)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if err := again.UnmarshalJSON(out); err != nil || !again.Equal(i.Time) {
			t.Fatalf("%q = %v, written %s, read %v, %v", text, i, out, again, err)
		}
	})
}

// FuzzAt writes whatever instant there may be so that it can be read again.
func FuzzAt(f *testing.F) {
	for _, seconds := range []int64{0, -62135596800, -62135596801, 253402300799, 253402300800, 1 << 62, -1 << 63} {
		f.Add(seconds, int64(999_999_999))
	}
	f.Fuzz(func(t *testing.T, seconds, nanos int64) {
		i := wire.At(time.Unix(seconds, nanos))
		out, err := json.Marshal(i)
		if err != nil {
			t.Fatalf("Marshal(At(%d s, %d ns)) = %v", seconds, nanos, err)
		}
		var again wire.Instant
		if err := json.Unmarshal(out, &again); err != nil || !again.Equal(i.Time) {
			t.Fatalf("At(%d s, %d ns) = %v, written %s, read %v, %v", seconds, nanos, i, out, again, err)
		}
	})
}
