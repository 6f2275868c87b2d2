// Package outage keeps the log calm while a server is away that the store depends on.
//
// When a server goes, everything that needs it fails, again and again, each with a line of
// its own. A [Calm] asks the servers every second and says itself what there is to say: one
// line when a server does not answer, one a minute as long as that lasts, and one when it
// answers again. Lines of others about an error that this explains are lowered to the debug
// level, where they can still be had.
//
// What is not explained is kept: an error of a server that answers (it refuses a command, its
// memory is full) is held back until the server has answered once more, and logged then, the
// same message once a minute at most. Errors that only say that this process ends, because
// a call was cut short or the store is closed, are nobody's trouble, and lowered too.
package outage
