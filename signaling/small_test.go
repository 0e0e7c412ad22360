package signaling

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"switchyard/sfu"
)

func TestConfig(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	err := Config{Origins: []string{"ok.test", "[", "https://", "https://a/b"}, InviteTTL: time.Second, MaxSessions: 0, MaxPerson: 99}.Validate()
	for _, want := range []string{
		`signaling.origins[1]: "["`, `signaling.origins[2]: "https://"`, `signaling.origins[3]`, "signaling.invite_ttl: 1s is not between",
		"signaling.max_sessions: 0 is not between", "signaling.max_person: 99 is not between",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if err != nil && strings.Contains(err.Error(), "origins[0]") {
		t.Error("a good origin was refused")
	}
}

// TestInviteLeadsToOwnRoomsOnly: whoever has the code does not get into what belongs to others.
func TestInviteLeadsToOwnRoomsOnly(t *testing.T) {
	inHouse(t, func(_ *Config, d *Deps) {
		d.Invitable = func(room string) bool { return !strings.HasPrefix(room, "~") }
	}, func(t *testing.T, h *house) {
		for room, want := range map[string]int{"team": 200, "~acme~team": 403} {
			r := httptest.NewRequest("POST", "/invite", strings.NewReader(`{"code":"let-me-in-please","room":"`+room+`"}`))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			if h.server.serveInvite(w, r); w.Code != want {
				t.Errorf("%s: %d %s", room, w.Code, w.Body)
			}
		}
	})
}

func TestInvite(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		post := func(body string) *httptest.ResponseRecorder {
			r := httptest.NewRequest("POST", "/invite", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.RemoteAddr = "192.0.2.7:5000"
			w := httptest.NewRecorder()
			h.server.serveInvite(w, r)
			return w
		}
		w := post(`{"code":"let-me-in-please","room":"team","name":"Ann"}`)
		var got struct{ Token, Identity, Room string }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		claims, err := h.keys.Verify(got.Token, time.Now())
		if err != nil || claims.Room != "team" || claims.Name != "Ann" || claims.Identity != got.Identity || got.Room != "team" ||
			claims.Grants != sfu.DefaultGrants|sfu.MayMessage {
			t.Errorf("%+v %v", claims, err)
		}
		for body, want := range map[string]int{
			`{`: 400, `{"code":5}`: 400, `{"code":"` + strings.Repeat("x", 5000) + `"}`: 400,
			`{"code":"let-me-in-please","room":""}`:                                 422,
			`{"code":"let-me-in-please","room":"` + strings.Repeat("r", 129) + `"}`: 422,
		} {
			if w := post(body); w.Code != want || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%.40s: %d %s", body, w.Code, w.Body)
			}
		}
		for range 10 {
			if w := post(`{"code":"wrong","room":"team"}`); w.Code != 403 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
		}
		w = post(`{"code":"let-me-in-please","room":"team"}`)
		if w.Code != 429 || w.Header().Get("Retry-After") != "10" {
			t.Errorf("after ten wrong guesses: %d %v", w.Code, w.Header())
		}
		time.Sleep(10 * time.Second)
		if w := post(`{"code":"let-me-in-please","room":"team"}`); w.Code != 200 {
			t.Errorf("10 s later: %d", w.Code)
		}
		r := httptest.NewRequest("POST", "/invite", strings.NewReader("code=x"))
		w = httptest.NewRecorder()
		if h.server.serveInvite(w, r); w.Code != 415 {
			t.Errorf("a form: %d", w.Code)
		}
		if strings.Contains(h.logged.String(), "let-me-in") {
			t.Error("the code was logged")
		}
	})
}

func TestInviteCanBeOff(t *testing.T) {
	inHouse(t, func(c *Config, _ *Deps) { c.Invite = false }, func(t *testing.T, h *house) {
		response, _ := h.ask("POST", "/invite", "", `{}`, "Content-Type", "application/json")
		if response.StatusCode != 404 {
			t.Errorf("%s", response.Status)
		}
	})
}

func TestOutbox(t *testing.T) {
	var o outbox
	say := func(n int) {
		for range n {
			o.seq++
			o.add([]byte{byte(o.seq)}, true)
		}
	}
	say(5)
	if got := o.take(nil); len(got) != 5 {
		t.Fatalf("%d frames", len(got))
	}
	o.forget(3)
	if len(o.frames) != 2 || o.next != 2 || o.bytes != 2 {
		t.Fatalf("%+v", o)
	}
	say(2)
	o.forget(100) // what was not sent stays
	if len(o.frames) != 2 || o.next != 0 {
		t.Fatalf("%+v", o)
	}
	for seq, want := range map[uint64]bool{4: false, 5: true, 6: true, 7: true, 8: false} {
		c := outbox{frames: append([]frame(nil), o.frames...), next: o.next, seq: o.seq, bytes: o.bytes}
		if got := c.rewind(seq); got != want {
			t.Errorf("rewind to %d: %v", seq, got)
		}
		if want && len(c.take(nil)) != int(7-seq) {
			t.Errorf("rewind to %d: %+v", seq, c)
		}
	}
}

func TestRateLimitUnit(t *testing.T) {
	at := time.Unix(1, 0)
	l := newRateLimit(at)
	count := func(n int) (allowed int, goesOn bool) {
		for range n {
			ok, on := l.take(at)
			if ok {
				allowed++
			}
			goesOn = goesOn || on
		}
		return allowed, goesOn
	}
	if n, on := count(300); n != 200 || on {
		t.Errorf("burst: %d, %v", n, on)
	}
	at = at.Add(time.Second)
	if n, on := count(150); n != 100 || on {
		t.Errorf("a second later: %d, %v", n, on)
	}
	for range 10 { // ten times too fast
		at = at.Add(10 * time.Millisecond)
		if _, on := count(10); on {
			return
		}
	}
	if _, on := count(200); !on {
		t.Error("it may go on for ever")
	}
}

func TestMetrics(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		c := h.join("team", "ann")
		c.call("teleport", nil)
		h.ask("OPTIONS", "/whip/team", "", "")
		h.open("/whip/team", h.token("team", "obs"), lines("audio sendonly"))
		for metric, want := range map[string]float64{
			`requests unknown`: 1, `requests join`: 1, `errors unsupported`: 1, `media whip`: 1, `sessions`: 1, `sockets`: 1,
		} {
			m := h.server.metrics
			var got float64
			switch name, label, _ := strings.Cut(metric, " "); name {
			case "requests":
				got = testutil.ToFloat64(m.requests.WithLabelValues(label))
			case "errors":
				got = testutil.ToFloat64(m.errors.WithLabelValues(label))
			case "media":
				got = testutil.ToFloat64(m.media.WithLabelValues(label))
			case "sessions":
				got = testutil.ToFloat64(m.sessions)
			case "sockets":
				got = testutil.ToFloat64(m.sockets)
			}
			if got != want {
				t.Errorf("%s: %v, want %v", metric, got, want)
			}
		}
		families, err := h.reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if !strings.HasPrefix(f.GetName(), "switchyard_") {
				t.Errorf("metric %s", f.GetName())
			}
		}
		c.hangUp()
	})
}
