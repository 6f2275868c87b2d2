package app

import (
	"os"
	"strconv"
	"strings"
)

// residentMemory returns the bytes of this process that are in memory; 0 where the system
// does not say.
func residentMemory() uint64 {
	text, err := os.ReadFile("/proc/self/statm") // of Linux: all pages, then those in memory
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseUint(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize())
}
