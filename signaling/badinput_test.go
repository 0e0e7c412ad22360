package signaling

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"switchyard/access"
	"switchyard/sfu"
	"switchyard/signaling/protocol"
)

// badInput is something that no client should send.
type badInput struct {
	name  string
	raw   string // sent as it is, with the next id for %d
	kind  string
	with  said
	fresh bool // before join
	code  protocol.Code
	field string
	says  string
}

func badInputs() []badInput {
	manyDemands := make([]said, 10000)
	for i := range manyDemands {
		manyDemands[i] = said{"slot": "0", "source": ""}
	}
	trackList := func(n int) []said {
		list := make([]said, n)
		for i := range list {
			list[i] = said{"mid": itoa(i), "track": itoa(i), "source": "camera"}
		}
		return list
	}
	return []badInput{
		{name: "not JSON", raw: "hello", code: protocol.BadMessage, says: "not a JSON object"},
		{name: "an array", raw: "[1]", code: protocol.BadMessage, says: "not a JSON object"},
		{name: "half an object", raw: `{"type":"ping","id":`, code: protocol.BadMessage, says: "not a JSON object"},
		{name: "no id", raw: `{"type":"ping"}`, code: protocol.BadMessage, field: "id", says: "positive integer"},
		{name: "id does not grow", raw: `{"type":"ping","id":1}`, code: protocol.BadMessage, field: "id", says: "id 1 is not greater than"},
		{name: "no type", raw: `{"id":%d}`, code: protocol.BadMessage, field: "type"},
		{name: "wrong type of a field", kind: "demand", with: said{"demands": []any{said{"slot": 5}}}, code: protocol.BadMessage, field: "demands[0].slot", says: "a number, not a text"},
		{name: "too big", raw: `{"type":"send","id":%d,"to":[],"text":"` + strings.Repeat("x", 256<<10) + `"}`, code: protocol.TooBig, says: "262144"},
		{name: "much too big", raw: strings.Repeat("x", 3<<20), code: protocol.TooBig},
		{name: "unknown request", kind: "teleport", code: protocol.Unsupported, field: "type", says: `"teleport"`},
		{name: "join before hello's room", kind: "join", with: said{"room": "other"}, fresh: true, code: protocol.WrongRoom, field: "room", says: `"other"`},
		{name: "offer before join", kind: "offer", with: said{"sdp": "v=0", "tracks": []said{}}, fresh: true, code: protocol.OutOfOrder, says: "before join"},
		{name: "second hello", kind: "hello", with: said{"token": "x", "caps": []string{}}, code: protocol.OutOfOrder},
		{name: "second join", kind: "join", code: protocol.OutOfOrder},
		{name: "resume inside a session", kind: "resume", with: said{"session": "x", "seq": 0}, code: protocol.OutOfOrder},
		{name: "long name", kind: "join", with: said{"name": strings.Repeat("n", 129)}, fresh: true, code: protocol.BadField, field: "name", says: "129 bytes is more than 128"},
		{name: "long metadata", kind: "join", with: said{"metadata": strings.Repeat("n", 4097)}, fresh: true, code: protocol.BadField, field: "metadata", says: "4097 bytes is more than 4096"},
		{name: "garbage SDP", kind: "offer", with: said{"sdp": "\x00garbage", "tracks": []said{}}, code: protocol.BadOffer, field: "sdp"},
		{name: "setup:passive", kind: "offer", with: said{"sdp": "v=0\r\na=setup:passive\r\n", "tracks": []said{}}, code: protocol.BadOffer, field: "sdp.setup", says: "passive"},
		{name: "unknown source", kind: "offer", with: said{"sdp": lines("video sendonly"), "tracks": []said{{"mid": "0", "track": "t", "source": "webcam"}}}, code: protocol.BadField, field: "tracks[0].source", says: "webcam"},
		{name: "nameless track", kind: "offer", with: said{"sdp": lines("video sendonly"), "tracks": []said{{"mid": "0", "track": "", "source": "camera"}}}, code: protocol.BadField, field: "track"},
		{name: "65 slots", kind: "offer", with: said{"sdp": lines(repeat("video recvonly", 65)...), "tracks": []said{}}, code: protocol.TooMany, field: "sdp", says: "65 receiving lines is more than 64"},
		{name: "10,000 slots", kind: "offer", with: said{"sdp": "v=0\n" + strings.Repeat("m=v\na=recvonly\n", 10000), "tracks": []said{}}, code: protocol.TooMany, field: "sdp", says: "10000 receiving lines"},
		{name: "10,000 lines", kind: "offer", with: said{"sdp": "v=0\n" + strings.Repeat("m=v\n", 10000), "tracks": []said{}}, code: protocol.TooMany, field: "sdp", says: "10000 lines"},
		{name: "17 tracks", kind: "offer", with: said{"sdp": "v=0", "tracks": trackList(17)}, code: protocol.TooMany, field: "tracks", says: "17 tracks is more than 16"},
		{name: "10,000 demands", kind: "demand", with: said{"demands": manyDemands}, code: protocol.TooMany, field: "demands", says: "10000 demands is more than 64"},
		{name: "unknown slot", kind: "demand", with: said{"demands": []said{{"slot": "77", "source": "none"}}}, code: protocol.NotFound, field: "demands[0].slot", says: `"77"`},
		{name: "unknown publication", kind: "mute", with: said{"publication": "p", "muted": true}, code: protocol.NotFound, field: "publication"},
		{name: "unpublish nothing", kind: "unpublish", with: said{"publication": "p"}, code: protocol.NotFound, field: "publication"},
		{name: "message to nobody", kind: "send", with: said{"to": []string{"p"}, "text": "x"}, code: protocol.NotFound, field: "to"},
		{name: "empty message", kind: "send", with: said{"to": []string{}, "text": ""}, code: protocol.BadField, field: "text"},
		{name: "long message", kind: "send", with: said{"to": []string{}, "text": strings.Repeat("x", 16385)}, code: protocol.BadField, field: "text", says: "16385"},
		{name: "long topic", kind: "send", with: said{"to": []string{}, "text": "x", "topic": strings.Repeat("x", 65)}, code: protocol.BadField, field: "topic"},
		{name: "pin nothing", kind: "setState", with: said{"pinned": "p"}, code: protocol.NotFound, field: "pinned"},
		{name: "remove nobody", kind: "remove", with: said{"participant": "p"}, code: protocol.NotFound, field: "participant"},
		{name: "lower the hand of nobody", kind: "lowerHand", with: said{"participant": "p"}, code: protocol.NotFound, field: "participant", says: `"p"`},
		{name: "lower the hand of a number", kind: "lowerHand", with: said{"participant": 7}, code: protocol.BadMessage, field: "participant"},
		{name: "raise a hand before join", kind: "raiseHand", fresh: true, code: protocol.OutOfOrder, says: "before join"},
		{name: "react with nothing", kind: "react", code: protocol.BadField, field: "emoji", says: "missing"},
		{name: "react with a text", kind: "react", with: said{"emoji": "<script>"}, code: protocol.BadField, field: "emoji", says: "is not one of 👍"},
		{name: "react with too many", kind: "react", with: said{"emoji": strings.Repeat("👍", 20000)}, code: protocol.BadField, field: "emoji", says: "is not one of 👍"},
		{name: "react with a list", kind: "react", with: said{"emoji": []string{"👍"}}, code: protocol.BadMessage, field: "emoji"},
		{name: "remove for long reasons", kind: "remove", with: said{"participant": "p", "reason": strings.Repeat("x", 257)}, code: protocol.BadField, field: "reason"},
	}
}

