package calendars

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
)

// simulatedGraph answers as Microsoft's documentation has it: tokens by refresh token, which is replaced each time, and the
// calendar view in pages. It is not Microsoft's.
type simulatedGraph struct {
	*httptest.Server
	mu      sync.Mutex
	refresh string // the one that is good now
	access  string
	given   int // access tokens
	asked   int // pages
	broken  bool
}

func newSimulatedGraph(t *testing.T) *simulatedGraph {
	g := &simulatedGraph{refresh: "refresh-0"}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{directory}/oauth2/v2.0/token", func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if r.PostFormValue("grant_type") != "refresh_token" || r.PostFormValue("client_id") != "client" || r.PostFormValue("client_secret") != "secret" ||
			r.PostFormValue("refresh_token") != g.refresh || r.PathValue("directory") != "common" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"invalid_grant","error_description":"AADSTS70000"}`)
			return
		}
		g.given++
		g.refresh, g.access = fmt.Sprintf("refresh-%d", g.given), fmt.Sprintf("access-%d", g.given)
		fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":3599,"access_token":%q,"refresh_token":%q}`, g.access, g.refresh)
	})
	mux.HandleFunc("GET /v1.0/me/calendarView", func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.asked++
		w.Header().Set("Content-Type", "application/json")
		query := r.URL.Query()
		switch {
		case g.broken:
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		case r.Header.Get("Authorization") != "Bearer "+g.access:
			w.WriteHeader(http.StatusUnauthorized)
			return
		case query.Get("startDateTime") == "" || query.Get("endDateTime") == "" || r.Header.Get("Prefer") != `outlook.timezone="UTC"`:
			t.Errorf("it was asked %s", r.URL)
		}
		if query.Get("$skip") == "" {
			next := g.URL + "/v1.0/me/calendarView?" + r.URL.RawQuery + "&$skip=2"
			fmt.Fprintf(w, `{"value":[%s,%s],"@odata.nextLink":%s}`,
				`{"iCalUId":"1","subject":"Stand-up","start":{"dateTime":"2026-07-01T07:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-07-01T07:15:00.0000000","timeZone":"UTC"},
				"isAllDay":false,"isCancelled":false,"location":{"displayName":"Online"},"organizer":{"emailAddress":{"name":"Bo","address":"bo@example.org"}},
				"onlineMeeting":{"joinUrl":"https://teams.microsoft.com/l/meetup-join/x"},"body":{"contentType":"html","content":"<a href=\"https://aka.ms/JoinTeamsMeeting\">Help</a>"}}`,
				`{"iCalUId":"2","subject":"Ours","start":{"dateTime":"2026-07-01T09:00:00.0000000"},"end":{"dateTime":"2026-07-01T10:00:00.0000000"},
				"organizer":{"emailAddress":{"address":"cy@example.org"}},"onlineMeeting":null,"body":{"content":"<p>https://meet.example.org/m/123456789</p>"}}`,
				quote(next))
			return
		}
		fmt.Fprint(w, `{"value":[{"iCalUId":"3","subject":"Holiday","isAllDay":true,"start":{"dateTime":"2026-07-01T00:00:00.0000000"},"end":{"dateTime":"2026-07-02T00:00:00.0000000"}},
			{"iCalUId":"4","subject":"Off","isCancelled":true,"start":{"dateTime":"2026-07-01T07:00:00.0000000"},"end":{"dateTime":"2026-07-01T07:15:00.0000000"}},
			{"iCalUId":"5","subject":"Tomorrow","start":{"dateTime":"2026-07-02T07:00:00.0000000"},"end":{"dateTime":"2026-07-02T07:15:00.0000000"}}]}`)
	})
	g.Server = httptest.NewServer(mux)
	t.Cleanup(g.Close)
	return g
}

func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestGraphSimulated(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		g := newSimulatedGraph(t)
		h := newHouse(t, d, client(t, loopback))
		h.deps.GraphURL, h.deps.GraphTokenURL = g.URL+"/v1.0", g.URL+"/{directory}/oauth2/v2.0/token"
		n := NewCalendar{Kind: Graph, ClientID: "client", ClientSecret: "secret", RefreshToken: "wrong"}
		if _, err := h.Connect(ctx, ann, n); problemIn(err) != ProblemSignIn || !strings.Contains(err.Error(), "invalid_grant") {
			t.Errorf("a wrong token: %v", err)
		}
		n.RefreshToken = "refresh-0"
		cal, err := h.Connect(ctx, ann, n)
		if err != nil {
			t.Fatal(err)
		}
		from := time.Date(2026, 7, 1, 0, 0, 0, 0, berlin)
		a, err := h.Agenda(ctx, ann, from, from.AddDate(0, 0, 1))
		if err != nil || len(a.Errors) != 0 {
			t.Fatal(a, err)
		}
		if got := written(a.Entries); got != "day 07-01T00:00/07-02 07-01T09:00/09:15 07-01T11:00/12:00" {
			t.Errorf("it says %s", got)
		}
		teams, ours := a.Entries[1], a.Entries[2]
		if teams.LinkKind != ForeignLink || teams.Link != "https://teams.microsoft.com/l/meetup-join/x" || teams.Organiser != "Bo" || teams.Calendar != cal.ID || teams.Location != "Online" {
			t.Errorf("Teams is %+v", teams)
		}
		if ours.LinkKind != OwnLink || ours.Number != "123456789" || ours.Organiser != "cy@example.org" {
			t.Errorf("ours is %+v", ours)
		}
		if g.given != 1 || g.asked != 4 {
			t.Errorf("%d tokens were given and %d pages asked for", g.given, g.asked)
		}

		// Another process has only what is stored: the newest refresh token.
		other := newHouse(t, d, client(t, loopback))
		other.deps.GraphURL, other.deps.GraphTokenURL = h.deps.GraphURL, h.deps.GraphTokenURL
		if a, err := other.Agenda(ctx, ann, from, from.AddDate(0, 0, 1)); err != nil || len(a.Entries) != 3 {
			t.Errorf("another process reads %+v, %v", a, err)
		}
		// The first one's access token is refused by now; it reads what is stored again.
		h.clock.move(10 * time.Minute)
		if a, err := h.Agenda(ctx, ann, from, from.AddDate(0, 0, 1)); err != nil || len(a.Entries) != 3 {
			t.Errorf("after a token was refused it reads %+v, %v", a, err)
		}
		g.mu.Lock()
		g.broken = true
		g.mu.Unlock()
		h.clock.move(10 * time.Minute)
		a, err = h.Agenda(ctx, ann, from, from.AddDate(0, 0, 1))
		if err != nil || len(a.Entries) != 0 || len(a.Errors) != 1 || a.Errors[0].Problem != ProblemServer || a.Errors[0].Calendar != cal.ID {
			t.Errorf("a broken server gives %+v, %v", a, err)
		}
	}, migrations...)
}
