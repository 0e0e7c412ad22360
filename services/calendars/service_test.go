package calendars

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/eventlog"
)

// fileServer serves one calendar, which tests change.
type fileServer struct {
	*httptest.Server
	text                 atomic.Value // string
	asked, sent, refused atomic.Int64
}

func newFileServer(t *testing.T, text string) *fileServer {
	s := &fileServer{}
	s.text.Store(text)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		text := s.text.Load().(string)
		switch r.URL.Path {
		case "/protected.ics":
			if name, word, _ := r.BasicAuth(); name != user || word != password {
				s.refused.Add(1)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
		case "/page.html":
			text = "<html>Sign in</html>"
		case "/big.ics":
			text = calendarOf(strings.Repeat("X-FILLER:"+strings.Repeat("x", 1000)+"\r\n", 11_000))
		case "/elsewhere.ics":
			http.Redirect(w, r, "/secret-address.ics", http.StatusFound)
			return
		case "/broken.ics":
			w.WriteHeader(http.StatusBadGateway)
			return
		case "/secret-address.ics":
		default:
			w.WriteHeader(http.StatusNotFound)
			return
		}
		etag := fmt.Sprintf(`"%d"`, len(text))
		w.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		s.sent.Add(1)
		fmt.Fprint(w, text)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestFiles(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		server := newFileServer(t, calendarOf(vevent("DTSTART:20260701T070000Z", "DURATION:PT1H", "SUMMARY:One")))
		h := newHouse(t, d, client(t, loopback))
		cal, err := h.Connect(ctx, ann, NewCalendar{Kind: ICS, URL: server.URL + "/secret-address.ics", Name: "Mine"})
		if err != nil {
			t.Fatal(err)
		}
		all, err := h.List(ctx, ann)
		if err != nil || len(all) != 1 || !reflect.DeepEqual(all[0], cal) || cal.Name != "Mine" {
			t.Errorf("listed it is %+v, %v; it was %+v", all, err, cal)
		}
		if text, err := json.Marshal(all); err != nil || strings.Contains(string(text), "secret-address") {
			t.Errorf("the list holds the address: %s, %v", text, err)
		}
		from := time.Date(2026, 7, 1, 8, 30, 0, 0, berlin)
		agenda := func(want string) {
			t.Helper()
			a, err := h.Agenda(ctx, ann, from, from.Add(12*time.Hour))
			if err != nil || len(a.Errors) != 0 || written(a.Entries) != want {
				t.Errorf("it says %+v, %v, not %s", a, err, want)
			}
		}
		agenda("07-01T09:00/10:00")
		from = from.Add(time.Hour) // it is under way
		agenda("07-01T09:00/10:00")
		if n := server.asked.Load(); n != 1 {
			t.Errorf("the server was asked %d times", n)
		}
		h.clock.move(6 * time.Minute)
		agenda("07-01T09:00/10:00")
		if asked, sent := server.asked.Load(), server.sent.Load(); asked != 2 || sent != 1 {
			t.Errorf("the server was asked %d times and sent it %d times", asked, sent)
		}
		server.text.Store(calendarOf(vevent("DTSTART:20260701T080000Z", "DURATION:PT1H", "SUMMARY:Later")))
		agenda("07-01T09:00/10:00")
		h.clock.move(6 * time.Minute)
		agenda("07-01T10:00/11:00")

		// What fails is told beside what works, and not asked again at once.
		if _, err := h.Connect(ctx, ann, NewCalendar{Kind: ICS, URL: server.URL + "/protected.ics", User: user, Password: password}); err != nil {
			t.Fatal(err)
		}
		h.clock.move(6 * time.Minute)
		agenda("07-01T10:00/11:00 07-01T10:00/11:00")
		server.Close()
		h.clock.move(6 * time.Minute)
		a, err := h.Agenda(ctx, ann, from, from.Add(12*time.Hour))
		if err != nil || len(a.Errors) != 2 || a.Errors[0].Problem != ProblemUnreachable || a.Errors[0].Name != "Mine" {
			t.Errorf("without its server it says %+v, %v", a, err)
		}

		for what, span := range map[string]time.Duration{"nothing": 0, "backwards": -time.Hour, "for ages": MaxSpan + time.Hour} {
			var at *FieldError
			if _, err := h.Agenda(ctx, ann, from, from.Add(span)); !errors.As(err, &at) {
				t.Errorf("%s: %v", what, err)
			}
		}

		// Others.
		bo, guest := ann, Caller{Principal: access.Principal{Kind: access.Guest, Tenant: "t", ID: "g"}}
		bo.ID = "bo"
		if all, err := h.List(ctx, bo); err != nil || len(all) != 0 {
			t.Errorf("somebody else sees %v, %v", all, err)
		}
		if err := h.Disconnect(ctx, bo, cal.ID); !errors.Is(err, access.ErrNotFound) {
			t.Errorf("somebody else disconnects it: %v", err)
		}
		if _, err := h.Agenda(ctx, guest, from, from.Add(time.Hour)); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("a guest: %v", err)
		}

		// A user who is deleted leaves nothing.
		if err := h.d.Write(ctx, func(tx *db.Tx) error {
			return h.log.Emit(tx, eventlog.Event{Tenant: "t", Type: "user.deleted", Subject: "user:ann", Body: json.RawMessage(`{}`)})
		}); err != nil {
			t.Fatal(err)
		}
		if err := h.log.CatchUp(ctx, eventlog.Follower{Name: "calendars", Consume: h.Consume}); err != nil {
			t.Fatal(err)
		}
		if all, err := h.List(ctx, ann); err != nil || len(all) != 0 {
			t.Errorf("after the user was deleted there are %v, %v", all, err)
		}
		if len(h.files.by) != 0 || len(h.results.by) != 0 {
			t.Errorf("%d files and %d results are in memory", len(h.files.by), len(h.results.by))
		}
	}, migrations...)
}