// send sends it and returns what the server says of it.
func (b *badInput) send(c *client) (id uint64, got said) {
	if b.kind != "" {
		id = c.post(b.kind, b.with)
	} else {
		c.id++
		id = c.id
		go c.write(websocket.MessageText, []byte(strings.Replace(b.raw, "%d", fmt.Sprint(id), 1)))
	}
	for got = c.next(); got != nil && got.kind() != "error"; got = c.next() {
		continue
	}
	return id, got
}

// TestBadInput: every kind of bad input is answered with its code, a message
// and the field on that connection only; a session beside it goes on.
func TestBadInput(t *testing.T) {
	for _, c := range badInputs() {
		t.Run(c.name, func(t *testing.T) {
			inHouse(t, nil, func(t *testing.T, h *house) {
				beside := h.join("team", "beside")
				defer beside.hangUp()
				bad := h.dial()
				defer bad.hangUp()
				bad.hello(h.token("team", "bad", "publish", "subscribe", "message", "moderate"))
				if !c.fresh {
					bad.must("join", nil)
				}
				id, got := c.send(bad)
				if got.text("code") != string(c.code) || got.text("field") != c.field || !strings.Contains(got.text("message"), c.says) || got.text("message") == "" {
					t.Errorf("%v\nwant %s, field %q, saying %q", got, c.code, c.field, c.says)
				}
				if c.kind != "" && got.re() != id {
					t.Errorf("%v is not the reply to %d", got, id)
				}
				if c.code.Ends() {
					if code := bad.closed(); code != c.code.Close() {
						t.Errorf("closed with %d, want %d", code, c.code.Close())
					}
				} else {
					bad.alive()
				}
				beside.alive()
			})
		})
	}
}

