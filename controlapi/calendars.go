package controlapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"switchyard/access"
	"switchyard/services/calendars"
	"switchyard/services/meetings"
)

func (a *API) calendarRoutes() {
	const tag = "calendars"
	register(a, op{id: "get-agenda", method: http.MethodGet, path: "/me/agenda", tag: tag, need: access.SelfCalendars, summary: "One's meetings here and in other calendars, by time",
		detail: "A calendar that does not answer is named in errors; the others are there nevertheless."}, a.agenda)
	register(a, op{id: "list-calendars", method: http.MethodGet, path: "/me/calendars", tag: tag, need: access.SelfCalendars, summary: "The other calendars that are connected"}, a.listCalendars)
	register(a, op{id: "connect-calendar", method: http.MethodPost, path: "/me/calendars", tag: tag, need: access.SelfCalendars, status: http.StatusCreated, summary: "Connect a calendar", detail: "It is tried first.", errors: []int{http.StatusConflict}}, a.connectCalendar)
	register(a, op{id: "discover-calendars", method: http.MethodPost, path: "/me/calendars/discover", tag: tag, need: access.SelfCalendars, summary: "Which calendars a CalDAV server has", errors: []int{http.StatusConflict}}, a.discoverCalendars)
	register(a, op{id: "refresh-calendar", method: http.MethodPost, path: "/me/calendars/{id}/refresh", tag: tag, need: access.SelfCalendars, summary: "Read a calendar now", detail: "Whether that worked is in last. What was read less than ten seconds ago is not read again."}, a.refreshCalendar)
	register(a, op{id: "disconnect-calendar", method: http.MethodDelete, path: "/me/calendars/{id}", tag: tag, need: access.SelfCalendars, status: http.StatusNoContent, summary: "Disconnect a calendar"}, a.disconnectCalendar)
}

func (c *caller) calendars() calendars.Caller {
	return calendars.Caller{Principal: c.Principal, Address: c.Address}
}

type agendaItem struct {
	Start    time.Time         `json:"start"`
	Meeting  *meetings.Summary `json:"meeting,omitempty" doc:"One of this server."`
	External *calendars.Entry  `json:"external,omitempty" doc:"One of another calendar. A foreign link opens outside."`
}

type agenda struct {
	Items     []agendaItem              `json:"items"`
	Errors    []calendars.CalendarError `json:"errors" doc:"Calendars that could not be read."`
	Truncated bool                      `json:"truncated"`
}

func (a *API) agenda(ctx context.Context, c *caller, in *struct {
	From time.Time `query:"from" required:"true"`
	To   time.Time `query:"to" required:"true"`
}) (*only[agenda], error) {
	if in.To.Before(in.From) || in.To.Sub(in.From) > calendars.MaxSpan {
		return nil, invalid("query.to", in.To.Format(time.RFC3339), "is before from, or more than 93 days after it")
	}
	own, err := a.deps.Meetings.Upcoming(ctx, c.meetings(), in.From, in.To)
	if err != nil {
		return nil, err
	}
	others, err := a.deps.Calendars.Agenda(ctx, c.calendars(), in.From, in.To)
	if err != nil {
		return nil, err
	}
	out := agenda{Items: []agendaItem{}, Errors: others.Errors, Truncated: others.Truncated}
	if out.Errors == nil {
		out.Errors = []calendars.CalendarError{}
	}
	numbers := map[string]bool{} // an invitation of ours in somebody's calendar is no second meeting
	for i := range own {
		if own[i].Occurrence != nil {
			out.Items = append(out.Items, agendaItem{Start: own[i].Occurrence.Start, Meeting: &own[i]})
			numbers[own[i].Number+own[i].Occurrence.Start.UTC().String()] = true
		}
	}
	for i := range others.Entries {
		e := &others.Entries[i]
		if e.Number == "" || !numbers[e.Number+e.Start.UTC().String()] {
			out.Items = append(out.Items, agendaItem{Start: e.Start, External: e})
		}
	}
	slices.SortStableFunc(out.Items, func(a, b agendaItem) int { return a.Start.Compare(b.Start) })
	return &only[agenda]{out}, nil
}

func (a *API) listCalendars(ctx context.Context, c *caller, _ *none) (*only[list[calendars.Calendar]], error) {
	all, err := a.deps.Calendars.List(ctx, c.calendars())
	return listed(all, "", 0), err
}

type newCalendar struct {
	Kind         string   `json:"kind" enum:"ics,caldav,graph"`
	Name         string   `json:"name,omitempty" maxLength:"100"`
	URL          string   `json:"url,omitempty" maxLength:"2000" doc:"Of the file, or of the CalDAV server."`
	User         string   `json:"user,omitempty" maxLength:"200"`
	Password     string   `json:"password,omitempty" maxLength:"500"`
	Calendars    []string `json:"calendars,omitempty" maxItems:"50" doc:"Paths of those of a CalDAV server; none: all."`
	ClientID     string   `json:"client_id,omitempty" maxLength:"200" doc:"Microsoft Graph."`
	ClientSecret string   `json:"client_secret,omitempty" maxLength:"500"`
	RefreshToken string   `json:"refresh_token,omitempty" maxLength:"4000"`
	Directory    string   `json:"directory,omitempty" maxLength:"100"`
}

func (n newCalendar) calendar() calendars.NewCalendar {
	return calendars.NewCalendar{
		Kind: calendars.Kind(n.Kind), Name: n.Name, URL: n.URL, User: n.User, Password: n.Password, Calendars: n.Calendars,
		ClientID: n.ClientID, ClientSecret: n.ClientSecret, RefreshToken: n.RefreshToken, Directory: n.Directory,
	}
}

func (a *API) connectCalendar(ctx context.Context, c *caller, in *struct{ Body newCalendar }) (*only[calendars.Calendar], error) {
	made, err := a.deps.Calendars.Connect(ctx, c.calendars(), in.Body.calendar())
	return &only[calendars.Calendar]{made}, err
}

func (a *API) discoverCalendars(ctx context.Context, c *caller, in *struct{ Body newCalendar }) (*only[list[calendars.Collection]], error) {
	all, err := a.deps.Calendars.Discover(ctx, c.calendars(), in.Body.calendar())
	return listed(all, "", 0), err
}

func (a *API) refreshCalendar(ctx context.Context, c *caller, in *ByID) (*only[calendars.Calendar], error) {
	read, err := a.deps.Calendars.Refresh(ctx, c.calendars(), in.ID)
	return &only[calendars.Calendar]{read}, err
}

func (a *API) disconnectCalendar(ctx context.Context, c *caller, in *ByID) (*none, error) {
	return nil, a.deps.Calendars.Disconnect(ctx, c.calendars(), in.ID)
}
