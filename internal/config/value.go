package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const maxWeight = 1_000_000

func parseBool(t string) (value, ok bool) {
	switch t {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return false, false
}

func showBool(b bool) string { return strconv.FormatBool(b) }

func showInt(n int64) string { return strconv.FormatInt(n, 10) }

func showRange(lo, hi int64) string { return fmt.Sprintf("%d to %d", lo, hi) }

// parseInt takes one to ten decimal digits and nothing else: no sign, no space, no
// other script's digits.
func parseInt(t string, lo, hi int64) (int64, bool) {
	if len(t) < 1 || len(t) > 10 {
		return 0, false
	}
	var n int64
	for i := range len(t) {
		if t[i] < '0' || t[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(t[i]-'0')
	}
	if n < lo || n > hi {
		return 0, false
	}
	return n, true
}

func parseDuration(t string, lo, hi time.Duration) (time.Duration, bool) {
	d, err := time.ParseDuration(t)
	if err != nil || d < lo || d > hi || t[0] == '+' || t[0] == '-' {
		return 0, false
	}
	return d, true
}

// parseFraction takes 0, 1 and decimals between them, such as 0.01; no exponent, no
// sign, no bare dot.
func parseFraction(t string) (float64, bool) {
	whole, decimals, dotted := strings.Cut(t, ".")
	if _, ok := parseInt(whole, 0, 1); !ok || len(whole) != 1 {
		return 0, false
	}
	if _, ok := parseInt(decimals, 0, 9_999_999_999); dotted && !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(t, 64)
	return f, err == nil && f <= 1
}

// parseWeights takes one weight per tier. Spaces around a weight do not count.
func parseWeights(t string) (w [4]uint32, ok bool) {
	parts := strings.Split(t, ",")
	if len(parts) != len(w) {
		return w, false
	}
	var sum int64
	for i, part := range parts {
		n, ok := parseInt(strings.Trim(part, listSpace), 0, maxWeight)
		if !ok {
			return w, false
		}
		w[i] = uint32(n)
		sum += n
	}
	return w, sum > 0
}

// listSpace is what may stand around an element of a list.
const listSpace = " \t"

// parseList splits at commas, lets item examine and normalise each element, and drops
// repetitions. Spaces around an element do not count. The empty text is the empty list.
func parseList(t string, item func(string) (string, bool)) ([]string, bool) {
	if t == "" {
		return nil, true
	}
	var items []string
	for part := range strings.SplitSeq(t, ",") {
		value, ok := item(strings.Trim(part, listSpace))
		if !ok {
			return nil, false
		}
		if !slices.Contains(items, value) {
			items = append(items, value)
		}
	}
	return items, true
}

func isHost(t string) bool {
	_, ok := parseHost(t)
	return ok
}

// parseHost takes an IP address, or a host name of letters, digits, hyphens and
// underscores in labels, and returns it in lower case without a final dot.
func parseHost(t string) (string, bool) {
	if addr, err := netip.ParseAddr(t); err == nil {
		return addr.String(), addr.Zone() == "" || isLabel(strings.ToLower(addr.Zone()))
	}
	name := strings.ToLower(strings.TrimSuffix(t, "."))
	if len(name) > 253 || onlyDigitsAndDots(name) {
		return "", false
	}
	for label := range strings.SplitSeq(name, ".") {
		if !isLabel(label) {
			return "", false
		}
	}
	return name, true
}

func isLabel(s string) bool {
	for i := range len(s) {
		c := s[i]
		inner := c == '-' && i > 0 && i < len(s)-1
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && !inner {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 63
}

// onlyDigitsAndDots recognises what was meant as an IPv4 address and is none.
func onlyDigitsAndDots(s string) bool { return strings.Trim(s, "0123456789.") == "" }

// parseOrigin takes scheme://host[:port] and returns it as browsers write it: lower
// case, and without the scheme's own port.
func parseOrigin(t string) (string, bool) {
	t = strings.ToLower(t)
	u, err := url.Parse(t)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Scheme+"://"+u.Host != t {
		return "", false
	}
	host, ok := parseHost(u.Hostname())
	if !ok || strings.HasSuffix(u.Hostname(), ".") || strings.HasSuffix(t, ":") {
		return "", false
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	origin := u.Scheme + "://" + host
	port := u.Port()
	if port == "" || u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		return origin, true
	}
	return origin + ":" + port, isPort(port) && port[0] != '0'
}

func isPort(t string) bool {
	_, ok := parseInt(t, 1, 65535)
	return ok
}

func isServerURL(t string) bool {
	if t == "" {
		return true
	}
	u, err := url.Parse(t)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || !isHost(u.Hostname()) {
		return false
	}
	plain := u.User == nil && u.RawQuery == "" && !u.ForceQuery && !strings.Contains(t, "#")
	port := u.Port() == "" && !strings.HasSuffix(u.Host, ":") || isPort(u.Port())
	return plain && port && !strings.ContainsFunc(t, unicode.IsSpace)
}

// isMongoURI examines the beginning only: the driver knows the rest better.
func isMongoURI(t string) bool {
	if t == "" {
		return true
	}
	scheme, rest, ok := strings.Cut(t, "://")
	if !ok || (scheme != "mongodb" && scheme != "mongodb+srv") || hasControl(t) || strings.Contains(t, " ") {
		return false
	}
	authority := rest
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority = rest[:i]
	}
	return authority[strings.LastIndexByte(authority, '@')+1:] != ""
}

// isPlainName takes what may stand in a key or an address without being quoted.
func isPlainName(t string) bool {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r)
	}
	return len(t) <= 64 && !strings.ContainsFunc(t, func(r rune) bool { return !plain(r) })
}

func hasControl(t string) bool { return strings.ContainsFunc(t, unicode.IsControl) }
