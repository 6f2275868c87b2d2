package app

import "time"

// steadyClock returns a clock that starts at the machine's time and goes on by its
// monotonic one, so that no step of the machine's clock makes a duration negative.
func steadyClock() func() time.Time {
	start := time.Now()
	wall := start.Round(0).UTC()
	return func() time.Time { return wall.Add(time.Since(start)) }
}
