package controlapi

import (
	"context"
	"net/http"
	"time"

	"switchyard/access"
	"switchyard/services/meetings"
)

func (a *API) meetingRoutes() {
	const tag = "meetings"
	versions := []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired}
	register(a, op{id: "list-meetings", method: http.MethodGet, path: "/meetings", tag: tag, need: access.MeetingList, summary: "Meetings to come or past",
		detail: "One's own: organised, invited to. Services see those of the whole tenant."}, a.listMeetings)
	register(a, op{id: "create-meeting", method: http.MethodPost, path: "/meetings", tag: tag, need: access.MeetingCreate, status: http.StatusCreated,
		summary: "Start an instant meeting or schedule one", detail: "Everybody who is invited is told: users in their client, guests by mail."}, a.createMeeting)
	register(a, op{id: "get-meeting", method: http.MethodGet, path: "/meetings/{id}", tag: tag, need: access.MeetingRead, summary: "One meeting"}, a.getMeeting)
	register(a, op{id: "update-meeting", method: http.MethodPatch, path: "/meetings/{id}", tag: tag, need: access.MeetingUpdate, summary: "Change a meeting or a whole series", errors: versions}, a.updateMeeting)
	register(a, op{id: "cancel-meeting", method: http.MethodDelete, path: "/meetings/{id}", tag: tag, need: access.MeetingDelete, status: http.StatusNoContent, summary: "Cancel a meeting or a whole series", errors: versions}, a.cancelMeeting)
	register(a, op{id: "update-occurrence", method: http.MethodPatch, path: "/meetings/{id}/occurrences/{original}", tag: tag, need: access.MeetingUpdate, summary: "Change one occurrence of a series", errors: versions}, a.updateOccurrence)
	register(a, op{id: "cancel-occurrence", method: http.MethodDelete, path: "/meetings/{id}/occurrences/{original}", tag: tag, need: access.MeetingUpdate, summary: "Cancel one occurrence of a series", errors: versions}, a.cancelOccurrence)
	register(a, op{id: "get-meeting-details", method: http.MethodGet, path: "/meetings/{id}/details", tag: tag, need: access.MeetingRead, summary: "Its runs and who was there, and when"}, a.meetingDetails)
	register(a, op{id: "list-meeting-messages", method: http.MethodGet, path: "/meetings/{id}/instances/{instance}/messages", tag: tag, need: access.MeetingChat, summary: "What was said to everybody in one run",
		detail: "For those who were invited or were there. The oldest first; what was said to some only is not kept."}, a.listMessages)
	register(a, op{id: "get-meeting-access", method: http.MethodGet, path: "/meetings/{id}/access", tag: tag, need: access.MeetingRead, summary: "Address, numbers and passcodes",
		detail: "The host passcode is told to hosts only."}, a.meetingAccess)
	register(a, op{id: "get-invitation-texts", method: http.MethodGet, path: "/meetings/{id}/invitation", tag: tag, need: access.MeetingRead, summary: "Texts to copy, with and without the passcode"}, a.invitationTexts)
	register(a, op{id: "list-upcoming", method: http.MethodGet, path: "/me/upcoming", tag: tag, need: access.MeetingList, summary: "Occurrences of one's meetings in a span of time"}, a.upcoming)
	register(a, op{id: "get-personal-room", method: http.MethodGet, path: "/me/room", tag: tag, need: access.MeetingCreate, summary: "One's own permanent room"}, a.personalRoom)
	register(a, op{id: "list-recent-meetings", method: http.MethodGet, path: "/me/recent-meetings", tag: tag, need: access.MeetingList, summary: "Meetings joined lately"}, a.recent)
	register(a, op{id: "search-directory", method: http.MethodGet, path: "/directory", tag: tag, need: access.MeetingList, summary: "Personal rooms of people by name"}, a.directory)
	register(a, op{id: "get-calendar-feed", method: http.MethodGet, path: "/me/calendar-feed", tag: tag, need: access.SelfCalendars, summary: "Whether there is an address from which calendars can be subscribed to"}, a.feed)
	register(a, op{id: "create-calendar-feed", method: http.MethodPost, path: "/me/calendar-feed", tag: tag, need: access.SelfCalendars, status: http.StatusCreated, summary: "Make a new address; an older one is void"}, a.createFeed)
	register(a, op{id: "revoke-calendar-feed", method: http.MethodDelete, path: "/me/calendar-feed", tag: tag, need: access.SelfCalendars, status: http.StatusNoContent, summary: "Make the address void"}, a.revokeFeed)
}

func (a *API) listMeetings(ctx context.Context, c *caller, in *struct {
	Page
	When   string `query:"when" enum:"scheduled,previous" default:"scheduled"`
	Search string `query:"search" maxLength:"100" doc:"Part of the subject or of a name."`
	All    bool   `query:"all" doc:"Those of the whole tenant, for administrators."`
}) (*only[list[meetings.Summary]], error) {
	after, err := decodeCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	p, err := a.deps.Meetings.List(ctx, c.meetings(), meetings.ListQuery{When: in.When, Search: in.Search, All: in.All, After: after, Limit: in.Limit})
	return listed(p.Meetings, p.Next, p.Seq), err
}

// meetings is the caller as that service knows it.
func (c *caller) meetings() meetings.Caller {
	return meetings.Caller{Principal: c.Principal, Address: c.Address}
}

