package mongoredis

import "crypto/rand"

// newSecret returns a password that nobody has used.
func newSecret() string { return rand.Text() }

// wrongSecret is what no server takes for its password.
const wrongSecret = "not-the-password"
