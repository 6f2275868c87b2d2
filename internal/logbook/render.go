package logbook

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/filavip/filavip/internal/event"
)

const (
	// maxAttrs bounds all attributes of one line, in bytes.
	maxAttrs = 12 << 10
	// timeLayout is ISO 8601 in UTC with milliseconds.
	timeLayout = "2006-01-02T15:04:05.000Z"
	// componentKey is the attribute that becomes the third bracket of a line.
	componentKey = "component"
	// defaultComponent is what speaks when no component is named.
	defaultComponent = "filavip"
)

// attrs collects rendered attributes.
type attrs struct {
	buf       []byte // " key=value", repeated
	component string
	full      bool // something did not fit
}

// clone returns a copy that grows on its own.
func (as *attrs) clone() attrs {
	c := *as
	c.buf = slices.Clone(as.buf)
	return c
}

// add renders a under the group prefix, such as "http.request.". Groups become longer
// prefixes; empty attributes and groups vanish.
func (as *attrs) add(prefix string, a slog.Attr) {
	v := a.Value.Resolve()
	if a.Key == "" && v.Equal(slog.Value{}) {
		return
	}
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, member := range v.Group() {
			as.add(prefix, member)
		}
		return
	}
	if prefix == "" && a.Key == componentKey {
		as.component = textOf(v)
		return
	}
	as.append(prefix+a.Key, textOf(v))
}

func (as *attrs) append(key, value string) {
	if as.full {
		return
	}
	if len(as.buf)+2*maxField+len(" =") > maxAttrs {
		as.full = true
		as.buf = append(as.buf, " "+ellipsis...)
		return
	}
	as.buf = append(as.buf, ' ')
	as.buf = appendEscaped(as.buf, key, ` ="`, maxField)
	as.buf = append(as.buf, '=')
	as.buf = appendValue(as.buf, value)
}

// textOf returns a resolved value as text. Values of foreign types are formatted by fmt,
// which survives their panics.
func textOf(v slog.Value) string {
	switch v.Kind() {
	case slog.KindTime:
		return v.Time().Format(time.RFC3339Nano)
	case slog.KindAny:
		if b, ok := v.Any().([]byte); ok {
			return string(b)
		}
		return fmt.Sprint(v.Any())
	}
	return v.String()
}

// entry is a line on its way to all places.
type entry struct {
	line event.Line
	text string // the whole line, without its end
}

// newEntry renders a line. What as holds is safe; the rest is escaped here.
func newEntry(at time.Time, level slog.Level, text string, as *attrs) entry {
	component := as.component
	if component == "" {
		component = defaultComponent
	}
	buf := make([]byte, 0, 256)
	buf = append(buf, '[')
	buf = at.UTC().AppendFormat(buf, timeLayout)
	buf = append(buf, "] ["...)
	buf = append(buf, level.String()...)
	buf = append(buf, "] ["...)
	componentAt := len(buf)
	buf = appendEscaped(buf, component, "[] ", maxField)
	componentEnd := len(buf)
	buf = append(buf, "] "...)
	textAt := len(buf)
	buf = appendEscaped(buf, text, "", maxField)
	textEnd := len(buf)
	buf = append(buf, as.buf...)

	e := entry{text: string(buf)}
	e.line = event.Line{
		At:        at,
		Level:     level,
		Component: e.text[componentAt:componentEnd],
		Text:      e.text[textAt:textEnd],
	}
	if len(as.buf) > 0 {
		e.line.Attrs = e.text[textEnd+len(" "):]
	}
	return e
}
