package rtc

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"switchyard/sfu"
)

// TestLipSync: the sender reports of a viewer's first audio and video slots put
// what was captured at one instant at one instant, though the publisher's two
// streams have different delays and its clock is not the server's.
func TestLipSync(t *testing.T) {
	h := newHouse(t)
	a := h.rig("alice", Both, rigOffer(rigAudio("0", "sendonly"), rigVideo("1", "sendonly")), microphone("0"), camera("1"))
	b := h.rig("bob", Both, rigOffer(rigAudio("0", "recvonly"), rigVideo("1", "recvonly")))
	if err := b.answer.Slots[1].Subscription.Want(sfu.Demand{Width: 1280, Height: 720}); err != nil {
		t.Fatal(err)
	}
	type mapping struct {
		at  float64 // seconds
		rtp uint32
	}
	type heard struct {
		capture float64 // of the publisher, in seconds
		rtp     uint32  // of the slot
	}
	reports := map[uint32]mapping{}
	packets := map[uint32][]heard{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 2048)
		for {
			n, err := b.conn.Read(buffer)
			if err != nil {
				return
			}
			if buffer[1] >= 192 && buffer[1] <= 223 {
				plain, err := b.in.DecryptRTCP(nil, buffer[:n], nil)
				if err != nil {
					t.Error(err)
					return
				}
				list, err := rtcp.Unmarshal(plain)
				if err != nil {
					t.Error(err)
					return
				}
				for _, p := range list {
					if sr, ok := p.(*rtcp.SenderReport); ok {
						reports[sr.SSRC] = mapping{float64(sr.NTPTime>>32) + float64(sr.NTPTime&math.MaxUint32)/(1<<32), sr.RTPTime}
					}
				}
				continue
			}
			plain, err := b.in.DecryptRTP(nil, buffer[:n], nil)
			if err != nil {
				t.Error(err)
				return
			}
			hd, _ := parseRTP(plain)
			// The capture time is in the last bytes, in milliseconds.
			body := plain[hd.payload:]
			ms := float64(be32(body[len(body)-4:]))
			packets[hd.ssrc] = append(packets[hd.ssrc], heard{ms / 1000, hd.timestamp})
		}
	}()
	stamp := func(b []byte, ms uint32) []byte { return append(b, byte(ms>>24), byte(ms>>16), byte(ms>>8), byte(ms)) }
	report := func(ssrc uint32, ms uint32, rtp uint32) {
		ntp := uint64(1000+ms/1000)<<32 | uint64(ms%1000)<<32/1000 // a clock of the year 1900
		sr, err := (&rtcp.SenderReport{SSRC: ssrc, NTPTime: ntp, RTPTime: rtp}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := a.out.EncryptRTCP(nil, sr, nil)
		if err != nil {
			t.Fatal(err)
		}
		a.arrive(sealed)
	}
	begin := time.Now()
	sent := uint32(0)
	for step := 0; time.Since(begin) < 2500*time.Millisecond; step++ {
		ms := uint32(time.Since(begin).Milliseconds())
		// The video of 80 ms ago and the audio of now arrive together.
		a.send(rtpPacket(111, uint16(step), 777+48*ms, 50, false, stamp([]byte("\xfc...."), ms), 1, "0", 5, []byte{0x80 | 10}))
		if ms >= 80 {
			a.send(rtpPacket(96, uint16(sent), 5+90*(ms-80), 60, true, stamp(vp8(sent == 0, int(sent), "v", 1)[0], ms-80), 1, "1"))
			sent++
		}
		if step%20 == 10 {
			report(50, ms, 777+48*ms)
			report(60, ms, 5+90*ms)
		}
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(1200 * time.Millisecond) // the reports of each second
	b.conn.SetReadDeadline(time.Now())
	<-done
	offset := map[sfu.Kind]float64{}
	for _, l := range b.peer.lines {
		list, sr := packets[l.slot.ssrc], reports[l.slot.ssrc]
		if len(list) < 10 || sr.at == 0 {
			t.Fatalf("%v: %d packets, report %v", l.kind, len(list), sr)
		}
		last := list[len(list)-1]
		rate := float64(l.slot.rate)
		played := sr.at + float64(int32(last.rtp-sr.rtp))/rate
		offset[l.kind] = played - last.capture
	}
	if off := offset[sfu.Video] - offset[sfu.Audio]; math.Abs(off) > 0.010 {
		t.Errorf("video is %.1f ms late against audio", off*1000)
	}
}
