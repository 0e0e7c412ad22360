// Package rtc is the WebRTC transport of a participant: it answers offers,
// brings up ICE and DTLS, opens what a client publishes straight into the
// histories of package sfu and seals what flows through a slot for its receiver.
//
//	server, err := rtc.New(cfg, log, reg)          // opens nothing
//	err = server.Listen()                          // one UDP and one TCP port
//	go server.Run(ctx)                             // the loop
//	peer, err := server.NewPeer(participant, rtc.PeerOptions{Name: "…"})
//	answer, err := peer.Answer(ctx, offer, tracks) // first and every later offer
//
// # What is ours and what is pion's
//
// DTLS is pion/dtls, always the server (RFC 5763), and gives the SRTP keys by its
// exporter (RFC 5705, RFC 5764). ICE is the lite form (RFC 8445 section 2.5), which
// only answers: it is done here, on the loop. So are offers and answers, over
// pion/sdp, and SRTP, in internal/srtp. There is no webrtc.PeerConnection and no
// interceptor in the process: a packet whose first byte is 128 to 191 (RFC 7983)
// never reaches pion, and the connection handed to it refuses to send one. Feedback
// (NACK, transport-wide congestion control, reports, keyframe requests) and
// retransmission are made here.
//
// # What belongs to what
//
// A check (STUN) goes to the peer whose username fragment it names, and counts if it
// was made with that peer's password; everything else to the peer of whom a check
// came from the same address. A packet belongs to the line that its mid header
// extension names, and to the encoding that its rid or repaired-rid names; a=ssrc
// attributes are not believed. A packet without a mid belongs to the only line that
// has its payload type, if there is only one. What is authentic and not yet known is
// held shortly; of what is not authentic nothing is kept.
//
// # Concurrency
//
// A Server has a shard for each core: one goroutine, the loop, that reads the shard's
// UDP socket, opens and commits packets, and writes what the rooms of the shard
// forward; it implements sfu.Loop, and every field that a packet touches belongs to
// it. Shards meet in bounded rings (see handover.go, lend.go). The methods of Peer
// may be called from any goroutine; Answer and RestartICE are serialised by the peer's
// mutex and reach the loop by Participant.Post. Nothing on a loop blocks: what the
// kernel or a TCP connection does not take at once is dropped and counted. Pion's
// goroutines read DTLS from bounded queues.
package rtc
