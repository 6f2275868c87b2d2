package config

import (
	"net/url"
	"strings"
)

// redactURI masks whatever in a URI may be a secret, and all of a text whose beginning
// is not plainly a scheme. Other options than secret ones stay.
func redactURI(uri string) string {
	if _, _, ok := cutScheme(uri); !ok && uri != "" {
		return mask
	}
	options := strings.Split(redactCredentials(uri), "&")
	for i, option := range options {
		options[i] = redactOption(option)
	}
	return strings.Join(options, "&")
}

// redactText masks what may be a secret in a value that should hold none: people also
// give a whole URI, or a driver's options, where a host alone belongs.
func redactText(text string) string { return redactOption(redactCredentials(text)) }

// redactCredentials masks user and password. They may contain, against the rules, any
// of the characters that delimit them, so everything up to the last @ goes; and if that
// may be part of an option's value, or what looks like a port is none, all but the
// scheme.
func redactCredentials(text string) string {
	scheme, rest, _ := cutScheme(text)
	shown := text
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		if secretValue(rest[:i]) >= 0 {
			return scheme + mask
		}
		shown = scheme + mask + rest[i:]
	}
	if !plainPorts(shown) {
		return scheme + mask
	}
	return shown
}

// cutScheme splits a URI behind its ://. Without a scheme all of it is rest.
func cutScheme(uri string) (scheme, rest string, ok bool) {
	i := strings.Index(uri, "://")
	if i < 0 || !isScheme(uri[:i]) {
		return "", uri, false
	}
	return uri[:i+3], uri[i+3:], true
}

func isScheme(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && c != '+' {
			return false
		}
	}
	return s != ""
}

// plainPorts says whether in each address that begins with a scheme only a port stands
// behind a colon. In an address whose host was forgotten it is the password.
func plainPorts(text string) bool {
	pieces := strings.Split(text, "://")
	for _, piece := range pieces[1:] {
		piece, _, _ = strings.Cut(piece, "?")
		for part := range strings.FieldsFuncSeq(piece, func(r rune) bool { return r == ',' || r == '/' }) {
			behindIPv6 := part[strings.LastIndexByte(part, ']')+1:]
			if _, port, _ := strings.Cut(behindIPv6, ":"); len(port) > 5 || strings.Trim(port, "0123456789") != "" {
				return false
			}
		}
	}
	return true
}

// redactOption masks the first secret option's value, and what follows it: nobody knows
// where a password ends.
func redactOption(text string) string {
	if i := secretValue(text); i >= 0 {
		return text[:i] + mask
	}
	return text
}

// secretValue returns where the value of the first secret option begins, and -1 if
// there is none.
func secretValue(text string) int {
	for i := range len(text) {
		if text[i] == '=' && secretOption(lastWord(text[:i])) {
			return i + 1
		}
	}
	return -1
}

// lastWord returns the name that text ends with, spaces and quotes aside.
func lastWord(text string) string {
	text = strings.TrimRight(text, " \t\"'")
	return text[strings.LastIndexFunc(text, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("_-.%", r)
	})+1:]
}

// secretOption recognises, by their names, the options in which drivers and services
// take passwords and tokens.
func secretOption(name string) bool {
	if plain, err := url.QueryUnescape(name); err == nil {
		name = plain
	}
	name = strings.NewReplacer("_", "", "-", "", ".", "").Replace(strings.ToLower(name))
	for _, word := range []string{"pass", "pwd", "secret", "token", "credential", "properties"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return strings.HasSuffix(name, "key") || name == "auth"
}
