package rtc

import (
	"encoding/binary"
	"net"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"switchyard/sfu"
)

// trialStream is what a simulated publisher sends on one line.
type trialStream struct {
	kind sfu.Kind
	ssrc uint32
	pt   uint8
	mid  string
	seq  uint32 // with its rollovers
	at   uint32 // timestamp
}

const (
	trialStep         = 5 * time.Millisecond // publishers send in this rhythm
	trialAudio        = 100                  // bytes of a payload
	trialVideo        = 1040
	trialFrame        = 8 // packets of a picture
	trialVideoPerStep = 1.2
	trialAudioPerStep = 0.25
)

// trialPublishers send from a thread of their own, whose time is known.
type trialPublishers struct {
	members []*trialMember
	video   bool
	server  *Server
	stop    chan struct{}
	sent    atomic.Uint64
	spent   atomic.Int64 // nanoseconds of processor time
}

func (p *trialPublishers) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := usage(unix.RUSAGE_THREAD)
	to := net.UDPAddrFromAddrPort(p.server.Addr()).AddrPort()
	var packet [datagramSize]byte
	tick := time.NewTicker(trialStep)
	defer tick.Stop()
	for step := 0; ; step++ {
		select {
		case <-tick.C:
		case <-p.stop:
			return
		}
		audio := int(float64(step+1)*trialAudioPerStep) - int(float64(step)*trialAudioPerStep)
		video := 0
		if p.video { // in threes, as a pacer sends
			video = 3 * (int(float64(step+1)*trialVideoPerStep/3) - int(float64(step)*trialVideoPerStep/3))
		}
		for _, m := range p.members {
			for range audio {
				m.conn.WriteToUDPAddrPort(m.audio.next(m, packet[:], trialAudio), to)
			}
			for range video {
				m.conn.WriteToUDPAddrPort(m.video.next(m, packet[:], trialVideo), to)
			}
			p.sent.Add(uint64(audio + video))
		}
		p.spent.Store(int64(usage(unix.RUSAGE_THREAD) - before))
	}
}

// next is the stream's next packet, sealed in b.
func (s *trialStream) next(m *trialMember, b []byte, size int) []byte {
	if s.seq == 0 {
		s.seq = 1000
	}
	s.seq++
	b[0], b[1] = 0x90, s.pt
	n := fixedHeader - 4
	end := n + 8 // the header extension: mid, and a level of sound
	copy(b[n:end], []byte{0xBE, 0xDE, 0, 1, 1 << 4, s.mid[0], 0, 0})
	payload := b[end : end+size]
	clear(payload)
	if s.kind == sfu.Audio {
		s.at += 960
		b[n+6], b[n+7] = 5<<4, 30
		payload[0] = 0x78 // Opus, 20 ms
	} else {
		first, last := s.seq%trialFrame == 0, s.seq%trialFrame == trialFrame-1
		if first {
			s.at += 3000
			payload[0] = 0x10
			// One picture in a second is a keyframe, with its size.
			if key := s.seq/trialFrame%30 == 0 || s.seq < 1000+3*trialFrame; key {
				copy(payload[1:], []byte{0, 0, 0, 0x9d, 0x01, 0x2a, 0, 5, 0xd0, 2})
			} else {
				payload[1] = 1
			}
		}
		if last {
			b[1] |= 0x80
		}
	}
	binary.BigEndian.PutUint16(b[2:], uint16(s.seq))
	binary.BigEndian.PutUint32(b[4:], s.at)
	binary.BigEndian.PutUint32(b[8:], s.ssrc)
	return m.seal.SealRTP(b, end, payload, s.seq>>16)
}
