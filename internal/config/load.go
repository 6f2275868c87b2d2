package config

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Sources is where settings come from, lowest precedence first.
type Sources struct {
	// EnvFile is the path of a .env file, which need not exist. Empty: none.
	EnvFile string
	// Environ is the environment as os.Environ returns it.
	Environ []string
	// Flags holds the flags that were given, by the names in the settings table.
	Flags map[string]string
	// Listens says whether the command opens HOST and PORT. Only then must a HOST that
	// other machines reach come with a key, or be allowed by FILAVIP_INSECURE_OPEN.
	Listens bool
	// Stores says whether the command opens the orders, wherever they are kept.
	Stores bool
	// Embedded says that the command keeps its orders in a directory whatever MONGO_URI
	// says, which then counts as empty.
	Embedded bool
	// Shared says that the command works on orders that other processes take in: there
	// must be a MONGO_URI, and somebody to work.
	Shared bool
}

// Load returns the configuration that the sources make, or all problems with it,
// joined: each is a line that says what is allowed. A name that begins with FILAVIP_
// and is no setting is such a problem; so is a .env file that cannot be read.
func Load(src Sources) (Config, error) {
	l := loader{settings: Settings()}
	l.readLayers(src)
	var c Config
	for i := range l.settings {
		l.apply(&c, &l.settings[i])
	}
	if len(l.problems) == 0 {
		l.derive(&c)
		l.redis(&c)
		l.idleness(&c, src)
		if src.Listens {
			l.exposure(&c)
		}
	}
	if len(l.problems) > 0 {
		return Config{}, errors.Join(l.problems...)
	}
	c.Warnings = l.warnings(&c, src)
	if src.Listens {
		c.Warnings = append(c.Warnings, nameless(&c)...)
	}
	if src.Embedded {
		c.MongoURI = URI{}
	}
	c.entries = l.entries(&c)
	return c, nil
}

// loader is one Load under way.
type loader struct {
	settings []Setting
	layers   [3]layer // highest precedence first
	used     []given  // per setting: the value in effect
	problems []error
}

// layer is what one source gives, in its order and by name.
type layer []given

// given is a value with the name and the place it was given by.
type given struct {
	name, value string
	origin      Origin
	line        int // in the .env file
}

func (g given) where() string {
	if g.line > 0 {
		return fmt.Sprintf("%s line %d", g.origin, g.line)
	}
	return string(g.origin)
}

func (l *loader) readLayers(src Sources) {
	flags := make(layer, 0, len(src.Flags))
	for name, value := range src.Flags {
		flags = append(flags, given{"--" + name, value, Flag, 0})
	}
	var environ, file layer
	for _, pair := range src.Environ {
		// Windows has variables whose names begin with =.
		if name, value, ok := strings.Cut(pair, "="); ok && name != "" {
			environ = append(environ, given{name, value, Environment, 0})
		}
	}
	if src.EnvFile != "" {
		assignments, err := readEnvFile(src.EnvFile)
		if err != nil {
			l.problems = append(l.problems, fmt.Errorf("read .env file %q: %w", src.EnvFile, err))
		}
		for _, a := range assignments {
			file = append(file, given{a.name, a.value, EnvFile, a.line})
		}
	}
	l.layers = [3]layer{flags, environ, file}
	l.refuseUnknown()
}

// apply finds the value in effect for one setting and stores it in c.
func (l *loader) apply(c *Config, s *Setting) {
	g := l.find(s)
	l.used = append(l.used, g)
	value := g.value
	if g.isFile(s) {
		var ok bool
		if value, ok = l.readSecret(s, g); !ok {
			return
		}
	}
	if !s.set(c, value) {
		l.problem(g, s.Secret, value, "", s.Allowed)
	}
}

func (g given) isFile(s *Setting) bool {
	return s.Secret && (g.origin == Flag || g.name == s.FileKey())
}

// find returns what the highest layer that names the setting gives, else the default.
func (l *loader) find(s *Setting) given {
	for _, layer := range l.layers {
		if g, ok := l.findIn(layer, s); ok {
			return g
		}
	}
	return given{s.Key, s.Default, Default, 0}
}

func (l *loader) findIn(in layer, s *Setting) (first given, found bool) {
	for _, g := range in {
		switch {
		case !s.answersTo(g):
		case !found:
			first, found = g, true
		case g.value != first.value || g.isFile(s) != first.isFile(s):
			l.problem(g, s.Secret, g.value,
				fmt.Sprintf("contradicts %s=%s (%s)", first.name, showGiven(first.value, s.Secret), first.where()),
				"one of the two")
		}
	}
	return first, found
}

// answersTo says whether the name of g is one of the setting's. An X_FILE without a
// value names no file and counts as absent.
func (s *Setting) answersTo(g given) bool {
	if g.origin == Flag {
		return g.name == "--"+s.Flag
	}
	if s.Secret && g.name == s.FileKey() {
		return g.value != ""
	}
	return g.name == s.Key || s.Alias != "" && g.name == s.Alias
}

// readSecret returns the content of the file that g names, without its last line end.
func (l *loader) readSecret(s *Setting, g given) (string, bool) {
	content, err := readSmallFile(g.value)
	if err != nil {
		l.problem(g, false, g.value, bare(err), "a readable file that holds the value of "+s.Key)
		return "", false
	}
	content = strings.TrimSuffix(strings.TrimSuffix(content, "\n"), "\r")
	if content == "" {
		l.problem(g, false, g.value, "the file is empty", "a file that holds the value of "+s.Key)
		return "", false
	}
	return content, true
}

// bare returns the text of err without the path, which may contain anything.
func bare(err error) string {
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		return failed.Err.Error()
	}
	return err.Error()
}

func (l *loader) problem(g given, secret bool, value, reason, allowed string) {
	l.problems = append(l.problems, &Problem{
		Name: showName(g.name), Given: showGiven(value, secret), Where: g.where(), Reason: reason, Allowed: allowed,
	})
}

// entries lists the values in effect. The layers' values are not used for it: what is
// shown is what the program works with.
func (l *loader) entries(c *Config) []Entry {
	entries := make([]Entry, len(l.settings))
	for i := range l.settings {
		s, g := &l.settings[i], l.used[i]
		entries[i] = Entry{Key: s.Key, Value: s.show(c), Origin: g.origin}
		if g.origin != Default {
			entries[i].Name = g.name
		}
	}
	return entries
}
