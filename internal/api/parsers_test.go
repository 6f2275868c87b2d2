package api

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// A number is taken if and only if it is one value of 1 to 10 ASCII digits in range.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{
		"n=5", "n=", "n", "", "n=-1", "n=%2B1", "n=+1", "n=１", "n=1e6", "n=0x10", "n=1&n=1", "n=0000000000", "n=99999999999", "n=%31", "m=5", "n=5&m=%zz",
	} {
		f.Add(seed)
	}
	digits := regexp.MustCompile(`^[0-9]{1,10}$`)
	p := wholeNumber{name: "n", byDefault: 7, min: 3, max: 5_000_000_000}
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		in := reading{args: values}
		got := in.number(p)
		given := values["n"]
		want, fine := p.byDefault, len(given) == 0
		if len(given) == 1 && digits.MatchString(given[0]) {
			n, _ := strconv.ParseInt(given[0], 10, 64)
			if n >= p.min && n <= p.max {
				want, fine = n, true
			}
		}
		if got != want || fine != (in.err() == nil) {
			t.Errorf("number of %q = %d, %v; want %d, fault %v", query, got, in.err(), want, !fine)
		}
	})
}

// A length is taken if and only if it is digits and one of its units, and in range.
func FuzzLength(f *testing.F) {
	for _, seed := range []string{"5m", "run", "", "1h", "3600s", "3601s", "99ms", "100ms", "1.5s", "-1s", "1 s", "9999999999h", "m", "1mm", "1sms"} {
		f.Add(seed)
	}
	form := regexp.MustCompile(`^([0-9]{1,10})(ms|s|h)$`)
	p := length{name: "n", byDefault: "2s", units: []string{"ms", "s", "h"}, words: []string{"run"}, min: 100 * time.Millisecond, max: time.Hour}
	f.Fuzz(func(t *testing.T, text string) {
		in := reading{args: map[string][]string{"n": {text}}}
		given, got := in.length(p)
		want, fine := time.Duration(0), text == "run"
		if parts := form.FindStringSubmatch(text); parts != nil {
			n, _ := strconv.ParseInt(parts[1], 10, 64)
			if unit := unitOf(parts[2]); n <= int64(time.Hour/unit) && time.Duration(n)*unit >= p.min {
				want, fine = time.Duration(n)*unit, true
			}
		}
		if fine != (in.err() == nil) || fine && (given != text || got != want) {
			t.Errorf("length of %q = %q, %v, %v; want %v, fine %v", text, given, got, in.err(), want, fine)
		}
	})
}

func TestNumberClamps(t *testing.T) {
	t.Parallel()
	p := wholeNumber{name: "n", byDefault: 7, min: 1, max: 100, clamp: true}
	for given, want := range map[string]int64{"1": 1, "100": 100, "101": 100, "9999999999": 100} {
		in := reading{args: map[string][]string{"n": {given}}}
		if got := in.number(p); got != want || in.err() != nil {
			t.Errorf("number(%q) = %d, %v, want %d", given, got, in.err(), want)
		}
	}
}

// Whatever host is taken has one written form, and says nothing but a name or address.
func FuzzParseHost(f *testing.F) {
	for _, seed := range []string{
		"localhost:3000", "LOCALHOST.", "127.0.0.1", "[::1]:80", "[::ffff:127.0.0.1]", "::1", "[fe80::1%25lo]", "a:b", "a:", "a..", ":80", "[", "[]", "user@host", "é",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		name, ok := parseHost(header)
		if !ok {
			return
		}
		if name == "" || name != strings.ToLower(name) || strings.ContainsAny(name, "[]@/\\?# %") {
			t.Errorf("parseHost(%q) = %q", header, name)
		}
		written := name
		if strings.Contains(name, ":") {
			if addr, err := netip.ParseAddr(name); err != nil || addr.Zone() != "" {
				t.Errorf("parseHost(%q) = %q, which is no address", header, name)
			}
			written = "[" + name + "]"
		}
		if again, ok := parseHost(written); strings.HasSuffix(name, ".") == false && (!ok || again != name) {
			t.Errorf("parseHost(%q) = %q, and of that %q, %v", header, name, again, ok)
		}
	})
}

// A body is taken only if the standard decoder takes it as an object too, and then
// every value is one that it has.
func FuzzParseBody(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"quantity":5}`, `{"quantity":1e6,"force":true}`, `{"quantity":"5"}`, `{"quantity":5,"quantity":6}`, `{"a":1}`, `[]`, `null`, ``,
		`{"quantity":{}}`, `{"quantity":5}{}`, `{"quantity":5,}`, `{"force":null}`, "{\"force\":\"\xff\"}", `{"quantity":-0}`,
	} {
		f.Add(seed)
	}
	allowed := []string{"quantity", "force"}
	f.Fuzz(func(t *testing.T, body string) {
		args, err := parseBody([]byte(body), allowed, nil)
		if err != nil {
			return
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal([]byte(body), &object); err != nil {
			t.Fatalf("parseBody(%q) took what is no object: %v", body, err)
		}
		if len(args) != len(object) {
			t.Errorf("parseBody(%q) = %v, want the fields of %v", body, args, object)
		}
		for name, values := range args {
			if !slices.Contains(allowed, name) || len(values) == 0 {
				t.Errorf("parseBody(%q): field %q = %q", body, name, values)
			}
			last, flat := flatValue(object[name])
			if !flat || values[len(values)-1] != last {
				t.Errorf("parseBody(%q): field %q = %q, want %q last", body, name, values, last)
			}
		}
	})
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "abc", strings.Repeat("a", 64), strings.Repeat("é", 200), "a\xff" + strings.Repeat("\xff", 200)} {
		got := cut(value)
		if !utf8.ValidString(got) || len(got) > shownBytes+len("…") {
			t.Errorf("cut(%q) = %q of %d bytes", value, got, len(got))
		}
		if utf8.ValidString(value) && len(value) <= shownBytes && got != value {
			t.Errorf("cut(%q) = %q, want it whole", value, got)
		}
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	const tag = `W/"abc"`
	for header, want := range map[string]bool{
		``: false, `"abc"`: true, `W/"abc"`: true, `"x", "abc"`: true, `*`: true, `abc`: false, `"abcd"`: false, `"x","y"`: false,
	} {
		if got := matches([]string{header}, tag); got != want {
			t.Errorf("matches(%s) = %v, want %v", header, got, want)
		}
	}
	if matches(nil, tag) {
		t.Error("matches(nil) = true, want false")
	}
}
