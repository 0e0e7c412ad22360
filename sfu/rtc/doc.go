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
// ICE is pion/ice's Agent in its lite form (RFC 8445 section 2.5), DTLS is
// pion/dtls, always the server (RFC 5763); offers are answered by an engine of
// our own over pion/sdp, and SRTP keys come from the DTLS connection's exporter
// (RFC 5705, RFC 5764). There is no webrtc.PeerConnection and no interceptor in
// the process: a packet whose first byte is 128 to 191 (RFC 7983) never reaches
// pion's agents, and a connection handed to pion refuses to send one. Feedback
// (NACK, transport-wide congestion control, reports, keyframe requests) and
// retransmission are made here.
//
// # What belongs to what
//
// A check (STUN) goes to the peer whose username fragment it names; everything
// else to the peer whose ICE agent has answered at the address it came from. A
// packet belongs to the line that its mid header extension names, and to the
// encoding that its rid or repaired-rid names; a=ssrc attributes are not
// believed. A packet without a mid belongs to the only line that has its payload
// type, if there is only one. What is authentic and not yet known is held
// shortly; of what is not authentic nothing is kept.
//
// # Concurrency
//
// One goroutine, the loop, reads the UDP socket, opens and commits packets, and
// writes what the rooms forward; it implements sfu.Loop, and every field that a
// packet touches belongs to it. The methods of Peer may be called from any
// goroutine; Answer and RestartICE are serialised by the peer's mutex and reach
// the loop by posting to it. Nothing on the loop blocks: what the kernel or a TCP
// connection does not take at once is dropped and counted. Pion's goroutines
// read STUN and DTLS from bounded queues.
package rtc
