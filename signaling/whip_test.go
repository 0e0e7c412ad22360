package signaling

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/sfu"
	"switchyard/sfu/rtc"
)

// ask makes an HTTP request; header is pairs of name and value.
func (h *house) ask(method, path, token, body string, header ...string) (*http.Response, string) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, "http://switchyard.test"+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := h.web.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return response, string(text)
}

// open opens a WHIP or WHEP session and returns its address and ETag.
func (h *house) open(path, token, offer string) (location, etag string) {
	h.t.Helper()
	response, body := h.ask("POST", path, token, offer, "Content-Type", "application/sdp")
	if response.StatusCode != 201 {
		h.t.Fatalf("%s: %s %s", path, response.Status, body)
	}
	return response.Header.Get("Location"), response.Header.Get("ETag")
}

func TestWHIP(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		watcher := h.join("team 1", "bob")
		defer watcher.hangUp()
		token := h.token("team 1", "obs", "publish")
		response, answer := h.ask("POST", "/whip/team%201", token, lines("audio sendonly", "video sendonly"), "Content-Type", "application/sdp")
		location := response.Header.Get("Location")
		if response.StatusCode != 201 || response.Header.Get("Content-Type") != "application/sdp" || !strings.HasPrefix(answer, "v=0") ||
			!strings.HasPrefix(location, "/whip/team%201/") || response.Header.Get("ETag") == "" || response.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Fatalf("%s %v %s", response.Status, response.Header, answer)
		}
		obs := watcher.roster()["obs"]
		if obs.text("kind") != "whip" || obs.text("publications", 0, "track") != "whip-0" || obs.text("publications", 1, "source") != "camera" {
			t.Errorf("%v", obs)
		}
		if response, _ := h.ask("DELETE", location, token, ""); response.StatusCode != 200 {
			t.Errorf("DELETE: %s", response.Status)
		}
		if there := watcher.roster(); len(there) != 0 {
			t.Errorf("still there: %v", there)
		}
		if response, _ := h.ask("DELETE", location, token, ""); response.StatusCode != 404 {
			t.Errorf("second DELETE: %s", response.Status)
		}
	})
}

func TestWHIPBesideASession(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		ann := h.join("team", "ann", "subscribe", "message")
		defer ann.hangUp()
		location, _ := h.open("/whip/team", h.token("team", "ann", "publish"), lines("video sendonly"))
		p := h.rooms.Room("team").ByIdentity("ann")
		if got := p.Info(); !got.Grants.Has(sfu.MayPublish|sfu.MaySubscribe|sfu.MayMessage) || got.Name != "ann" || got.Kind != "browser" || len(got.Publications) != 1 {
			t.Errorf("%+v", got)
		}
		again, _ := h.open("/whip/team", h.token("team", "ann", "publish"), lines("video sendonly"))
		h.ask("DELETE", location, h.token("team", "ann", "publish"), "")
		if n := len(p.Info().Publications); n != 1 {
			t.Errorf("%d publications while another session feeds it", n)
		}
		h.ask("DELETE", again, h.token("team", "ann", "publish"), "")
		if n := len(p.Info().Publications); n != 0 {
			t.Errorf("%d publications after the last session that fed them", n)
		}
		ann.alive() // its participant has not left
		if h.rooms.Room("team").ByIdentity("ann") != p {
			t.Error("the participant has left")
		}
	})
}

