// Package socketio is a Socket.IO server: events both ways, acknowledgements,
// namespaces, over HTTP long polling and WebSocket, for the clients of versions 3 and 4.
// It is written from the two public protocol documents, "Engine.IO protocol", version 4,
// and "Socket.IO protocol", version 5, and knows nothing of what the events mean.
//
// # Layers
//
//	HTTP > engine > session > client > Socket > Handle, Serve
//
// The engine holds the sessions of Engine.IO: a transport each, a heartbeat, an outbox.
// A client is what Socket.IO keeps per session: the decoder, and a Socket per joined
// namespace. Packets are encoded and decoded by pure functions (enginepacket.go,
// packet.go).
//
// # Who runs what
//
// A session over WebSocket has two goroutines, one that reads and one that writes; over
// polling it has none but those of its requests. A socket has one for [Options].Serve if
// that is set, and one for [Options].Connect and [Options].Handle while there is
// something for them to do. All are waited for by [Server.Close]. A panic in a callback
// ends the socket it was called for and is logged with its stack.
//
// # What is bounded
//
// Towards a client, [Options].Outbox messages wait; whoever sends more waits for room,
// and a client that takes nothing for [Options].WriteTimeout is cut as stalled. From a
// client, 64 events or MaxPayload bytes wait for Handle, then nothing more is read from
// it; a client whose pongs go unread because of that ends with its heartbeat. Sessions
// are bounded in number, those that have joined no namespace yet once more.
//
// # What a handler's error does
//
// The protocol has no packet that answers an event with an error; servers of this
// family put failures into the acknowledgement or emit an event that client and server
// agreed on. So an error of Handle is logged at debug level and nothing is sent; a
// handler that has something to tell tells it through [Event].Ack. A [DisconnectError]
// also ends the socket.
//
// # Where it is stricter than others
//
// The name of an event is a string. An event without an array, an acknowledgement
// without an id, a packet for a namespace that was never joined, a second CONNECT for
// one that is joined, binary data nobody announced: each is a parse error and ends the
// session. So do more than 256 arguments. MaxPayload bounds a packet together with its
// attachments.
package socketio
