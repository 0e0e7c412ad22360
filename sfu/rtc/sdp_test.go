package rtc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"

	"switchyard/sfu"
)

// TestRefusedOffers: what can't be served is refused naming the attribute, and
// the peer is as it was before.
func TestRefusedOffers(t *testing.T) {
	h := newHouse(t)
	video, audio := rigVideo("0", "sendonly"), rigAudio("1", "recvonly")
	without := func(s, attribute string) string { return strings.ReplaceAll(s, attribute+"\r\n", "") }
	instead := strings.ReplaceAll
	lines := func(n int, line func(mid, direction string) string, direction string) string {
		var list []string
		for i := range n {
			list = append(list, line(fmt.Sprint(i), direction))
		}
		return rigOffer(list...)
	}
	simulcast := rigVideo("0", "sendonly", "rid:a send", "rid:b send", "simulcast:send a;b")
	cam := camera("0")
	for _, c := range []struct {
		name, field, offer string
		tracks             []TrackOffer
	}{
		{"nothing", "sdp.m", "", nil},
		{"garbage", "sdp", "hello", nil},
		{"too long", "sdp", rigOffer(video) + strings.Repeat("a=x\r\n", maxSDP/5), nil},
		{"no lines", "sdp.m", rigHeader, nil},
		{"only data", "sdp.m", rigHeader + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n", nil},
		{"passive", "sdp.setup", instead(rigOffer(video), "setup:actpass", "setup:passive"), []TrackOffer{cam}},
		{"no setup", "sdp.setup", without(rigOffer(video), "a=setup:actpass"), []TrackOffer{cam}},
		{"lite", "sdp.ice-lite", rigHeader + "a=ice-lite\r\n" + video, []TrackOffer{cam}},
		{"no bundle", "sdp.group", rigHeader + video + audio, []TrackOffer{cam}},
		{"half a bundle", "sdp.group", rigHeader + "a=group:BUNDLE 0\r\n" + video + audio, []TrackOffer{cam}},
		{"no mux", "sdp.rtcp-mux", without(rigOffer(video), "a=rtcp-mux"), []TrackOffer{cam}},
		{"no fingerprint", "sdp.fingerprint", instead(rigOffer(video), "a=fingerprint:sha-256", "a=x"), []TrackOffer{cam}},
		{"sha-1", "sdp.fingerprint", instead(rigOffer(video), "sha-256", "sha-1"), []TrackOffer{cam}},
		{"short fingerprint", "sdp.fingerprint", instead(rigOffer(video), "00:11:22:33:44", "00"), []TrackOffer{cam}},
		{"no ufrag", "sdp.ice-ufrag", without(rigOffer(video), "a=ice-ufrag:abcd"), []TrackOffer{cam}},
		{"odd ufrag", "sdp.ice-ufrag", instead(rigOffer(video), "abcd\r\n", "a b d\r\n"), []TrackOffer{cam}},
		{"short pwd", "sdp.ice-pwd", instead(rigOffer(video), "abcdefghijklmnopqrstuvwx", "abc"), []TrackOffer{cam}},
		{"no codec", "sdp.m[0].codec", instead(instead(rigOffer(video), "rtpmap:", "x:"), "VP8", "X"), []TrackOffer{cam}},
		{"no audio codec", "sdp.m[1].codec", instead(rigOffer(video, audio), "opus", "g722"), []TrackOffer{cam}},
		{"mid twice", "sdp.m[1].mid", rigOffer(video, rigAudio("0", "recvonly")), []TrackOffer{cam}},
		{"no mid", "sdp.m[0].mid", without(rigOffer(video), "a=mid:0"), []TrackOffer{cam}},
		{"long mid", "sdp.m[0].mid", rigOffer(rigVideo(strings.Repeat("m", 17), "recvonly")), nil},
		{"odd mid", "sdp.m[0].mid", rigOffer(rigVideo("a/b", "recvonly")), nil},
		{"plain RTP", "sdp.m[0].proto", instead(rigOffer(video), "UDP/TLS/RTP/SAVPF", "RTP/AVP"), []TrackOffer{cam}},
		{"bad simulcast", "sdp.m[0].simulcast", instead(rigOffer(simulcast), "send a;b", "send a;a"), []TrackOffer{cam}},
		{"simulcast without rid", "sdp.m[0].extmap", instead(rigOffer(simulcast), "a=extmap:2", "a=x:2"), []TrackOffer{cam}},
		{"no track", "tracks", rigOffer(video), nil},
		{"track without line", "tracks[1].mid", rigOffer(video), []TrackOffer{cam, microphone("7")}},
		{"track of a receiving line", "tracks[1].mid", rigOffer(video, audio), []TrackOffer{cam, microphone("1")}},
		{"mid in two tracks", "tracks[1].mid", rigOffer(video), []TrackOffer{cam, cam}},
		{"track twice", "tracks[1].track", rigOffer(video, rigVideo("1", "sendonly")), []TrackOffer{cam, {"1", cam.Track}}},
		{"wrong kind", "tracks[0].source", rigOffer(video), []TrackOffer{{"0", microphone("0").Track}}},
		{"encodings without simulcast", "tracks[0].encodings", rigOffer(video), []TrackOffer{camera("0", "a", "b")}},
		{"another rid", "tracks[0].encodings[1].rid", rigOffer(simulcast), []TrackOffer{camera("0", "a", "c")}},
		{"a rid too few", "tracks[0].encodings", rigOffer(simulcast), []TrackOffer{camera("0", "a")}},
		{"too many slots", "sdp.m", lines(65, rigAudio, "recvonly"), nil},
		{"ten thousand slots", "sdp.m", rigHeader + strings.Repeat("m=audio 0 RTP/AVP 0\r\n", 10000), nil},
		{"too many tracks", "sdp.m", lines(17, rigAudio, "sendonly"), func() (list []TrackOffer) {
			for i := range 17 {
				list = append(list, microphone(fmt.Sprint(i)))
			}
			return list
		}()},
	} {
		t.Run(c.name, func(t *testing.T) {
			who, peer := h.join("x "+c.name, Both)
			_, err := peer.Answer(context.Background(), c.offer, c.tracks)
			var bad *OfferError
			if !errors.As(err, &bad) || bad.Field != c.field || bad.Reason == "" {
				t.Fatalf("%v, want one about %s", err, c.field)
			}
			if tooMany := strings.HasPrefix(c.name, "too many "); errors.Is(err, ErrTooMany) != tooMany {
				t.Errorf("is ErrTooMany: %v", !tooMany)
			}
			if n := len(who.Info().Publications); n != 0 || peer.ice != nil || peer.lines != nil {
				t.Error("something of the offer was kept")
			}
			if _, err := peer.Answer(context.Background(), rigOffer(video), []TrackOffer{cam}); err != nil {
				t.Errorf("a good offer after it: %v", err)
			}
			who.Leave(sfu.LeftByItself)
			<-peer.Done()
		})
	}
}

// TestRefusedReoffers: rules between an offer and the one before it.
func TestRefusedReoffers(t *testing.T) {
	h := newHouse(t)
	who, peer := h.join("alice", Both)
	first := rigOffer(rigVideo("0", "sendonly"), rigAudio("1", "recvonly"))
	cam := []TrackOffer{camera("0")}
	answer, err := peer.Answer(context.Background(), first, cam)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ field, offer string }{
		{"sdp.m", rigOffer(rigVideo("0", "sendonly"))},
		{"sdp.m[1].mid", rigOffer(rigVideo("0", "sendonly"), rigAudio("2", "recvonly"))},
		{"sdp.fingerprint", strings.ReplaceAll(first, "00:11:22", "99:99:99")},
	} {
		var bad *OfferError
		if _, err := peer.Answer(context.Background(), c.offer, cam); !errors.As(err, &bad) || bad.Field != c.field {
			t.Errorf("%v, want one about %s", err, c.field)
		}
	}
	again, err := peer.Answer(context.Background(), first, cam)
	if err != nil {
		t.Fatal(err)
	}
	if again.Slots[0].Subscription != answer.Slots[0].Subscription || again.Publications[0].Publication != answer.Publications[0].Publication || again.ICEUfrag != answer.ICEUfrag {
		t.Error("the same offer again changed something")
	}

	// A line that is stopped frees its place for another.
	stopped := rigOffer(strings.Replace(rigVideo("0", "sendonly"), "m=video 9", "m=video 0", 1), rigAudio("1", "recvonly"))
	if _, err := peer.Answer(context.Background(), stopped, nil); err != nil {
		t.Fatal(err)
	}
	if n := len(who.Info().Publications); n != 0 {
		t.Errorf("%d publications after the line stopped", n)
	}
	taken := rigOffer(rigAudio("5", "sendonly"), rigAudio("1", "recvonly"))
	if _, err := peer.Answer(context.Background(), taken, []TrackOffer{microphone("5")}); err != nil {
		t.Fatal(err)
	}
	// A track that moves to another line stays the same publication.
	id := who.Info().Publications[0].ID
	moved := rigOffer(rigAudio("5", "inactive"), rigAudio("1", "recvonly"), rigAudio("6", "sendonly"))
	if _, err := peer.Answer(context.Background(), moved, []TrackOffer{{"6", microphone("5").Track}}); err != nil {
		t.Fatal(err)
	}
	if list := who.Info().Publications; len(list) != 1 || list[0].ID != id {
		t.Errorf("publications %+v", list)
	}
	peer.Close()
}

