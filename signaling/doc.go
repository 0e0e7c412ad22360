// Package signaling is how a client gets into a room and what is said there:
// the WebSocket session at GET /rtc (docs/protocol.md), WHIP (RFC 9725) at
// /whip/{room} and WHEP (draft-ietf-wish-whep) at /whep/{room}. It translates
// between those protocols and the few methods of packages sfu and sfu/rtc and
// holds no media logic.
//
// # A session
//
// A session is one identity's conversation about one room; it outlives the
// sockets on which it is held. Each session has a goroutine of its own that
// handles requests one after another and, once joined, a second one that turns
// the participant's events into messages; each socket has a reader and a
// writer. What is to be sent stands in the session's outbox until the client
// acknowledges it: the writer sends from there, a resumed socket starts there
// again, and a client that lets it overflow is removed.
//
// A WHIP or WHEP session is a peer of the participant of its token's identity,
// one more transport beside the others.
//
// # Locks
//
// Taken in this order, never the other way: members.mu, session.mu, then locks
// of package sfu, which never calls back while it holds one.
package signaling
