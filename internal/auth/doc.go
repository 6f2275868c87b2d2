// Package auth decides who may ask: whoever has the one key of the server, or a session
// that was opened with it. Without a key everybody may.
//
// # Two ways to show the key
//
// A program sends the key itself, as Authorization: Bearer. A browser sends it once and
// gets a session in return, in a cookie that no script can read and that no other site can
// have sent. A Bearer decides alone where there is one. A key in an address is not looked
// at: addresses end up in logs and histories.
//
// # What a session is
//
// The cookie holds when the session ends and a MAC of that, made with a secret that is
// derived from the key. So no server keeps a list of sessions, and all servers with one key
// take each other's. It also means that signing out makes the browser forget the cookie
// and no more: to end every session there is, change the key.
//
// The guard keeps a digest of the key and that secret, never the key. Both are compared in
// constant time.
//
// # Wrong keys
//
// They are counted, and beyond a rate that no honest mistake reaches they are told to come
// later. A right key is let in whatever the rate: one that was held up by the wrong ones of
// others could be held up for good. What keeps guesses from ever coming true is the length
// of the key, not the limit, which spares the log and shows on a dashboard of metrics that
// somebody tries.
package auth
