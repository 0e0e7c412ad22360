package controlapi

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"switchyard/access"
	"switchyard/internal/eventlog"
	"switchyard/services/accounts"
)

// streamed is what came by an event stream.
type streamed struct {
	kind string
	Event
}

// listen opens a stream of server-sent events. It ends with the test.
func (c *client) listen(query string) <-chan streamed {
	c.t.Helper()
	return c.listenUntil(c.t.Context(), query)
}

// listenUntil opens one that ends with ctx.
func (c *client) listenUntil(ctx context.Context, query string) <-chan streamed {
	c.t.Helper()
	request, err := http.NewRequestWithContext(ctx, "GET", c.base+"/events"+query, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	response, err := (&http.Client{Jar: c.http.Jar}).Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	if kind := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || kind != "text/event-stream" {
		text, _ := io.ReadAll(response.Body)
		c.t.Fatalf("GET /events%s: %s %s", query, response.Status, text)
	}
	out := make(chan streamed, 1000)
	go func() {
		defer close(out)
		defer response.Body.Close()
		var one streamed
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
			case "event":
				one.kind = value
			case "data":
				if json.Unmarshal([]byte(value), &one.Event) != nil || one.kind == "end" {
					one.Data = json.RawMessage(value)
				}
			case "":
				select {
				case out <- one:
				case <-ctx.Done():
					return
				}
				one = streamed{}
			}
		}
	}()
	return out
}

// next returns the next event of a stream that is no heartbeat.
func next(t *testing.T, stream <-chan streamed) (streamed, bool) {
	t.Helper()
	for {
		select {
		case e, ok := <-stream:
			if e.kind == "heartbeat" {
				continue
			}
			return e, ok
		case <-time.After(20 * time.Second):
			t.Fatal("no event")
		}
	}
}

func TestSnapshotAndStreamWithoutAGap(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.admin.must(http.StatusCreated, "POST", "/departments", `{"name":"Before"}`, nil)
		var all struct {
			Items []accounts.Department
			Seq   int64
		}
		r.admin.must(http.StatusOK, "GET", "/departments", "", &all)
		r.admin.must(http.StatusCreated, "POST", "/departments", `{"name":"Between"}`, nil)
		stream := r.admin.listen(fmt.Sprintf("?after=%d", all.Seq))
		r.admin.must(http.StatusCreated, "POST", "/departments", `{"name":"After"}`, nil)
		for i, name := range []string{"Between", "After"} {
			e, _ := next(t, stream)
			var d accounts.Department
			if err := json.Unmarshal(e.Data, &d); err != nil || e.Type != "department.created" || d.Name != name || e.Seq != all.Seq+int64(i)+1 {
				t.Errorf("event %d is %+v (%v)", i, e, err)
			}
		}
	})
}

func TestAUserSeesOnlyItsOwn(t *testing.T) {
	r := newRig(t, "sqlite")
	bob := r.user(t, "Bob", access.RoleUser)
	carol := r.user(t, "Carol", access.RoleUser)
	stream := bob.listen("")
	// Carol's session and a key are nobody else's business.
	carol.must(http.StatusNoContent, "POST", "/auth/logout", "", nil)
	r.service(t, access.ScopeEventsRead)
	r.admin.must(http.StatusCreated, "POST", "/departments", `{"name":"Sales"}`, nil)
	if e, _ := next(t, stream); e.Type != "department.created" {
		t.Errorf("bob sees %+v", e)
	}
}

func TestRevokedSessionsEndTheirStreams(t *testing.T) {
	r := newRig(t, "sqlite")
	bob := r.user(t, "Bob", access.RoleUser)
	stream := bob.listen("")
	bob.must(http.StatusNoContent, "POST", "/auth/logout", "", nil)
	for {
		e, ok := next(t, stream)
		if !ok {
			return
		}
		if e.kind == "end" && !strings.Contains(string(e.Data), "unauthenticated") {
			t.Errorf("it ends with %s", e.Data)
		}
	}
}

