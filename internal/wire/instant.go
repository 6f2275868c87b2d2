package wire

import (
	"encoding/json"
	"fmt"
	"time"
)

// instantLayout is ISO 8601 in UTC with exactly three decimals, as browsers write it.
const instantLayout = "2006-01-02T15:04:05.000Z"

// Instant is a point in time as the API shows it: a string such as
// 2026-11-23T08:00:00.000Z, or null for the zero time. It shows the years 1 to 9999,
// which are all that the form has digits for.
type Instant struct{ time.Time }

// At returns the instant of t, cut to whole milliseconds. What is before the year 1
// becomes the zero time, what is after 9999 that year's last millisecond.
func At(t time.Time) Instant {
	last := time.Date(9999, time.December, 31, 23, 59, 59, 999_000_000, time.UTC)
	switch {
	case !t.After(time.Time{}):
		return Instant{}
	case t.After(last):
		return Instant{last}
	}
	return Instant{time.UnixMilli(t.UnixMilli()).UTC()}
}

// MarshalJSON implements [json.Marshaler], by what [At] makes of the time.
func (i Instant) MarshalJSON() ([]byte, error) {
	shown := At(i.Time)
	if shown.IsZero() {
		return []byte("null"), nil
	}
	return []byte(shown.Format(`"` + instantLayout + `"`)), nil
}

// UnmarshalJSON implements [json.Unmarshaler]. It takes any RFC 3339 instant of the
// years 1 to 9999 and cuts it to whole milliseconds.
func (i *Instant) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*i = Instant{}
		return nil
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("decode instant: %w", err)
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return fmt.Errorf("decode instant: %w", err)
	}
	if t = t.UTC(); t.Year() < 1 || t.Year() > 9999 {
		return fmt.Errorf("decode instant %q: not within the years 1 to 9999", text)
	}
	*i = At(t)
	return nil
}

// Millis returns t in milliseconds since 1970, and 0 for the zero time.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
