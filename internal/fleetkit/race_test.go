//go:build race

package fleetkit

const raceDetector = true