func TestTrickleAndRestart(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		token := h.token("team", "obs")
		location, etag := h.open("/whip/team", token, lines("audio sendonly"))
		const kind = "application/trickle-ice-sdpfrag"
		frag := func(ufrag string) string {
			return "a=ice-ufrag:" + ufrag + "\r\na=ice-pwd:0123456789012345678901\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n" +
				"a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host\r\na=end-of-candidates\r\n"
		}
		for _, c := range []struct {
			name, body, kind, match string
			status                  int
		}{
			{"candidates", frag("abcd"), kind, etag, 204},
			{"no If-Match", frag("abcd"), kind, "", 428},
			{"another ETag", frag("abcd"), kind, `"other"`, 412},
			{"another type", frag("abcd"), "application/sdp", etag, 415},
			{"empty", "", kind, etag, 400},
			{"garbage", "hello", kind, etag, 400},
			{"half the credentials", "a=ice-ufrag:wxyz\r\n", kind, "*", 400},
			{"too big", strings.Repeat("a=x\r\n", 60000), kind, etag, 413},
		} {
			header := []string{"Content-Type", c.kind}
			if c.match != "" {
				header = append(header, "If-Match", c.match)
			}
			if response, body := h.ask("PATCH", location, token, c.body, header...); response.StatusCode != c.status {
				t.Errorf("%s: %s %s", c.name, response.Status, body)
			}
		}
		response, body := h.ask("PATCH", location, token, frag("wxyz"), "Content-Type", kind, "If-Match", "*")
		fresh := response.Header.Get("ETag")
		if response.StatusCode != 200 || response.Header.Get("Content-Type") != kind || fresh == "" || fresh == etag ||
			!strings.Contains(body, "a=ice-ufrag:srv1\r\na=ice-pwd:qqqq") || !strings.Contains(body, "m=audio") || !strings.Contains(body, "a=candidate:1") ||
			!strings.HasSuffix(body, "a=end-of-candidates\r\n") {
			t.Errorf("%s %v\n%s", response.Status, response.Header, body)
		}
		if response, _ := h.ask("PATCH", location, token, frag("wxyz"), "Content-Type", kind, "If-Match", etag); response.StatusCode != 412 {
			t.Errorf("the old ETag: %s", response.Status)
		}
		if response, _ := h.ask("PATCH", location, token, frag("wxyz"), "Content-Type", kind, "If-Match", fresh); response.StatusCode != 204 {
			t.Errorf("the new ETag: %s", response.Status)
		}
		if response, _ := h.ask("PATCH", location, token, frag("zzzz"), "Content-Type", kind, "If-Match", fresh); response.StatusCode != 200 {
			t.Errorf("a restart with the ETag: %s", response.Status)
		}
	})
}

