package controlapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"

	"switchyard/access"
	"switchyard/services/meetings"
	"switchyard/sfu"
)

// Tokens signs what the doors of rooms ask for.
type Tokens interface {
	Sign(c access.Claims) (string, error)
}

func (a *API) joinRoutes() {
	const tag = "joining"
	conflict := []int{http.StatusConflict, http.StatusGone, http.StatusNotFound}
	register(a, op{id: "join-meeting", method: http.MethodPost, path: "/meetings/{id}/join", tag: tag, need: access.MeetingJoin, summary: "Get a token for a meeting's room",
		detail: "As what one enters depends on who one is, not on the link. At the door of the room one may have to wait.", errors: conflict}, a.joinMeeting)
	register(a, op{id: "join-by-number", method: http.MethodPost, path: "/join", tag: tag, need: access.MeetingLookup, public: true, summary: "Get a token by a meeting's number or a personal link",
		detail: "Works without an account. Wrong numbers and passcodes count as guesses.", errors: conflict}, a.joinByNumber)
	register(a, op{id: "look-up-number", method: http.MethodGet, path: "/join/{number}", tag: tag, need: access.MeetingLookup, public: true, summary: "What meeting a number is of"}, a.lookUp)
}

// seat is a token and what it is for.
type seat struct {
	meetings.Ticket
	Token string `json:"token" doc:"For /rtc, WHIP and WHEP."`
}

func (a *API) seat(t meetings.Ticket) (*only[seat], error) {
	grants, err := sfu.ParseGrants(t.Grants) // the door of the room has the last word
	if err != nil {
		return nil, err
	}
	token, err := a.deps.Tokens.Sign(access.Claims{Room: t.RoomKey, Identity: t.Identity, Name: t.Name, Grants: grants, Expires: a.now().Add(t.TTL)})
	return &only[seat]{seat{t, token}}, err
}

func (a *API) joinMeeting(ctx context.Context, c *caller, in *ByID) (*only[seat], error) {
	t, err := a.deps.Meetings.Join(ctx, c.meetings(), meetings.JoinRequest{Meeting: in.ID})
	if err != nil {
		return nil, err
	}
	return a.seat(t)
}

func (a *API) joinByNumber(ctx context.Context, c *caller, in *struct {
	Body struct {
		Number   string `json:"number,omitempty" maxLength:"20" doc:"Nine digits; spaces and hyphens may be between them."`
		Name     string `json:"name,omitempty" maxLength:"80" doc:"Of somebody without an account."`
		Passcode string `json:"passcode,omitempty" maxLength:"20"`
		Guest    string `json:"guest_token,omitempty" maxLength:"1000" doc:"What a personal link has after #."`
	}
}) (*only[seat], error) {
	t, err := a.deps.Meetings.Join(ctx, c.meetings(), meetings.JoinRequest{
		Number: digitsOf(in.Body.Number), Name: strings.TrimSpace(in.Body.Name), Passcode: in.Body.Passcode, GuestToken: in.Body.Guest,
	})
	if err != nil {
		return nil, err
	}
	return a.seat(t)
}

func digitsOf(number string) string { return strings.NewReplacer(" ", "", "-", "").Replace(number) }

func (a *API) lookUp(ctx context.Context, c *caller, in *struct {
	Number string `path:"number" minLength:"9" maxLength:"20"`
}) (*only[meetings.Card], error) {
	card, err := a.deps.Meetings.Lookup(ctx, c.meetings(), digitsOf(in.Number))
	return &only[meetings.Card]{card}, err
}

var icsFile = regexp.MustCompile(`^([A-Za-z0-9_-]{20,100})\.ics$`)

// serveICS answers calendar programs, which have nothing but the secret in the address.
func (a *API) serveICS(w http.ResponseWriter, r *http.Request) {
	m := icsFile.FindStringSubmatch(r.PathValue("file"))
	err := error(access.ErrNotFound)
	text := ""
	if m != nil {
		text, err = a.deps.Meetings.ICS(r.Context(), m[1])
	}
	if err != nil {
		var p *Problem
		if errors.As(a.told(r.Context(), "get-calendar", err), &p) {
			writeProblem(w, p)
		}
		return
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	io.WriteString(w, text)
}
