package config

import (
	"strconv"
	"strings"
)

// The rows of kinds that one or two settings have.

// idle makes the row of a setting that is examined and shown like any other, and has no
// effect.
func idle(s Setting, why string) Setting {
	s.Idle, s.Help = why, "no effect in this version: "+why
	return s
}

// nowhere is where the value of such a setting is kept, for it has no field.
func nowhere[T any]() func(*Config) *T {
	kept := new(T)
	return func(*Config) *T { return kept }
}

func path(s Setting, at func(*Config) *string) Setting {
	allowed := "the path of a directory"
	s = text(s, allowed, func(t string) bool { return t != "" && !hasControl(t) }, at)
	s.Kind = Path
	return s
}

func fraction(s Setting, at func(*Config) *float64) Setting {
	s.Kind, s.Min, s.Max, s.Allowed = Fraction, 0, 1, "a decimal number from 0 to 1, such as 0.01"
	s.set = func(c *Config, t string) (ok bool) {
		*at(c), ok = parseFraction(t)
		return ok
	}
	s.show = func(c *Config) string { return strconv.FormatFloat(*at(c), 'f', -1, 64) }
	return s
}

func weights(s Setting, at func(*Config) *[4]uint32) Setting {
	s.Kind, s.Min, s.Max = List, 0, maxWeight
	s.Allowed = "four integers from " + showRange(0, maxWeight) + " separated by commas, not all 0"
	s.set = func(c *Config, t string) (ok bool) {
		*at(c), ok = parseWeights(t)
		return ok
	}
	s.show = func(c *Config) string {
		var parts []string
		for _, w := range at(c) {
			parts = append(parts, showInt(int64(w)))
		}
		return strings.Join(parts, ",")
	}
	return s
}

func secret(s Setting, at func(*Config) *Secret) Setting {
	s.Kind, s.Secret, s.Allowed = Masked, true, "any text of one line"
	s.set = func(c *Config, t string) bool {
		*at(c) = NewSecret(t)
		return !hasControl(t)
	}
	s.show = func(c *Config) string { return at(c).String() }
	return s
}

// key makes the row of a secret that is sent in a header, and that nobody should guess.
func key(s Setting, at func(*Config) *Secret) Setting {
	s = secret(s, at)
	s.Allowed = showRange(s.Min, s.Max) + " printable ASCII characters without spaces, as `openssl rand -hex 32` makes them, or nothing"
	s.set = func(c *Config, t string) bool {
		*at(c) = NewSecret(t)
		length := int64(len(t))
		return t == "" || length >= s.Min && length <= s.Max && !strings.ContainsFunc(t, func(r rune) bool { return r <= ' ' || r > '~' })
	}
	return s
}

func mongoURI(s Setting, at func(*Config) *URI) Setting {
	s.Kind, s.Secret, s.Allowed = Address, true, "mongodb://host... or mongodb+srv://host..., or nothing"
	s.set = func(c *Config, t string) bool {
		*at(c) = NewURI(t)
		return isMongoURI(t)
	}
	s.show = func(c *Config) string { return at(c).String() }
	return s
}