func TestHTTPStatuses(t *testing.T) {
	inHouse(t, func(c *Config, _ *Deps) { c.MaxPerson = 1 }, func(t *testing.T, h *house) {
		beside := h.join("team", "beside", "moderate")
		defer beside.hangUp()
		expired, err := h.keys.Sign(access.Claims{Room: "team", Identity: "obs", Grants: sfu.DefaultGrants, Expires: time.Now().Add(-time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		token := h.token("team", "obs")
		location, _ := h.open("/whip/team", token, lines("audio sendonly"))
		const sdp = "application/sdp"
		good := lines("audio sendonly")
		for _, c := range []struct {
			name, method, path, token, body string
			header                          []string
			status                          int
			says                            string
		}{
			{"no token", "POST", "/whip/team", "", good, []string{"Content-Type", sdp}, 401, "no token"},
			{"forged", "POST", "/whip/team", token + "x", good, []string{"Content-Type", sdp}, 401, "not valid"},
			{"expired", "POST", "/whip/team", expired, good, []string{"Content-Type", sdp}, 401, "expired"},
			{"another room", "POST", "/whip/other", token, good, []string{"Content-Type", sdp}, 403, "another room"},
			{"no grant", "POST", "/whip/team", h.token("team", "x", "subscribe"), good, []string{"Content-Type", sdp}, 403, "publish"},
			{"no grant to view", "POST", "/whep/team", h.token("team", "x", "publish"), good, []string{"Content-Type", sdp}, 403, "subscribe"},
			{"GET", "GET", "/whip/team", token, "", nil, 405, "POST"},
			{"PUT", "PUT", "/whep/team", token, "", nil, 405, "POST"},
			{"Accept", "POST", "/whip/team", token, good, []string{"Content-Type", sdp, "Accept", "text/html, application/sdp;q=0"}, 406, sdp},
			{"type", "POST", "/whip/team", token, good, []string{"Content-Type", "text/plain"}, 415, sdp},
			{"no type", "POST", "/whip/team", token, good, nil, 415, sdp},
			{"too big", "POST", "/whip/team", token, strings.Repeat("x", 256<<10+1), []string{"Content-Type", sdp}, 413, "262144"},
			{"empty", "POST", "/whip/team", token, "", []string{"Content-Type", sdp}, 400, "empty"},
			{"garbage", "POST", "/whip/team", token, "hello", []string{"Content-Type", sdp}, 400, "session description"},
			{"no lines", "POST", "/whip/team", h.token("team", "y"), "v=0\r\n", []string{"Content-Type", sdp}, 400, "media line"},
			{"setup", "POST", "/whip/team", h.token("team", "y"), "v=0\r\na=setup:passive\r\n", []string{"Content-Type", sdp}, 422, "sdp.setup"},
			{"65 lines", "POST", "/whep/team", token, lines(repeat("video recvonly", 65)...), []string{"Content-Type", sdp}, 422, "65 media lines is more than 64"},
			{"10,000 lines", "POST", "/whep/team", token, "v=0\n" + strings.Repeat("m=v\na=recvonly\n", 10000), []string{"Content-Type", sdp}, 422, "10000 media lines"},
			{"a second one", "POST", "/whip/team", token, good, []string{"Content-Type", sdp}, 429, "as many"},
			{"two participants", "POST", "/whep/team?participant=a&participant=b", h.token("team", "z"), good, []string{"Content-Type", sdp}, 400, "at most one"},
			{"long id", "POST", "/whep/team?track=" + strings.Repeat("x", 200), h.token("team", "z"), good, []string{"Content-Type", sdp}, 400, "200 bytes"},
			{"participant and track", "POST", "/whep/team?track=a&participant=b", h.token("team", "z"), good, []string{"Content-Type", sdp}, 400, "exclude each other"},
			{"unknown session", "DELETE", "/whip/team/nothing", token, "", nil, 404, "no such session"},
			{"session of the other door", "DELETE", strings.Replace(location, "whip", "whep", 1), token, "", nil, 404, "no such session"},
			{"session of somebody else", "DELETE", location, h.token("team", "eve"), "", nil, 403, "another identity"},
			{"session in another room", "DELETE", strings.Replace(location, "team", "other", 1), h.token("other", "obs"), "", nil, 404, "no such session"},
			{"session without a token", "DELETE", location, "", "", nil, 401, "no token"},
			{"POST to a session", "POST", location, token, good, nil, 405, "PATCH"},
		} {
			response, body := h.ask(c.method, c.path, c.token, c.body, c.header...)
			if response.StatusCode != c.status || !strings.Contains(body, c.says) || response.Header.Get("Content-Type") != "application/problem+json" ||
				response.Header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%s: %s %v %s", c.name, response.Status, response.Header, body)
			}
			if auth := response.Header.Get("WWW-Authenticate"); (c.status == 401) != strings.HasPrefix(auth, "Bearer ") {
				t.Errorf("%s: WWW-Authenticate %q", c.name, auth)
			}
			if c.status == 415 && response.Header.Get("Accept-Post") != sdp {
				t.Errorf("%s: %v", c.name, response.Header)
			}
			if (c.status == 405) != (response.Header.Get("Allow") != "") || c.status == 429 && response.Header.Get("Retry-After") == "" {
				t.Errorf("%s: %v", c.name, response.Header)
			}
		}
		if response, body := h.ask("DELETE", location, expired, ""); response.StatusCode != 200 {
			t.Errorf("ending with a token that has expired since: %s %s", response.Status, body)
		}
		beside.must("setState", said{"locked": true})
		if response, _ := h.ask("POST", "/whip/team", h.token("team", "late"), good, "Content-Type", sdp); response.StatusCode != 409 || response.Header.Get("Retry-After") == "" {
			t.Errorf("locked: %s", response.Status)
		}
		h.peers.fail = rtc.ErrTooMany
		if response, _ := h.ask("POST", "/whip/free", h.token("free", "late"), good, "Content-Type", sdp); response.StatusCode != 503 || response.Header.Get("Retry-After") == "" {
			t.Errorf("too many peers: %s", response.Status)
		}
		h.peers.fail = errBroken
		if response, body := h.ask("POST", "/whip/free", h.token("free", "late"), good, "Content-Type", sdp); response.StatusCode != 500 || strings.Contains(body, "broken") {
			t.Errorf("a fault: %s %s", response.Status, body)
		}
		h.peers.fail = nil
		if response, _ := h.ask("POST", "/whip/free", h.token("free", "late"), "v=0\r\npanic", "Content-Type", sdp); response.StatusCode != 500 {
			t.Errorf("a panic: %s", response.Status)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		h.server.Drain(ctx, time.Second)
		if response, _ := h.ask("POST", "/whip/free", h.token("free", "late"), good, "Content-Type", sdp); response.StatusCode != 503 || response.Header.Get("Retry-After") == "" {
			t.Errorf("draining: %s", response.Status)
		}
		beside.alive()
	})
}

// TestSlowBody: who sends an offer byte by byte is not waited for.
func TestSlowBody(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		body, slow := io.Pipe()
		defer slow.Close()
		go slow.Write([]byte("v=0\r\n"))
		r, err := http.NewRequestWithContext(t.Context(), "POST", "http://switchyard.test/whip/team", body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+h.token("team", "obs"))
		r.Header.Set("Content-Type", "application/sdp")
		start := time.Now()
		response, err := h.web.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if took := time.Since(start); response.StatusCode != 400 || took < bodyTimeout || took > 2*bodyTimeout {
			t.Errorf("%s after %v", response.Status, took)
		}
	})
}

func TestPreflight(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		for path, want := range map[string][2]string{
			"/whip/team": {"Accept-Post", "application/sdp"}, "/whep/team": {"Accept-Post", "application/sdp"},
			"/whip/team/x": {"Accept-Patch", "application/trickle-ice-sdpfrag"}, "/whep/team/x": {"Accept-Patch", "application/trickle-ice-sdpfrag"},
		} {
			response, _ := h.ask("OPTIONS", path, "", "", "Origin", "https://elsewhere.test", "Access-Control-Request-Method", "POST")
			if response.StatusCode != 204 || response.Header.Get(want[0]) != want[1] || response.Header.Get("Access-Control-Allow-Origin") != "*" ||
				!strings.Contains(response.Header.Get("Access-Control-Allow-Headers"), "Authorization") ||
				!strings.Contains(response.Header.Get("Access-Control-Expose-Headers"), "Location") ||
				!strings.Contains(response.Header.Get("Access-Control-Allow-Methods"), "OPTIONS") {
				t.Errorf("%s: %s %v", path, response.Status, response.Header)
			}
		}
	})
}