func (a *API) createMeeting(ctx context.Context, c *caller, in *struct{ Body meetings.NewMeeting }) (*one[meetings.Meeting], error) {
	m, err := a.deps.Meetings.Create(ctx, c.meetings(), in.Body)
	return versioned(m, m.Version), err
}

func (a *API) getMeeting(ctx context.Context, c *caller, in *ByID) (*one[meetings.Meeting], error) {
	m, err := a.deps.Meetings.Meeting(ctx, c.meetings(), in.ID)
	return versioned(m, m.Version), err
}

func (a *API) updateMeeting(ctx context.Context, c *caller, in *struct {
	ByID
	Match
	Body meetings.Change
}) (*one[meetings.Meeting], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	m, err := a.deps.Meetings.Update(ctx, c.meetings(), in.ID, in.Body, version)
	return versioned(m, m.Version), err
}

func (a *API) cancelMeeting(ctx context.Context, c *caller, in *struct {
	ByID
	Match
}) (*none, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	return nil, a.deps.Meetings.Cancel(ctx, c.meetings(), in.ID, version)
}

// Original names one occurrence of a series.
type Original struct {
	ByID
	Match
	Original string `path:"original" minLength:"16" maxLength:"16" doc:"Its key in the series: the wall-clock time at which the series has it, 2006-01-02T15:04."`
}

func (a *API) updateOccurrence(ctx context.Context, c *caller, in *struct {
	Original
	Body meetings.OccurrenceChange
}) (*one[meetings.Meeting], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	m, err := a.deps.Meetings.UpdateOccurrence(ctx, c.meetings(), in.ID, in.Original.Original, in.Body, version)
	return versioned(m, m.Version), err
}

func (a *API) cancelOccurrence(ctx context.Context, c *caller, in *struct{ Original }) (*one[meetings.Meeting], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	m, err := a.deps.Meetings.CancelOccurrence(ctx, c.meetings(), in.ID, in.Original.Original, version)
	return versioned(m, m.Version), err
}

func (a *API) meetingDetails(ctx context.Context, c *caller, in *ByID) (*only[meetings.Details], error) {
	d, err := a.deps.Meetings.Details(ctx, c.meetings(), in.ID)
	return &only[meetings.Details]{d}, err
}

func (a *API) listMessages(ctx context.Context, c *caller, in *struct {
	ByID
	Page
	Instance string `path:"instance" minLength:"1" maxLength:"64"`
}) (*only[list[meetings.ChatMessage]], error) {
	after, err := decodeCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	p, err := a.deps.Meetings.Chat(ctx, c.meetings(), in.ID, in.Instance, after, in.Limit)
	return listed(p.Messages, p.Next, p.Seq), err
}

func (a *API) meetingAccess(ctx context.Context, c *caller, in *ByID) (*only[meetings.Access], error) {
	access, err := a.deps.Meetings.Access(ctx, c.meetings(), in.ID)
	return &only[meetings.Access]{access}, err
}

func (a *API) invitationTexts(ctx context.Context, c *caller, in *ByID) (*only[meetings.Copies], error) {
	copies, err := a.deps.Meetings.CopyTexts(ctx, c.meetings(), in.ID)
	return &only[meetings.Copies]{copies}, err
}

func (a *API) upcoming(ctx context.Context, c *caller, in *struct {
	From time.Time `query:"from" required:"true"`
	To   time.Time `query:"to" required:"true"`
}) (*only[list[meetings.Summary]], error) {
	if in.To.Before(in.From) || in.To.Sub(in.From) > 366*24*time.Hour {
		return nil, invalid("query.to", in.To.Format(time.RFC3339), "is before from, or more than a year after it")
	}
	all, err := a.deps.Meetings.Upcoming(ctx, c.meetings(), in.From, in.To)
	return listed(all, "", 0), err
}

func (a *API) personalRoom(ctx context.Context, c *caller, _ *none) (*one[meetings.Meeting], error) {
	m, err := a.deps.Meetings.Personal(ctx, c.meetings())
	return versioned(m, m.Version), err
}

func (a *API) recent(ctx context.Context, c *caller, _ *none) (*only[list[meetings.Known]], error) {
	all, err := a.deps.Meetings.Recent(ctx, c.meetings())
	return listed(all, "", 0), err
}

func (a *API) directory(ctx context.Context, c *caller, in *struct {
	Search string `query:"search" required:"true" minLength:"1" maxLength:"100"`
}) (*only[list[meetings.Known]], error) {
	all, err := a.deps.Meetings.Directory(ctx, c.meetings(), in.Search)
	return listed(all, "", 0), err
}

func (a *API) feed(ctx context.Context, c *caller, _ *none) (*only[meetings.Feed], error) {
	f, err := a.deps.Meetings.Feed(ctx, c.meetings())
	return &only[meetings.Feed]{f}, err
}

type feedURL struct {
	URL string `json:"url" format:"uri" doc:"It holds a secret and is shown this once."`
}

func (a *API) createFeed(ctx context.Context, c *caller, _ *none) (*only[feedURL], error) {
	url, err := a.deps.Meetings.CreateFeed(ctx, c.meetings())
	return &only[feedURL]{feedURL{url}}, err
}

func (a *API) revokeFeed(ctx context.Context, c *caller, _ *none) (*none, error) {
	return nil, a.deps.Meetings.RevokeFeed(ctx, c.meetings())
}