func repeat(s string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = s
	}
	return list
}

func TestBinaryFrame(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		c := h.join("team", "ann")
		c.write(websocket.MessageBinary, []byte(`{"type":"ping","id":9}`))
		if code := c.closed(); code != 4400 || c.skips[len(c.skips)-1].text("code") != "bad_message" {
			t.Errorf("closed with %d: %v", code, c.skips)
		}
	})
}

func TestBadTokens(t *testing.T) {
	stranger, err := access.NewKeys([]byte(strings.Repeat("s", 43)))
	if err != nil {
		t.Fatal(err)
	}
	inHouse(t, nil, func(t *testing.T, h *house) {
		sign := func(k *access.Keys, c access.Claims) string {
			s, err := k.Sign(c)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		beside := h.join("team", "beside")
		defer beside.hangUp()
		hour := time.Now().Add(time.Hour)
		for name, token := range map[string]string{
			"no token":      "",
			"garbage":       "x.y.z",
			"forged":        sign(stranger, access.Claims{Room: "team", Identity: "ann", Grants: sfu.DefaultGrants, Expires: hour}),
			"expired":       sign(h.keys, access.Claims{Room: "team", Expires: time.Now().Add(-time.Minute)}),
			"not yet valid": sign(h.keys, access.Claims{Room: "team", Expires: hour, NotBefore: hour}),
			"huge":          strings.Repeat("x", 9000),
		} {
			c := h.dial()
			m := c.call("hello", said{"token": token, "caps": []string{}})
			if m.text("code") != "unauthorized" || m.text("field") != "token" || m.seq() != 0 {
				t.Errorf("%s: %v", name, m)
			}
			if token != "" && strings.Contains(m.text("message"), token) {
				t.Errorf("%s: the message repeats the token", name)
			}
			if code := c.closed(); code != 4401 {
				t.Errorf("%s: closed with %d", name, code)
			}
		}
		beside.alive()
	})
}

func TestRequestsBeforeHello(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		c := h.dial()
		defer c.hangUp()
		if m := c.call("ping", nil); m.text("code") != "out_of_order" || m.seq() != 0 {
			t.Errorf("%v", m)
		}
		if m := c.call("teleport", nil); m.text("code") != "unsupported" {
			t.Errorf("%v", m)
		}
		if m := c.call("resume", said{"seq": 1}); m.text("code") != "bad_field" || m.text("field") != "session" {
			t.Errorf("%v", m)
		}
		if m := c.call("hello", said{"token": h.token("team", "ann"), "client": strings.Repeat("c", 129), "caps": []string{}}); m.text("field") != "client" {
			t.Errorf("%v", m)
		}
		c.hello(h.token("team", "ann"))
	})
}

func TestRateLimit(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		beside := h.join("team", "beside")
		defer beside.hangUp()
		c := h.join("team", "ann")
		burst := func(n int) {
			for range n {
				c.post("ping", nil)
			}
			settle()
		}
		limited := func() (n int) {
			for _, m := range c.skips {
				if m.text("code") == "rate_limited" && m.at("retryMs") == 1000.0 {
					n++
				}
			}
			return n
		}
		burst(220)
		c.none("left")
		if n := limited(); n < 15 || n > 25 {
			t.Errorf("%d of 220 were refused", n)
		}
		time.Sleep(2 * time.Second)
		c.alive() // it is a pause, not an end
		from := c.id
		go func() {
			for i := range uint64(600) {
				data := fmt.Appendf(nil, `{"type":"ping","id":%d}`, from+1+i)
				if c.conn.Write(t.Context(), websocket.MessageText, data) != nil {
					return
				}
			}
		}()
		if code := c.closed(); code != 4429 {
			t.Errorf("closed with %d", code)
		}
		beside.alive()
	})
}

