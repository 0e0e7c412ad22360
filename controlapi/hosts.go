package controlapi

import (
	"context"
	"net/http"

	"switchyard/access"
	"switchyard/services/meetings"
)

// What hosts do at the door of a meeting and inside.
func (a *API) hostRoutes() {
	const tag = "hosts"
	quiet := http.StatusNoContent
	conflict := []int{http.StatusConflict}
	register(a, op{id: "list-meeting-people", method: http.MethodGet, path: "/meetings/{id}/people", tag: tag, need: access.MeetingRead, summary: "Who is invited and who is there"}, a.meetingPeople)
	register(a, op{id: "list-lobby", method: http.MethodGet, path: "/meetings/{id}/lobby", tag: tag, need: access.MeetingHost, summary: "Who waits at the door"}, a.lobby)
	register(a, op{id: "admit-all", method: http.MethodPost, path: "/meetings/{id}/lobby/admit", tag: tag, need: access.MeetingHost, status: quiet, summary: "Let everybody in who waits"}, a.admitAll)
	register(a, op{id: "admit-one", method: http.MethodPost, path: "/meetings/{id}/lobby/{identity}/admit", tag: tag, need: access.MeetingHost, status: quiet, summary: "Let somebody in"}, a.admitOne)
	register(a, op{id: "refuse-one", method: http.MethodPost, path: "/meetings/{id}/lobby/{identity}/refuse", tag: tag, need: access.MeetingHost, status: quiet, summary: "Turn somebody away who waits"}, a.refuseOne)
	register(a, op{id: "remove-participant", method: http.MethodPost, path: "/meetings/{id}/people/{identity}/remove", tag: tag, need: access.MeetingHost, status: quiet,
		summary: "Turn somebody out", detail: "It can't come back to this run of the meeting unless it is invited again.", errors: conflict}, a.removeParticipant)
	register(a, op{id: "reinvite-participant", method: http.MethodPost, path: "/meetings/{id}/people/{identity}/reinvite", tag: tag, need: access.MeetingInvite, status: quiet, summary: "Let somebody who was removed come again, or call somebody who is not there", errors: conflict}, a.reinvite)
	register(a, op{id: "mute-participant", method: http.MethodPost, path: "/meetings/{id}/people/{identity}/mute", tag: tag, need: access.MeetingHost, status: quiet, summary: "Mute somebody", errors: conflict}, a.muteParticipant)
	register(a, op{id: "ask-unmute", method: http.MethodPost, path: "/meetings/{id}/people/{identity}/ask-unmute", tag: tag, need: access.MeetingHost, status: quiet, summary: "Ask somebody to unmute", errors: conflict}, a.askUnmute)
	register(a, op{id: "mute-others", method: http.MethodPost, path: "/meetings/{id}/mute-others", tag: tag, need: access.MeetingHost, status: quiet, summary: "Mute everybody else", errors: conflict}, a.muteOthers)
	register(a, op{id: "lower-hand", method: http.MethodDelete, path: "/meetings/{id}/people/{identity}/hand", tag: tag, need: access.MeetingHost, status: quiet, summary: "Lower somebody's hand"}, a.lowerHand)
	register(a, op{id: "lower-hands", method: http.MethodDelete, path: "/meetings/{id}/hands", tag: tag, need: access.MeetingHost, status: quiet, summary: "Lower all hands"}, a.lowerHands)
	register(a, op{id: "assign-co-organiser", method: http.MethodPost, path: "/meetings/{id}/co-organisers", tag: tag, need: access.MeetingHost, summary: "Give a user the rights of a host"}, a.assignCoOrganiser)
	register(a, op{id: "lock-meeting", method: http.MethodPost, path: "/meetings/{id}/lock", tag: tag, need: access.MeetingHost, status: quiet, summary: "Lock or unlock the room", errors: conflict}, a.lockMeeting)
	register(a, op{id: "make-public", method: http.MethodPost, path: "/meetings/{id}/public", tag: tag, need: access.MeetingUpdate, summary: "Let everybody in the organisation in"}, a.makePublic)
	register(a, op{id: "end-meeting", method: http.MethodPost, path: "/meetings/{id}/end", tag: tag, need: access.MeetingHost, status: quiet, summary: "End it for all", errors: conflict}, a.endMeeting)
	register(a, op{id: "invite-guest", method: http.MethodPost, path: "/meetings/{id}/guests", tag: tag, need: access.MeetingInvite, status: http.StatusCreated, summary: "Invite somebody from outside by mail"}, a.inviteGuest)
	register(a, op{id: "get-guest-link", method: http.MethodGet, path: "/meetings/{id}/guests/{guest}/link", tag: tag, need: access.MeetingInvite, summary: "A guest's personal link, to hand on"}, a.guestLink)
	register(a, op{id: "resend-guest", method: http.MethodPost, path: "/meetings/{id}/guests/{guest}/resend", tag: tag, need: access.MeetingInvite, status: quiet, summary: "Mail the link again"}, a.resendGuest)
	register(a, op{id: "revoke-guest", method: http.MethodPost, path: "/meetings/{id}/guests/{guest}/revoke", tag: tag, need: access.MeetingInvite, status: quiet, summary: "Make the links that a guest was sent void"}, a.revokeGuest)
}

