package signaling

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/prometheus/client_golang/prometheus"

	"switchyard/access"
	"switchyard/sfu"
	"switchyard/sfu/rtc"
	"switchyard/sfu/sfutest"
)

// town is the server with real media on real sockets of this machine.
type town struct {
	*testing.T
	url  string
	keys *access.Keys
	web  *http.Client
}

func newTown(t *testing.T) *town {
	t.Helper()
	log, reg := slog.New(slog.DiscardHandler), prometheus.NewRegistry()
	cfg := rtc.DefaultConfig()
	cfg.Listen = "127.0.0.1:0"
	media, err := rtc.New(cfg, log, reg)
	if err != nil {
		t.Fatal(err)
	}
	if err := media.Listen(); err != nil {
		t.Fatal(err)
	}
	rooms, err := sfu.New(sfu.DefaultConfig(), media.Loop(), log, reg)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := access.NewKeys([]byte(strings.Repeat("k", 43)))
	if err != nil {
		t.Fatal(err)
	}
	server, err := New(DefaultConfig(), Deps{
		Rooms: rooms, Peers: WebRTC(media), Keys: keys, MaxSlots: 64, MaxTracks: 16, Version: "test", Log: log, Registerer: reg,
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	server.Register(mux)
	web := httptest.NewServer(mux)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- media.Run(ctx) }()
	t.Cleanup(func() {
		server.Close()
		web.Close()
		rooms.Close()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return &town{T: t, url: web.URL, keys: keys, web: web.Client()}
}

func (w *town) token(identity string) string {
	w.Helper()
	token, err := w.keys.Sign(access.Claims{
		Room: "team", Identity: identity, Grants: sfu.DefaultGrants | sfu.MayMessage, Expires: time.Now().Add(time.Hour),
	})
	if err != nil {
		w.Fatal(err)
	}
	return token
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to: %s", what)
		}
	}
}

// dial opens a socket.
func (w *town) dial() *client {
	w.Helper()
	c := &client{t: w.T, dial: func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", strings.TrimPrefix(w.url, "http://"))
	}}
	c.connect(nil)
	return c
}

// caller is a stock pion peer connection.
type caller struct {
	*testing.T
	pc *webrtc.PeerConnection

	mu    sync.Mutex
	heard map[string][]rtp.Header // by mid
}

func (w *town) caller() *caller {
	w.Helper()
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	engine := &webrtc.MediaEngine{}
	if err := engine.RegisterDefaultCodecs(); err != nil {
		w.Fatal(err)
	}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if err := engine.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: "urn:ietf:params:rtp-hdrext:sdes:mid"}, kind); err != nil {
			w.Fatal(err)
		}
	}
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(engine)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		w.Fatal(err)
	}
	c := &caller{T: w.T, pc: pc, heard: map[string][]rtp.Header{}}
	pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		mid := receiver.RTPTransceiver().Mid()
		for {
			packet, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			c.mu.Lock()
			c.heard[mid] = append(c.heard[mid], packet.Header)
			c.mu.Unlock()
		}
	})
	w.Cleanup(func() {
		if err := pc.GracefulClose(); err != nil {
			w.Error(err)
		}
	})
	return c
}

func (c *caller) count(mid string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.heard[mid])
}

func (c *caller) first(mid string) rtp.Header {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.heard[mid][0]
}

func (c *caller) receive(kinds ...webrtc.RTPCodecType) {
	c.Helper()
	for _, kind := range kinds {
		if _, err := c.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			c.Fatal(err)
		}
	}
}

// send adds a VP8 line and sends frames on it until the test ends.
func (c *caller) send() {
	c.Helper()
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "video", "camera")
	if err != nil {
		c.Fatal(err)
	}
	if _, err := c.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		c.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	c.Cleanup(func() { close(stop); <-stopped })
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		for n := uint32(0); ; n++ {
			select {
			case <-stop:
				return
			case <-ticker.C:
				track.WriteRTP(&rtp.Packet{
					Header:  rtp.Header{Version: 2, Marker: true, SequenceNumber: uint16(n), Timestamp: n * 900},
					Payload: sfutest.FramePayload(sfu.Video, n%20 == 0, 1, n),
				})
			}
		}
	}()
}

func (c *caller) offer(options *webrtc.OfferOptions) string {
	c.Helper()
	offer, err := c.pc.CreateOffer(options)
	if err != nil {
		c.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(c.pc)
	if err := c.pc.SetLocalDescription(offer); err != nil {
		c.Fatal(err)
	}
	<-gathered
	return c.pc.LocalDescription().SDP
}

func (c *caller) answered(sdp string) {
	c.Helper()
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}); err != nil {
		c.Fatalf("%v\n%s", err, sdp)
	}
}

func (w *town) do(method, url, token, kind, body string, header ...string) (*http.Response, string) {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), method, url, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", kind)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := w.web.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.Fatal(err)
	}
	return response, string(text)
}

// post opens a WHIP or WHEP session for a caller.
func (w *town) post(c *caller, path, identity string) (session, etag, answer string) {
	w.Helper()
	response, answer := w.do("POST", w.url+path, w.token(identity), "application/sdp", c.offer(nil))
	if response.StatusCode != 201 {
		w.Fatalf("%s %s", response.Status, answer)
	}
	c.answered(answer)
	return w.url + response.Header.Get("Location"), response.Header.Get("ETag"), answer
}

var credentials = regexp.MustCompile(`a=ice-(ufrag|pwd):(.*)\r\n`)

