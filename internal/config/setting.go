package config

import (
	"strings"
	"time"
)

// Kind is the form of a setting's value. Its text names it in help.
type Kind string

// The kinds.
const (
	Text     Kind = "text"
	Bool     Kind = "bool"     // true, false, 1 or 0
	Int      Kind = "int"      // ^[0-9]{1,10}$, within Min and Max
	Millis   Kind = "ms"       // like Int, in milliseconds
	Duration Kind = "duration" // such as 2ms or 1m30s, within Min and Max nanoseconds
	Fraction Kind = "fraction" // a plain decimal from 0 to 1
	Choice   Kind = "choice"   // one of Choices
	List     Kind = "list"     // separated by commas, may be empty
	Path     Kind = "path"
	Address  Kind = "uri"
	Masked   Kind = "secret"
)

// Group says which part of the program a setting belongs to.
type Group string

// The groups.
const (
	Listen      Group = "listen"
	Access      Group = "access" // of servers and of their clients
	Storage     Group = "storage"
	Distributed Group = "distributed"
	Queue       Group = "queue"
	Logs        Group = "logs"
	View        Group = "view"
	Client      Group = "client"
)

// Setting is one row of the settings table.
type Setting struct {
	Key      string // its name in the environment and in .env
	Alias    string // another such name; empty if none
	Flag     string // without dashes; for a secret it names a file that holds the value
	Group    Group
	Kind     Kind
	Default  string // as a user would write it
	Min, Max int64  // for the kinds that have bounds
	Choices  []string
	Allowed  string // what may be given, as problems say it
	Help     string // one line
	Idle     string // why it has no effect in this version; empty if it has one
	Secret   bool

	// set stores text in its field and reports whether it is allowed.
	set func(c *Config, text string) bool
	// show returns the field as set would read it, masked if secret.
	show func(c *Config) string
}

// FileKey returns the name under which a secret's file is given, and the empty string
// for other settings.
func (s *Setting) FileKey() string {
	if !s.Secret {
		return ""
	}
	return s.Key + "_FILE"
}

// TakesFile says whether the setting's flag takes the path of a file instead of the
// value.
func (s *Setting) TakesFile() bool { return s.Secret }

func text(s Setting, allowed string, valid func(string) bool, at func(*Config) *string) Setting {
	s.Kind, s.Allowed = Text, allowed
	s.set = func(c *Config, t string) bool {
		*at(c) = t
		return valid(t)
	}
	s.show = func(c *Config) string { return *at(c) }
	return s
}

func boolean(s Setting, at func(*Config) *bool) Setting {
	s.Kind, s.Allowed = Bool, "true, false, 1 or 0"
	s.set = func(c *Config, t string) (ok bool) {
		*at(c), ok = parseBool(t)
		return ok
	}
	s.show = func(c *Config) string { return showBool(*at(c)) }
	return s
}

func integer[T int | int64](s Setting, lo, hi int64, at func(*Config) *T) Setting {
	s.Kind, s.Min, s.Max, s.Allowed = Int, lo, hi, "an integer from "+showRange(lo, hi)
	s.set = func(c *Config, t string) bool {
		n, ok := parseInt(t, lo, hi)
		*at(c) = T(n)
		return ok
	}
	s.show = func(c *Config) string { return showInt(int64(*at(c))) }
	return s
}

func millis(s Setting, lo, hi int64, at func(*Config) *time.Duration) Setting {
	s.Kind, s.Min, s.Max = Millis, lo, hi
	s.Allowed = "an integer from " + showRange(lo, hi) + ", in milliseconds"
	s.set = func(c *Config, t string) bool {
		n, ok := parseInt(t, lo, hi)
		*at(c) = time.Duration(n) * time.Millisecond
		return ok
	}
	s.show = func(c *Config) string { return showInt(at(c).Milliseconds()) }
	return s
}

func duration(s Setting, lo, hi time.Duration, at func(*Config) *time.Duration) Setting {
	s.Kind, s.Min, s.Max = Duration, int64(lo), int64(hi)
	s.Allowed = "a duration from " + lo.String() + " to " + hi.String() + ", such as 2ms"
	s.set = func(c *Config, t string) (ok bool) {
		*at(c), ok = parseDuration(t, lo, hi)
		return ok
	}
	s.show = func(c *Config) string { return at(c).String() }
	return s
}

func choice[T comparable](s Setting, names []string, values []T, at func(*Config) *T) Setting {
	s.Kind, s.Choices, s.Allowed = Choice, names, strings.Join(names, ", ")
	s.set = func(c *Config, t string) bool {
		for i, name := range names {
			if t == name {
				*at(c) = values[i]
				return true
			}
		}
		return false
	}
	s.show = func(c *Config) string {
		for i, value := range values {
			if *at(c) == value {
				return names[i]
			}
		}
		return ""
	}
	return s
}

func list(s Setting, allowed string, item func(string) (string, bool), at func(*Config) *[]string) Setting {
	s.Kind, s.Allowed = List, allowed
	s.set = func(c *Config, t string) (ok bool) {
		*at(c), ok = parseList(t, item)
		return ok
	}
	s.show = func(c *Config) string { return strings.Join(*at(c), ",") }
	return s
}
