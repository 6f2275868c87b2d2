//go:build race

package crashkit

const raceDetector = true
