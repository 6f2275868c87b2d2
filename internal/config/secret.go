package config

import (
	"fmt"
	"io"
	"log/slog"
)

// mask stands for a secret wherever one would be shown.
const mask = "***"

// Secret is a text that is not shown: every way of printing, encoding or logging it
// gives ***, or nothing if it is empty. Reveal alone returns it. The zero Secret is
// empty.
type Secret struct {
	// A pointer, because fmt shows the fields of values it reaches through an
	// unexported field without asking their methods.
	text *string
}

// NewSecret returns text as a Secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal returns the text itself.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsSet says whether the text is not empty.
func (s Secret) IsSet() bool { return s.text != nil }

// String returns *** or, if there is no secret, the empty string.
func (s Secret) String() string {
	if s.text == nil {
		return ""
	}
	return mask
}

// Format implements [fmt.Formatter] for every verb, by writing String.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText implements [encoding.TextMarshaler], by String.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON implements [json.Marshaler], by String.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// LogValue implements [slog.LogValuer], by String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// URI is a server's address that may carry credentials. It is shown without them.
// The zero URI is empty.
type URI struct{ secret Secret }

// NewURI returns text as a URI, unexamined.
func NewURI(text string) URI { return URI{NewSecret(text)} }

// Reveal returns the address with its credentials.
func (u URI) Reveal() string { return u.secret.Reveal() }

// IsSet says whether the address is not empty.
func (u URI) IsSet() bool { return u.secret.IsSet() }

// String returns the address with user, password and secret options masked, and all
// but its scheme where these cannot be told from the host.
func (u URI) String() string { return redactURI(u.Reveal()) }

// Format implements [fmt.Formatter] for every verb, by writing String.
func (u URI) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, u.String()) }

// MarshalText implements [encoding.TextMarshaler], by String.
func (u URI) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// LogValue implements [slog.LogValuer], by String.
func (u URI) LogValue() slog.Value { return slog.StringValue(u.String()) }