// TestWHIPToWHEP: media goes from one to the other, through an ICE restart of
// each, and ends with DELETE.
func TestWHIPToWHEP(t *testing.T) {
	w := newTown(t)
	publisher, viewer := w.caller(), w.caller()
	viewer.receive(webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio)
	view, viewTag, viewAnswer := w.post(viewer, "/whep/team?participant=camera", "screen") // before there is anything
	publisher.send()
	pub, pubTag, pubAnswer := w.post(publisher, "/whip/team", "camera")
	eventually(t, "media at the viewer", func() bool { return viewer.count("0") > 50 })

	restart := func(c *caller, who, session, etag, answer string) {
		t.Helper()
		offer := c.offer(&webrtc.OfferOptions{ICERestart: true})
		fragment := ""
		for _, m := range credentials.FindAllString(offer, 2) {
			fragment += m
		}
		response, body := w.do("PATCH", session, w.token(who), "application/trickle-ice-sdpfrag", fragment, "If-Match", "*")
		if response.StatusCode != 200 || response.Header.Get("ETag") == etag {
			t.Fatalf("%s %s", response.Status, body)
		}
		fresh := credentials.FindAllString(body, 2)
		answer = credentials.ReplaceAllStringFunc(answer, func(old string) string {
			for _, line := range fresh {
				if line[:8] == old[:8] && line[:strings.Index(line, ":")] == old[:strings.Index(old, ":")] {
					return line
				}
			}
			return old
		})
		c.answered(answer)
		before := viewer.count("0")
		eventually(t, "media after the restart", func() bool { return viewer.count("0") > before+50 })
	}
	restart(publisher, "camera", pub, pubTag, pubAnswer)
	restart(viewer, "screen", view, viewTag, viewAnswer)

	if response, body := w.do("DELETE", pub, w.token("camera"), "", ""); response.StatusCode != 200 {
		t.Errorf("%s %s", response.Status, body)
	}
	before := viewer.count("0")
	if response, body := w.do("DELETE", view, w.token("screen"), "", ""); response.StatusCode != 200 {
		t.Errorf("%s %s", response.Status, body)
	}
	if after := viewer.count("0"); after > before+20 {
		t.Errorf("%d packets came after the end", after-before)
	}
}

// TestSessionWithMedia: hello, join and offer in one breath; the label of a
// slot is there no later than its first packet and fits it.
func TestSessionWithMedia(t *testing.T) {
	w := newTown(t)
	publisher, viewer := w.caller(), w.caller()
	publisher.send()
	w.post(publisher, "/whip/team", "camera")
	viewer.receive(webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio)

	c := w.dial()
	defer c.hangUp()
	c.post("hello", said{"token": w.token("viewer"), "caps": []string{}})
	join := c.post("join", nil)
	offer := c.post("offer", said{"sdp": viewer.offer(nil), "tracks": []said{}})
	joined := c.reply(join)
	number, _ := joined.at("participants", 0, "publications", 0, "number").(float64)
	publication := joined.text("participants", 0, "publications", 0, "id")
	viewer.answered(c.reply(offer).text("sdp"))
	c.must("demand", said{"demands": []said{{"slot": "0", "source": "track", "id": publication, "width": 1280, "height": 720}}})
	var label said
	for label.at("slots", 0, "rtpTimestamp") == nil {
		label = c.event("slots")
	}
	eventually(t, "media", func() bool { return viewer.count("0") > 20 })
	first := viewer.first("0")
	if timestamp, _ := label.at("slots", 0, "rtpTimestamp").(float64); int32(first.Timestamp-uint32(timestamp)) < 0 {
		t.Errorf("labelled from %d, but the first packet is of %d", uint32(timestamp), first.Timestamp)
	}
	if len(first.CSRC) != 1 || first.CSRC[0] != uint32(number) || label.text("slots", 0, "publication") != publication {
		t.Errorf("CSRC %v, number %v, %v", first.CSRC, number, label)
	}
	if m := c.call("offer", said{"sdp": "v=0\r\ngarbage", "tracks": []said{}}); m.text("code") != "bad_offer" || !strings.HasPrefix(m.text("field"), "sdp") {
		t.Errorf("%v", m)
	}
	before := viewer.count("0")
	eventually(t, "media after a bad offer", func() bool { return viewer.count("0") > before+20 })
}

// TestBadInputBesideACall: whatever others send, the picture of a call goes on
// moving without a gap.
func TestBadInputBesideACall(t *testing.T) {
	w := newTown(t)
	publisher, viewer := w.caller(), w.caller()
	publisher.send()
	w.post(publisher, "/whip/team", "camera")
	viewer.receive(webrtc.RTPCodecTypeVideo)
	w.post(viewer, "/whep/team", "screen")
	eventually(t, "media at the viewer", func() bool { return viewer.count("0") > 20 })
	for _, c := range badInputs() {
		before := viewer.count("0")
		bad := w.dial()
		bad.hello(w.token("bad"))
		if !c.fresh {
			bad.must("join", nil)
		}
		// The lines of these offers are not whole, which a real peer may find first.
		if _, got := c.send(bad); got.text("code") != string(c.code) && got.text("code") != "bad_offer" && got.text("code") != "forbidden" {
			t.Errorf("%s: %v", c.name, got)
		}
		if c.code.Ends() {
			bad.closed()
		}
		bad.hangUp()
		eventually(t, "media beside "+c.name, func() bool { return viewer.count("0") > before+5 })
	}
	viewer.mu.Lock()
	defer viewer.mu.Unlock()
	packets := viewer.heard["0"]
	for i := 1; i < len(packets); i++ {
		if packets[i].SequenceNumber != packets[i-1].SequenceNumber+1 {
			t.Errorf("sequence number %d after %d", packets[i].SequenceNumber, packets[i-1].SequenceNumber)
		}
	}
}