func TestUpgradeIsRefused(t *testing.T) {
	inHouse(t, func(c *Config, _ *Deps) { c.Origins = []string{"*.friend.test"} }, func(t *testing.T, h *house) {
		for _, c := range []struct {
			name   string
			header http.Header
			status int
		}{
			{"no subprotocol", http.Header{}, 400},
			{"another subprotocol", http.Header{"Sec-Websocket-Protocol": {"switchyard.v2"}}, 400},
			{"not an upgrade", http.Header{"Sec-Websocket-Protocol": {"switchyard.v1"}, "Connection": {"close"}}, 426},
			{"another origin", http.Header{"Sec-Websocket-Protocol": {"x, switchyard.v1"}, "Origin": {"https://evil.test"}}, 403},
			{"the same origin", http.Header{"Sec-Websocket-Protocol": {"switchyard.v1"}, "Origin": {"https://switchyard.test"}}, 101},
			{"a listed origin", http.Header{"Sec-Websocket-Protocol": {"switchyard.v1"}, "Origin": {"https://app.friend.test"}}, 101},
		} {
			r, err := http.NewRequestWithContext(t.Context(), "GET", "http://switchyard.test/rtc", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"MDEyMzQ1Njc4OWFiY2RlZg=="}}
			for k, v := range c.header {
				r.Header[k] = v
			}
			response, err := h.web.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != c.status {
				t.Errorf("%s: %s, want %d", c.name, response.Status, c.status)
			}
		}
	})
}

// TestFloodBeforeHello: who has no session is not waited for.
func TestFloodBeforeHello(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		c := h.dial()
		go func() {
			for i := range 1000 {
				if c.conn.Write(t.Context(), websocket.MessageText, fmt.Appendf(nil, `{"type":"ping","id":%d}`, i+1)) != nil {
					return
				}
			}
		}()
		if code := c.closed(); code != 4429 {
			t.Errorf("closed with %d", code)
		}
		if last := c.skips[len(c.skips)-1]; last.text("code") != "rate_limited" {
			t.Errorf("%v", last)
		}
	})
}

func TestTooManyStrangers(t *testing.T) {
	inHouse(t, func(c *Config, _ *Deps) { c.MaxSessions = 1 }, func(t *testing.T, h *house) {
		one, two := h.dial(), h.dial()
		defer one.hangUp()
		defer two.hangUp()
		settle()
		response, body := h.ask("GET", "/rtc", "", "", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13",
			"Sec-WebSocket-Key", "MDEyMzQ1Njc4OWFiY2RlZg==", "Sec-WebSocket-Protocol", protocol.Subprotocol)
		if response.StatusCode != 503 || response.Header.Get("Retry-After") == "" {
			t.Errorf("%s %s", response.Status, body)
		}
	})
}

func TestServerIsFull(t *testing.T) {
	inHouse(t, func(c *Config, _ *Deps) { c.MaxSessions = 1 }, func(t *testing.T, h *house) {
		ann := h.join("team", "ann")
		defer ann.hangUp()
		bob := h.dial()
		if m := bob.call("hello", said{"token": h.token("team", "bob"), "caps": []string{}}); m.text("code") != "refused" || m.at("retryMs") == nil {
			t.Errorf("%v", m)
		}
		bob.closed()
		ann.must("leave", nil)
		ann.closed()
		settle()
		carl := h.join("team", "carl")
		carl.hangUp()
	})
}

// expired is a token of ann that was valid an hour ago.
func (h *house) expired() string {
	h.t.Helper()
	token, err := h.keys.Sign(access.Claims{Room: "team", Identity: "ann", Grants: sfu.DefaultGrants, Expires: time.Now().Add(-time.Hour)})
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}