// Somebody names a person in a meeting's room or at its door.
type Somebody struct {
	ByID
	Identity string `path:"identity" minLength:"1" maxLength:"128" doc:"As the list of people has it."`
}

// AGuest names a guest of a meeting.
type AGuest struct {
	ByID
	Guest string `path:"guest" minLength:"1" maxLength:"64"`
}

func (a *API) meetingPeople(ctx context.Context, c *caller, in *ByID) (*only[list[meetings.Presence]], error) {
	all, err := a.deps.Meetings.People(ctx, c.meetings(), in.ID)
	return listed(all, "", 0), err
}

func (a *API) lobby(ctx context.Context, c *caller, in *ByID) (*only[list[meetings.Knock]], error) {
	all, err := a.deps.Meetings.Lobby(ctx, c.meetings(), in.ID)
	return listed(all, "", 0), err
}

func (a *API) admitAll(ctx context.Context, c *caller, in *ByID) (*none, error) {
	return nil, a.deps.Meetings.AdmitAll(ctx, c.meetings(), in.ID)
}

func (a *API) admitOne(ctx context.Context, c *caller, in *Somebody) (*none, error) {
	return nil, a.deps.Meetings.AdmitKnock(ctx, c.meetings(), in.ID, in.Identity)
}

func (a *API) refuseOne(ctx context.Context, c *caller, in *Somebody) (*none, error) {
	return nil, a.deps.Meetings.RefuseKnock(ctx, c.meetings(), in.ID, in.Identity)
}

func (a *API) removeParticipant(ctx context.Context, c *caller, in *Somebody) (*none, error) {
	return nil, a.deps.Meetings.Remove(ctx, c.meetings(), in.ID, in.Identity)
}

func (a *API) reinvite(ctx context.Context, c *caller, in *Somebody) (*none, error) {
	return nil, a.deps.Meetings.Reinvite(ctx, c.meetings(), in.ID, in.Identity)
}

func (a *API) muteParticipant(ctx context.Context, c *caller, in *Somebody) (*none, error) {
	return nil, a.deps.Meetings.Mute(ctx, c.meetings(), in.ID, in.Identity)
}

func (a *API) muteOthers(ctx context.Context, c *caller, in *ByID) (*none, error) {
	return nil, a.deps.Meetings.Mute(ctx, c.meetings(), in.ID, "")
}

func (a *API) askUnmute(ctx context.Context, c *caller, in *Somebody) (*none, error) {
	return nil, a.deps.Meetings.AskUnmute(ctx, c.meetings(), in.ID, in.Identity)
}

func (a *API) lowerHand(ctx context.Context, c *caller, in *Somebody) (*none, error) {
	return nil, a.deps.Meetings.LowerHand(ctx, c.meetings(), in.ID, in.Identity)
}

func (a *API) lowerHands(ctx context.Context, c *caller, in *ByID) (*none, error) {
	return nil, a.deps.Meetings.LowerHand(ctx, c.meetings(), in.ID, "")
}

func (a *API) assignCoOrganiser(ctx context.Context, c *caller, in *struct {
	ByID
	Body struct {
		User string `json:"user" minLength:"1" maxLength:"64"`
	}
}) (*one[meetings.Meeting], error) {
	m, err := a.deps.Meetings.AssignCoOrganiser(ctx, c.meetings(), in.ID, in.Body.User)
	return versioned(m, m.Version), err
}

func (a *API) lockMeeting(ctx context.Context, c *caller, in *struct {
	ByID
	Body struct {
		Locked bool `json:"locked"`
	}
}) (*none, error) {
	return nil, a.deps.Meetings.Lock(ctx, c.meetings(), in.ID, in.Body.Locked)
}

func (a *API) makePublic(ctx context.Context, c *caller, in *ByID) (*one[meetings.Meeting], error) {
	m, err := a.deps.Meetings.MakePublic(ctx, c.meetings(), in.ID)
	return versioned(m, m.Version), err
}

func (a *API) endMeeting(ctx context.Context, c *caller, in *ByID) (*none, error) {
	return nil, a.deps.Meetings.EndForAll(ctx, c.meetings(), in.ID)
}

func (a *API) inviteGuest(ctx context.Context, c *caller, in *struct {
	ByID
	Body meetings.NewGuest
}) (*only[meetings.Guest], error) {
	g, err := a.deps.Meetings.InviteGuest(ctx, c.meetings(), in.ID, in.Body)
	return &only[meetings.Guest]{g}, err
}

type personalLink struct {
	URL string `json:"url" format:"uri" doc:"Whoever has it enters as that guest."`
}

func (a *API) guestLink(ctx context.Context, c *caller, in *AGuest) (*only[personalLink], error) {
	url, err := a.deps.Meetings.GuestLink(ctx, c.meetings(), in.ID, in.Guest)
	return &only[personalLink]{personalLink{url}}, err
}

func (a *API) resendGuest(ctx context.Context, c *caller, in *AGuest) (*none, error) {
	return nil, a.deps.Meetings.ResendGuest(ctx, c.meetings(), in.ID, in.Guest)
}

func (a *API) revokeGuest(ctx context.Context, c *caller, in *AGuest) (*none, error) {
	return nil, a.deps.Meetings.RevokeGuest(ctx, c.meetings(), in.ID, in.Guest)
}
