//go:build !race

package mongoredis

const raceDetector = false