func TestSessionIsGoneWithItsPeer(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		token := h.token("team", "obs")
		location, _ := h.open("/whip/team", token, lines("audio sendonly"))
		h.peers.last().Close()
		settle()
		if response, _ := h.ask("DELETE", location, token, ""); response.StatusCode != 404 {
			t.Errorf("%s", response.Status)
		}
	})
}

func TestAnonymousPublisher(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		token := h.token("team", "")
		one, _ := h.open("/whip/team", token, lines("audio sendonly"))
		two, _ := h.open("/whip/team", token, lines("audio sendonly"))
		if n := len(h.rooms.Room("team").Participants()); n != 2 {
			t.Errorf("%d participants", n)
		}
		for _, location := range []string{one, two} {
			if response, _ := h.ask("DELETE", location, token, ""); response.StatusCode != 200 {
				t.Errorf("%s", response.Status)
			}
		}
		if n := len(h.rooms.Room("team").Participants()); n != 0 {
			t.Errorf("%d participants are left", n)
		}
	})
}

func TestHTTPCannotWait(t *testing.T) {
	inHouse(t, func(_ *Config, d *Deps) {
		d.Admitter = &lobby{arrive: make(chan func(Waiting)), decide: make(chan error)}
	}, func(t *testing.T, h *house) {
		door := h.server.deps.Admitter.(*lobby)
		go func() {
			waiting := <-door.arrive
			waiting(Waiting{Message: "The host has been told."})
		}()
		response, body := h.ask("POST", "/whip/team", h.token("team", "obs"), lines("audio sendonly"), "Content-Type", "application/sdp")
		if response.StatusCode != 409 || response.Header.Get("Retry-After") == "" || !strings.Contains(body, "The host has been told.") {
			t.Errorf("%s %s", response.Status, body)
		}
		go func() {
			<-door.arrive
			door.decide <- &Refusal{Code: "removed", Reason: "No.", Retry: time.Minute}
		}()
		response, body = h.ask("POST", "/whip/team", h.token("team", "obs"), lines("audio sendonly"), "Content-Type", "application/sdp")
		if response.StatusCode != 403 || response.Header.Get("Retry-After") != "60" || !strings.Contains(body, "No.") || !strings.Contains(body, `"reason":"removed"`) {
			t.Errorf("%s %s", response.Status, body)
		}
	})
}

func FuzzFragment(f *testing.F) {
	f.Add("a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\n")
	f.Add("a=end-of-candidates")
	f.Add("m=\n\na=ice-pwd:")
	f.Fuzz(func(t *testing.T, body string) {
		got, err := parseFragment(body)
		if err != nil {
			return
		}
		if (got.ufrag == "") != (got.pwd == "") || got.ufrag != "" && (!iceText(got.ufrag, 4) || !iceText(got.pwd, 22)) {
			t.Errorf("%+v", got)
		}
	})
}
