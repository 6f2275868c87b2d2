package logbook

import "log/slog"

// class is one of the three kinds of line that are kept apart.
type class int

const (
	info class = iota
	warn
	failure
	classCount
)

// classOf returns where a line of that level belongs.
func classOf(l slog.Level) class {
	switch {
	case l >= slog.LevelError:
		return failure
	case l >= slog.LevelWarn:
		return warn
	}
	return info
}

// String returns the class as a label value.
func (c class) String() string { return [classCount]string{"info", "warn", "error"}[c] }

// fileName returns the name of the class's file.
func (c class) fileName() string {
	return [classCount]string{"log.messages", "warn.messages", "errors.messages"}[c]
}

func classes() [classCount]class { return [classCount]class{info, warn, failure} }
