// Package sfu is the forwarding core: rooms, participants, publications and the
// slots through which participants receive them. It knows nothing of sockets,
// SDP or encryption; a browser, a phone, a recorder and a test enter a room by
// the same few methods:
//
//	p, _, err := room.Join(sfu.Join{...})      // a participant
//	pub, err := p.Publish(track, source)       // what it sends
//	pub.Reserve / pub.Commit                   // packets go in
//	sub, err := p.Subscribe(slot, sink)        // where it receives
//	sub.Want(demand)                           // what it would like to see there
//
// # Concurrency
//
// A room is two halves. Membership, the roster and the room's State are guarded
// by a mutex in Room; nothing is sent, called back or waited for under it, so
// those methods may be called from any goroutine. Everything that a packet
// touches (histories, forwarders, speaker detection, which publication flows
// through which slot) belongs to the room's Loop and is touched only by
// functions that run on it. Methods marked "on the loop" must be called there
// and nowhere else; sources and sinks are called there and nowhere else.
//
// The package starts no goroutine and opens no socket: time and execution come
// from the Loop, so a test drives a whole room by hand (package sfutest).
package sfu
