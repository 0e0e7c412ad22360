package main

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// stream is one RTP stream of a publisher. One goroutine at a time sends on it.
type stream struct {
	kind    string // audio or video
	track   *webrtc.TrackLocalStaticRTP
	sender  *webrtc.RTPSender
	payload []byte
	packet  rtp.Packet
	step    uint32        // of the RTP timestamp
	counter atomic.Uint32 // of the next packet
	failed  atomic.Uint32 // packets that the socket did not take
}

// publish adds a stream of packets with size bytes of payload, numbered from
// first.
func (c *client) publish(kind string, size int, first uint16) (*stream, error) {
	codec, step := opus, uint32(960)
	if kind == "video" {
		codec, step = vp8, 3000
	}
	track, err := webrtc.NewTrackLocalStaticRTP(codec, kind, "load")
	if err != nil {
		return nil, fmt.Errorf("make a track: %w", err)
	}
	line, err := c.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return nil, fmt.Errorf("publish a track: %w", err)
	}
	s := &stream{kind: kind, track: track, sender: line.Sender(), step: step, payload: blank(kind, size)}
	s.packet = rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: first, Timestamp: 1, Marker: kind == "video"}, Payload: s.payload}
	go s.discardFeedback()
	return s, nil
}

// discardFeedback reads RTCP until the client is closed, as every sender must.
func (s *stream) discardFeedback() {
	b := make([]byte, 1500)
	for {
		if _, _, err := s.sender.Read(b); err != nil {
			return
		}
	}
}

// send sends the next packet.
func (s *stream) send() {
	mark(s.payload, s.kind, s.counter.Load(), time.Now().UnixNano())
	if s.track.WriteRTP(&s.packet) != nil {
		s.failed.Add(1)
	}
	s.packet.SequenceNumber++
	s.packet.Timestamp += s.step
	s.counter.Add(1)
}