func TestConnectSaysWhatIsWrong(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"), migrations...)
	server := newFileServer(t, calendarOf(vevent("DTSTART:20260701T070000Z")))
	h := newHouse(t, d, client(t, loopback))
	for path, want := range map[string]Problem{
		"/nowhere.ics": ProblemNotFound, "/protected.ics": ProblemSignIn, "/page.html": ProblemFormat, "/big.ics": ProblemSize, "/broken.ics": ProblemServer,
	} {
		_, err := h.Connect(t.Context(), ann, NewCalendar{Kind: ICS, URL: server.URL + path})
		if problemIn(err) != want {
			t.Errorf("%s: %v", path, err)
		}
		if strings.Contains(fmt.Sprint(err), path) {
			t.Errorf("the error repeats the address: %v", err)
		}
	}
	if _, err := h.Connect(t.Context(), ann, NewCalendar{Kind: ICS, URL: server.URL + "/elsewhere.ics"}); err != nil {
		t.Errorf("a redirect: %v", err)
	}
	if _, err := newHouse(t, d, client(t)).Connect(t.Context(), ann, NewCalendar{Kind: ICS, URL: server.URL + "/secret-address.ics"}); problemIn(err) != ProblemAddress {
		t.Errorf("an address that only this machine reaches: %v", err)
	}
	short, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if _, err := h.Connect(short, ann, NewCalendar{Kind: ICS, URL: server.URL + "/secret-address.ics"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("somebody who does not wait: %v", err)
	}
	for field, n := range map[string]NewCalendar{
		"kind": {Kind: "exchange"}, "url": {Kind: ICS, URL: "file:///etc/passwd"}, "user": {Kind: CalDAV, URL: "https://example.org", Password: "x"},
		"password": {Kind: CalDAV, URL: "https://example.org", User: "x"}, "client_id": {Kind: Graph, RefreshToken: "x"}, "refresh_token": {Kind: Graph, ClientID: "x"},
		"directory": {Kind: Graph, ClientID: "x", RefreshToken: "x", Directory: "../x"}, "name": {Kind: ICS, URL: "https://example.org", Name: strings.Repeat("x", 101)},
	} {
		var at *FieldError
		if _, err := h.Connect(t.Context(), ann, n); !errors.As(err, &at) || at.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	for range MaxCalendars - 1 {
		if _, err := h.Connect(t.Context(), ann, NewCalendar{Kind: ICS, URL: server.URL + "/secret-address.ics"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Connect(t.Context(), ann, NewCalendar{Kind: ICS, URL: server.URL + "/secret-address.ics"}); !errors.Is(err, ErrTooMany) {
		t.Errorf("one too many: %v", err)
	}
}

func TestAgendaIsBounded(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"), migrations...)
	server := newFileServer(t, calendarOf(vevent("DTSTART:20260601T000000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY"),
		strings.Replace(vevent("DTSTART:20260601T003000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY"), "u@", "v@", 1)))
	h := newHouse(t, d, client(t, loopback))
	if _, err := h.Connect(t.Context(), ann, NewCalendar{Kind: ICS, URL: server.URL + "/secret-address.ics"}); err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 7, 1, 0, 0, 0, 0, berlin)
	a, err := h.Agenda(t.Context(), ann, from, from.AddDate(0, 3, 0))
	if err != nil || len(a.Entries) != MaxEntries || !a.Truncated {
		t.Errorf("%d entries, truncated %v, %v", len(a.Entries), a.Truncated, err)
	}
}

func TestCache(t *testing.T) {
	c := newCache[int](10)
	at := time.Unix(1_800_000_000, 0)
	for i := range 20 {
		c.put(key{fmt.Sprint(i % 7), "x"}, i, 3, at)
	}
	if len(c.by) != 3 || c.room != 1 || c.order.Len() != 3 {
		t.Errorf("%d are there, room for %d", len(c.by), c.room)
	}
	if v, there, fresh := c.get(key{"5", "x"}, at.Add(-1)); v != 19 || !there || !fresh {
		t.Errorf("the last is %d %v %v", v, there, fresh)
	}
	if _, there, fresh := c.get(key{"5", "x"}, at); !there || fresh {
		t.Errorf("an old one is there %v, fresh %v", there, fresh)
	}
	c.put(key{"big", ""}, 1, 11, at)
	if len(c.by) != 0 || c.room != 10 {
		t.Errorf("what is too big left %d", len(c.by))
	}
	c.drop("5")
}