func TestStreamsThatCannotBegin(t *testing.T) {
	r := newRig(t, "sqlite")
	r.admin.refused(http.StatusUnprocessableEntity, "invalid", "GET", "/events?after=-1", "")
	r.admin.refused(http.StatusUnprocessableEntity, "invalid", "GET", "/events?after=1000000", "")
	r.stranger(t).refused(http.StatusUnauthorized, "unauthenticated", "GET", "/events", "")
	r.service(t, access.ScopeUsersRead).refused(http.StatusForbidden, "forbidden", "GET", "/events", "")
	if err := r.events.Forget(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	r.admin.refused(http.StatusGone, "gone", "GET", "/events?after=0", "")
	r.admin.refused(http.StatusGone, "gone", "GET", "/events/page?after=0", "")
}

// TestWhatIsOfTheMoment goes to those it is for, who asked for it and for its type, and is not made if nobody did.
func TestWhatIsOfTheMoment(t *testing.T) {
	r := newRig(t, "sqlite")
	bob, eve := r.user(t, "Bob", access.RoleUser), r.user(t, "Eve", access.RoleUser)
	if r.api.LiveWanted(access.DefaultTenant) {
		t.Error("wanted before anybody listens")
	}
	ctx, cancel := context.WithCancel(t.Context())
	streams := map[string]<-chan streamed{
		"rooms": bob.listenUntil(ctx, "?live=1&types=room."), "all": bob.listenUntil(ctx, "?live=1"),
		"somebody else's": eve.listenUntil(ctx, "?live=1"), "without": bob.listenUntil(ctx, "?types=room."),
	}
	for _, stream := range streams {
		if e := <-stream; e.kind != "heartbeat" {
			t.Fatalf("%+v", e)
		}
	}
	if !r.api.LiveWanted(access.DefaultTenant) || r.api.LiveWanted("another") {
		t.Error("not wanted though somebody listens, or by another tenant")
	}
	for _, kind := range []string{"lobby.knock", "room.state"} {
		if err := r.api.PublishLive(access.DefaultTenant, kind, eventlog.Audience{Users: []string{bob.user.ID}}, map[string]string{"meeting": "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.api.PublishLive(access.DefaultTenant, "room.end", eventlog.Everybody, struct{}{}); err != nil {
		t.Fatal(err)
	}
	r.admin.must(http.StatusCreated, "POST", "/departments", `{"name":"Sales"}`, nil)
	got := map[string]string{}
	for name, all := range map[string][]string{"rooms": {"room.end"}, "all": {"room.end", "department.created"}, "somebody else's": {"room.end", "department.created"}} {
		missing := func(kind string) bool { return !strings.Contains(got[name], kind) }
		for slices.ContainsFunc(all, missing) {
			e, open := <-streams[name]
			if !open {
				t.Fatalf("%s ended after %s", name, got[name])
			}
			if e.kind != "heartbeat" {
				got[name] += e.kind + " "
			}
		}
	}
	// What is of the moment and the log come by two ways; each is in order.
	for name, want := range map[string][]string{"rooms": {"room.state room.end "}, "all": {"lobby.knock room.state room.end ", "department.created"}, "somebody else's": {"department.created", "room.end"}} {
		for _, part := range want {
			if !strings.Contains(got[name], part) {
				t.Errorf("%s: %q, want %q", name, got[name], part)
			}
		}
	}
	if strings.Contains(got["somebody else's"], "lobby") || strings.Contains(got["rooms"], "lobby") {
		t.Errorf("%v", got)
	}
	cancel()
	for range streams["without"] { // it brought nothing
		t.Error("a stream that did not ask is told")
	}
	for wait := time.Now().Add(10 * time.Second); r.api.LiveWanted(access.DefaultTenant); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(wait) {
			t.Fatal("wanted though nobody listens any more")
		}
	}
}

func TestWebSocketStream(t *testing.T) {
	r := newRig(t, "sqlite")
	key := r.service(t, access.ScopeEventsRead)
	address := "ws" + strings.TrimPrefix(key.base, "http") + "/events?live=1"
	conn, _, err := websocket.Dial(t.Context(), address, &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + key.key}}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	read := func(want string) Event {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		for {
			_, text, err := conn.Read(ctx)
			if err != nil {
				t.Fatal(err)
			}
			var e Event
			if err := json.Unmarshal(text, &e); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			if e.Type == want {
				return e
			}
		}
	}
	read("heartbeat")
	r.admin.must(http.StatusCreated, "POST", "/departments", `{"name":"Sales"}`, nil)
	read("department.created")
	if err := r.api.PublishLive(access.DefaultTenant, "room.speaking", eventlog.Everybody, map[string]string{"room": "x"}); err != nil {
		t.Fatal(err)
	}
	if e := read("room.speaking"); e.Seq != 0 || !strings.Contains(string(e.Data), `"x"`) {
		t.Errorf("of the moment: %+v", e)
	}
	// A page of another site has the cookie, but not the origin.
	jar := r.admin.http.Jar.Cookies(&url.URL{Scheme: "http", Host: strings.TrimPrefix(r.server.URL, "http://"), Path: "/"})
	_, response, err := websocket.Dial(t.Context(), address, &websocket.DialOptions{HTTPHeader: http.Header{
		"Origin": {"https://evil.example"}, "Cookie": {jar[0].String()}}})
	if err == nil || response.StatusCode != http.StatusForbidden {
		t.Errorf("another site's WebSocket: %v %v", response.StatusCode, err)
	}
}

// TestStreamsOutliveChangesThatAreNone: whoever a stream depends on may change its name; once the rights are others the stream ends, and
// tells how far it was, so that who comes again is not ended by the same event.
func TestStreamsOutliveChangesThatAreNone(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		maker := r.user(t, "Maker", access.RoleAdmin)
		bob := r.user(t, "Bob", access.RoleUser)
		text := fmt.Sprintf(`{"name":"theirs","scopes":[%q]}`, access.ScopeEventsRead)
		var made struct{ Secret string }
		maker.must(http.StatusCreated, "POST", "/api-keys", text, &made)
		key := r.stranger(t)
		key.key = made.Secret
		change := func(who *client, body string) {
			t.Helper()
			r.admin.must(http.StatusOK, "PATCH", "/users/"+who.user.ID, body, nil, "If-Match", "*")
		}
		streams := map[string]<-chan streamed{"a key": key.listen("?types=department."), "an administrator": maker.listen("?types=department."), "a user": bob.listen("?types=department.")}
		for _, who := range []*client{maker, bob} {
			change(who, `{"first_name":"Renamed"}`)
		}
		r.admin.must(http.StatusCreated, "POST", "/departments", `{"name":"Sales"}`, nil)
		for name, stream := range streams {
			if e, ok := next(t, stream); !ok || e.Type != "department.created" {
				t.Errorf("%s, after a new name: %+v, %v", name, e, ok)
			}
		}
		change(maker, `{"role":"user"}`)
		change(bob, `{"role":"admin"}`)
		for name, stream := range streams {
			seq, ended := int64(0), false
			for e := range stream {
				if e.kind == "heartbeat" {
					seq = e.Seq
				}
				ended = ended || e.kind == "end" && strings.Contains(string(e.Data), "unauthenticated")
			}
			if !ended {
				t.Errorf("%s: the stream has no end", name)
			}
			var page eventList
			r.admin.must(http.StatusOK, "GET", fmt.Sprintf("/events/page?after=%d", seq-1), "", &page)
			if len(page.Items) == 0 || page.Items[0].Seq != seq || page.Items[0].Type != "user.updated" {
				t.Errorf("%s: it ends at %d, where there is %+v", name, seq, page.Items)
			}
		}
		// From before all that, as who has missed it would come again: now it stays.
		for name, who := range map[string]*client{"who is no administrator any more": maker, "who is one now": bob} {
			stream := who.listen("?types=department.&after=0")
			if e, ok := next(t, stream); !ok || e.Type != "department.created" {
				t.Errorf("%s: %+v, %v", name, e, ok)
			}
			r.admin.must(http.StatusCreated, "POST", "/departments", fmt.Sprintf(`{"name":%q}`, name), nil)
			if e, ok := next(t, stream); !ok || e.Type != "department.created" {
				t.Errorf("%s: %+v, %v", name, e, ok)
			}
		}
	})
}