// TestRollback: when the room refuses something, what was done before is undone.
func TestRollback(t *testing.T) {
	h := newHouse(t)
	p, _, err := h.room.Join(sfu.Join{Identity: "viewer", Counted: true, Grants: sfu.MayPublish})
	if err != nil {
		t.Fatal(err)
	}
	peer, err := h.server.NewPeer(p, PeerOptions{Name: "viewer"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = peer.Answer(context.Background(), rigOffer(rigVideo("0", "sendonly"), rigAudio("1", "recvonly")), []TrackOffer{camera("0")})
	if !errors.Is(err, sfu.ErrForbidden) {
		t.Errorf("%v", err)
	}
	if peer.lines != nil || peer.ice != nil {
		t.Error("something was kept")
	}
	bad := camera("0")
	bad.Track.ID = ""
	var field *sfu.FieldError
	if _, err := peer.Answer(context.Background(), rigOffer(rigVideo("0", "sendonly")), []TrackOffer{bad}); !errors.As(err, &field) {
		t.Errorf("%v", err)
	}
	peer.Close()
}

// TestAnswer reads an answer to a browser's kind of offer.
func TestAnswer(t *testing.T) {
	h := newHouse(t)
	_, peer := h.join("alice", Both)
	offer := rigOffer(
		rigAudio("0", "sendonly"),
		rigVideo("1", "sendonly", "rid:q send", "rid:f send", "simulcast:send q;~f"),
		rigAudio("2", "recvonly"), rigVideo("3", "recvonly"), rigVideo("4", "recvonly"), rigAudio("5", "recvonly"),
		rigVideo("6", "inactive"),
	) + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:7\r\n"
	answer, err := peer.Answer(context.Background(), offer, []TrackOffer{microphone("0"), camera("1")})
	if err != nil {
		t.Fatal(err)
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(answer.SDP); err != nil {
		t.Fatalf("%v\n%s", err, answer.SDP)
	}
	if group, _ := d.Attribute("group"); group != "BUNDLE 0 1 2 3 4 5 6" {
		t.Errorf("group %q", group)
	}
	if _, lite := d.Attribute("ice-lite"); !lite || len(d.MediaDescriptions) != 8 {
		t.Errorf("%d lines", len(d.MediaDescriptions))
	}
	has := func(i int, want ...string) {
		t.Helper()
		for _, w := range want {
			key, value, _ := strings.Cut(w, ":")
			if !slices.ContainsFunc(d.MediaDescriptions[i].Attributes, func(a sdp.Attribute) bool { return a.Key == key && a.Value == value }) {
				t.Errorf("line %d has no a=%s", i, w)
			}
		}
	}
	hasNot := func(i int, keys ...string) {
		t.Helper()
		for _, a := range d.MediaDescriptions[i].Attributes {
			for _, k := range keys {
				if a.Key == k || strings.Contains(a.Value, k) {
					t.Errorf("line %d has a=%s:%s", i, a.Key, a.Value)
				}
			}
		}
	}
	has(0, "recvonly", "setup:passive", "rtcp-mux", "rtcp-rsize", "mid:0", "end-of-candidates",
		"rtpmap:111 opus/48000/2", "fmtp:111 minptime=10;useinbandfec=1;stereo=1", "rtcp-fb:111 transport-cc",
		"extmap:5 urn:ietf:params:rtp-hdrext:ssrc-audio-level", "ice-ufrag:"+answer.ICEUfrag, "ice-pwd:"+answer.ICEPwd)
	hasNot(0, "red/", "CN/", "telephone-event", "PCMU", "msid")
	has(1, "recvonly", "rid:q recv", "rid:f recv", "simulcast:recv q;f", "rtpmap:96 VP8/90000", "rtcp-fb:96 nack", "rtcp-fb:96 nack pli",
		"rtcp-fb:96 ccm fir", "rtcp-fb:96 transport-cc", "rtpmap:97 rtx/90000", "fmtp:97 apt=96", "extmap:3 "+extensionURIs[extRepairedRID])
	hasNot(1, "goog-remb", "candidate", "ssrc")
	if f := d.MediaDescriptions[1].MediaName.Formats; strings.Join(f, " ") != "96 97 98 99 102 103 45 46" {
		t.Errorf("codecs of the sending line: %v", f)
	}
	has(2, "sendonly", "msid:speaker slot-2")
	has(3, "sendonly", "msid:speaker slot-3", "extmap:6 "+extensionURIs[extDependency], "fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f")
	has(3, "rtcp-fb:96 transport-cc", "extmap:4 "+extensionURIs[extTransportCC])
	has(4, "msid:stream-4 slot-4")
	has(5, "msid:stream-5 slot-5")
	has(6, "inactive")
	if m := d.MediaDescriptions[7]; m.MediaName.Port.Value != 0 || m.MediaName.Media != "application" {
		t.Errorf("the data channel is answered %v", m.MediaName)
	}
	cname := regexpFind(answer.SDP, "cname:")
	if strings.Count(answer.SDP, "cname:"+cname) != strings.Count(answer.SDP, "cname:") {
		t.Error("more than one CNAME")
	}
	if len(answer.Slots) != 4 || len(answer.Publications) != 2 || answer.Slots[1].Mid != "3" || answer.Slots[1].Kind != sfu.Video {
		t.Errorf("slots %v, publications %v", answer.Slots, answer.Publications)
	}
	if with := answer.Slots[0].Subscription.Slot().With; with != answer.Slots[1].Subscription {
		t.Error("the first audio slot does not go with the first video slot")
	}
	if with := answer.Slots[3].Subscription.Slot().With; with != nil {
		t.Error("the second audio slot goes with a video slot")
	}
	peer.Close()
}

// regexpFind is the word after a prefix.
func regexpFind(s, prefix string) string {
	_, rest, _ := strings.Cut(s, prefix)
	word, _, _ := strings.Cut(rest, "\r\n")
	return word
}

func TestCodecs(t *testing.T) {
	h264 := func(fmtp string) rtpmap { return rtpmap{pt: 100, name: "h264/90000", fmtp: fmtp} }
	for _, c := range []struct {
		m    rtpmap
		want sfu.Codec
		rank int
	}{
		{rtpmap{name: "opus/48000/2"}, sfu.Opus, 0},
		{rtpmap{name: "opus/48000"}, sfu.NoCodec, 0},
		{rtpmap{name: "vp8/90000"}, sfu.VP8, 0},
		{rtpmap{name: "vp9/90000"}, sfu.VP9, 0},
		{rtpmap{name: "vp9/90000", fmtp: "profile-id=2"}, sfu.NoCodec, 0},
		{rtpmap{name: "av1/90000", fmtp: "level-idx=5;profile=0;tier=0"}, sfu.AV1, 0},
		{rtpmap{name: "av1/90000", fmtp: "profile=1"}, sfu.NoCodec, 0},
		{h264("packetization-mode=1;profile-level-id=42e01f"), sfu.H264, 0},
		{h264("profile-level-id=42001f; packetization-mode=1"), sfu.H264, 1},
		{h264("packetization-mode=0;profile-level-id=42e01f"), sfu.NoCodec, 0},
		{h264("packetization-mode=1;profile-level-id=640032"), sfu.NoCodec, 0},
		{h264("packetization-mode=1;profile-level-id=42zz1f"), sfu.NoCodec, 0},
		{h264("packetization-mode=1"), sfu.NoCodec, 0},
	} {
		if got, rank := codecOf(c.m); got != c.want || rank != c.rank {
			t.Errorf("%+v is %v (%d), want %v", c.m, got, rank, c.want)
		}
	}
	list := offeredCodecs([]rtpmap{
		{pt: 1, name: "h264/90000", fmtp: "packetization-mode=1;profile-level-id=42001f"}, {pt: 2, name: "rtx/90000", fmtp: "apt=1"},
		{pt: 3, name: "h264/90000", fmtp: "packetization-mode=1;profile-level-id=42e01f"}, {pt: 4, name: "rtx/90000", fmtp: "apt=3"},
		{pt: 5, name: "vp8/90000"},
	})
	if len(list) != 2 || list[0].pt != 3 || list[0].rtx != 4 || list[1].rtx != 0 {
		t.Errorf("%+v", list)
	}
	policy := []sfu.Codec{sfu.VP8, sfu.AV1}
	if got := prefer(list, policy, false); len(got) != 1 || got[0].codec != sfu.VP8 {
		t.Errorf("%+v", got)
	}
	if got := prefer(list, policy, true); len(got) != 2 || got[0].codec != sfu.VP8 {
		t.Errorf("%+v", got)
	}
	if got := prefer(list[:1], policy, false); len(got) != 1 || got[0].codec != sfu.H264 {
		t.Errorf("the only codec of a line is not honoured: %+v", got)
	}
}
