// Package config turns defaults, a .env file, the environment and flags into one
// validated [Config].
//
// Each setting is one row of the table that [Settings] returns: its names, default,
// kind, bounds and help. Everything else here, the flags of the command line and the
// listing of effective values are derived from that table, so a setting cannot exist
// in one place and be missing in another.
//
// # Precedence
//
//	default < .env file < environment < flag
//
// The highest layer that names a setting decides. A name that is present with an
// empty value counts as given: where a setting may be empty it empties it, elsewhere
// it is a problem. A setting may have an alias; naming it twice in one layer with
// different values is a problem.
//
// # Secrets
//
// A secret X can also be given as X_FILE, the path of a file that holds it, in the
// .env file and in the environment. Its flag always names a file, because every user
// of a machine can read the arguments of a process. Secret values appear nowhere:
// problems, [Config.Entries] and every way of printing a [Secret] or [URI] mask them.
// What looks like a password in the value of another setting is masked too where that
// value is refused.
//
// # Problems
//
// [Load] examines everything once and reports all problems joined, one line each:
// the name, the value, where it was given, and what is allowed.
package config
