// Package archtest holds the tests that keep the module's shape: who may import whom,
// where each third-party library lives, and a few rules of style that a reader would
// otherwise have to check. It contains no code of the program.
//
// The import table and the homes are in table_test.go. A new package, or a new
// library, fails the test until it is written there, with its reason.
package archtest
