//go:build race

package mongoredis

const raceDetector = true
