package controlapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"switchyard/access"
	"switchyard/services/meetings"
	"switchyard/sfu"
)

// Rooms are the rooms that are open now; *sfu.SFU is.
type Rooms interface {
	Rooms() []*sfu.Room
	Room(id sfu.RoomID) *sfu.Room
}

func (a *API) roomRoutes() {
	const tag = "rooms"
	quiet := http.StatusNoContent
	register(a, op{id: "list-rooms", method: http.MethodGet, path: "/rooms", tag: tag, need: access.RoomList, summary: "The rooms that are open now"}, a.listRooms)
	register(a, op{id: "get-room", method: http.MethodGet, path: "/rooms/{room}", tag: tag, need: access.RoomList, summary: "One room with its participants and their tracks"}, a.getRoom)
	register(a, op{id: "update-room", method: http.MethodPatch, path: "/rooms/{room}", tag: tag, need: access.RoomAct, summary: "Change what a room tells everyone",
		errors: []int{http.StatusConflict}}, a.updateRoom)
	register(a, op{id: "end-room", method: http.MethodDelete, path: "/rooms/{room}", tag: tag, need: access.RoomAct, status: quiet, summary: "End a room for all"}, a.endRoom)
	register(a, op{id: "remove-from-room", method: http.MethodDelete, path: "/rooms/{room}/participants/{participant}", tag: tag, need: access.RoomAct, status: quiet, summary: "Make a participant leave"}, a.removeFromRoom)
	register(a, op{id: "mute-track", method: http.MethodPost, path: "/rooms/{room}/tracks/{track}/mute", tag: tag, need: access.RoomAct, status: quiet, summary: "Mute a track; only its publisher can unmute it"}, a.muteTrack)
	register(a, op{id: "lower-hand-in-room", method: http.MethodDelete, path: "/rooms/{room}/participants/{participant}/hand", tag: tag, need: access.RoomAct, status: quiet, summary: "Lower a participant's hand"}, a.lowerHandInRoom)
	register(a, op{id: "lower-hands-in-room", method: http.MethodDelete, path: "/rooms/{room}/hands", tag: tag, need: access.RoomAct, status: quiet, summary: "Lower all hands in a room"}, a.lowerHandsInRoom)
	register(a, op{id: "create-token", method: http.MethodPost, path: "/rooms/{room}/tokens", tag: tag, need: access.RoomToken, status: http.StatusCreated,
		summary: "Make a token for a room", detail: "For products that bring their own users. Rooms of meetings are entered by joining the meeting.", errors: []int{http.StatusConflict}}, a.createToken)
}

type room struct {
	Room         string        `json:"room"`
	Instance     string        `json:"instance" doc:"Another each time that the room is opened."`
	Meeting      string        `json:"meeting,omitempty" doc:"The meeting whose room it is."`
	Locked       bool          `json:"locked"`
	Public       bool          `json:"public"`
	Metadata     string        `json:"metadata,omitempty"`
	Count        int           `json:"count" doc:"Participants."`
	Participants []participant `json:"participants,omitempty"`
}

type participant struct {
	ID           string    `json:"id"`
	Identity     string    `json:"identity"`
	Name         string    `json:"name"`
	Kind         string    `json:"kind" doc:"browser, whip, whep, phone …"`
	Reconnecting bool      `json:"reconnecting"`
	Grants       []string  `json:"grants"`
	Metadata     string    `json:"metadata,omitempty"`
	JoinedAt     time.Time `json:"joined_at"`
	Hand         *hand     `json:"hand,omitempty" doc:"Raised, if it is there."`
	Tracks       []track   `json:"tracks"`
}

type hand struct {
	Number uint64    `json:"number" doc:"The order in which hands were raised in the room."`
	At     time.Time `json:"at"`
}

type track struct {
	ID     string `json:"id"`
	Kind   string `json:"kind" enum:"audio,video"`
	Source string `json:"source" enum:"microphone,camera,screen,screen-audio,playback,prompt"`
	Codec  string `json:"codec,omitempty"`
	Muted  bool   `json:"muted"`
}

// Rooms of other tenants than the first have its name in their key. Rooms of meetings have the meeting's.
func roomID(tenant, name string) sfu.RoomID {
	if _, isMeeting := meetings.MeetingOf(name); isMeeting || tenant == access.DefaultTenant {
		return sfu.RoomID(name)
	}
	return sfu.RoomID("~" + tenant + "~" + name)
}

// ServersOwn reports whether a room is the server's own: neither a meeting's nor that of a tenant other than the first. Only into such
// rooms the server's invitation code leads.
func ServersOwn(room string) bool {
	_, isMeeting := meetings.MeetingOf(room)
	return !isMeeting && !strings.HasPrefix(room, "~")
}

// TenantOfRoom is the tenant other than the first whose room, no meeting's, has a key.
func TenantOfRoom(key string) (tenant string, hasOne bool) {
	rest, prefixed := strings.CutPrefix(key, "~")
	tenant, _, hasOne = strings.Cut(rest, "~")
	return tenant, prefixed && hasOne
}

// roomName is the other way round; access.ErrNotFound for a room of another tenant.
func (a *API) roomName(ctx context.Context, tenant string, id sfu.RoomID) (string, error) {
	name := string(id)
	if meeting, isMeeting := meetings.MeetingOf(name); isMeeting {
		owner, err := a.deps.Meetings.TenantOf(ctx, meeting)
		if err == nil && owner != tenant {
			err = access.ErrNotFound
		}
		return name, err
	}
	if owner, hasOne := TenantOfRoom(name); hasOne {
		if owner == tenant {
			return name[len(owner)+2:], nil
		}
		return "", access.ErrNotFound
	}
	if tenant != access.DefaultTenant {
		return "", access.ErrNotFound
	}
	return name, nil
}

// openRoom finds a room for a caller who may do op.
func (a *API) openRoom(ctx context.Context, c *caller, op access.Operation, name string) (*sfu.Room, error) {
	if err := access.Allow(c.Principal, op, access.Target{}, a.now()); err != nil {
		return nil, err
	}
	if strings.HasPrefix(name, "~") {
		return nil, access.ErrNotFound
	}
	id := roomID(c.Tenant, name)
	if _, err := a.roomName(ctx, c.Tenant, id); err != nil {
		return nil, err
	}
	r := a.deps.Rooms.Room(id)
	if r == nil {
		return nil, access.ErrNotFound
	}
	return r, nil
}

func (a *API) listRooms(ctx context.Context, c *caller, _ *none) (*only[list[room]], error) {
	if err := access.Allow(c.Principal, access.RoomList, access.Target{}, a.now()); err != nil {
		return nil, err
	}
	var all []room
	for _, r := range a.deps.Rooms.Rooms() {
		name, err := a.roomName(ctx, c.Tenant, r.ID())
		switch {
		case errors.Is(err, access.ErrNotFound):
			continue
		case err != nil:
			return nil, err
		}
		all = append(all, roomOf(r, name, false))
	}
	return listed(all, "", 0), nil
}

func roomOf(r *sfu.Room, name string, whole bool) room {
	info := r.Info()
	out := room{Room: name, Instance: string(info.Instance), Locked: info.State.Locked, Public: info.State.Public, Metadata: info.State.Metadata}
	out.Meeting, _ = meetings.MeetingOf(name)
	for _, p := range r.Participants() {
		if p.Hidden() {
			continue
		}
		out.Count++
		if whole {
			out.Participants = append(out.Participants, participantOf(p.Info()))
		}
	}
	return out
}

func participantOf(info sfu.ParticipantInfo) participant {
	p := participant{
		ID: string(info.ID), Identity: info.Identity, Name: info.Name, Kind: info.Kind, Reconnecting: info.Reconnecting, Grants: info.Grants.Names(),
		Metadata: info.Metadata, JoinedAt: info.JoinedAt, Tracks: []track{},
	}
	if info.Hand.Raised() {
		p.Hand = &hand{info.Hand.Number, info.Hand.At}
	}
	for _, pub := range info.Publications {
		t := track{ID: string(pub.ID), Kind: pub.Track.Kind.String(), Source: string(pub.Track.Source), Muted: pub.Track.Muted}
		if pub.Codec != sfu.NoCodec {
			t.Codec = pub.Codec.String()
		}
		p.Tracks = append(p.Tracks, t)
	}
	return p
}

// ByRoom names a room.
type ByRoom struct {
	Room string `path:"room" minLength:"1" maxLength:"128"`
}

func (a *API) getRoom(ctx context.Context, c *caller, in *ByRoom) (*only[room], error) {
	r, err := a.openRoom(ctx, c, access.RoomList, in.Room)
	if err != nil {
		return nil, err
	}
	return &only[room]{roomOf(r, in.Room, true)}, nil
}

func (a *API) updateRoom(ctx context.Context, c *caller, in *struct {
	ByRoom
	Body struct {
		Locked   *bool   `json:"locked,omitempty" doc:"Nobody new gets in."`
		Metadata *string `json:"metadata,omitempty" maxLength:"4096"`
	}
}) (*only[room], error) {
	r, err := a.openRoom(ctx, c, access.RoomAct, in.Room)
	if err != nil {
		return nil, err
	}
	if _, isMeeting := meetings.MeetingOf(in.Room); isMeeting {
		return nil, problem(http.StatusConflict, "", "the room is a meeting's: lock and change that")
	}
	if in.Body.Metadata != nil && len(*in.Body.Metadata) > sfu.MaxMetadata {
		return nil, invalid("body.metadata", "", "has more than 4096 bytes")
	}
	r.Update(func(s *sfu.State) {
		if in.Body.Locked != nil {
			s.Locked = *in.Body.Locked
		}
		if in.Body.Metadata != nil {
			s.Metadata = *in.Body.Metadata
		}
	})
	return &only[room]{roomOf(r, in.Room, true)}, nil
}

func (a *API) endRoom(ctx context.Context, c *caller, in *ByRoom) (*none, error) {
	r, err := a.openRoom(ctx, c, access.RoomAct, in.Room)
	if err == nil {
		r.Close(sfu.LeftClosed)
	}
	return nil, err
}

// ByParticipant names a participant of a room.
type ByParticipant struct {
	ByRoom
	Participant string `path:"participant" minLength:"1" maxLength:"64"`
}

// inRoom finds a participant for a caller who may act on it.
func (a *API) inRoom(ctx context.Context, c *caller, in *ByParticipant) (*sfu.Participant, error) {
	r, err := a.openRoom(ctx, c, access.RoomAct, in.Room)
	if err != nil {
		return nil, err
	}
	p := r.Participant(sfu.ParticipantID(in.Participant))
	if p == nil || p.Hidden() {
		return nil, access.ErrNotFound
	}
	return p, nil
}

func (a *API) removeFromRoom(ctx context.Context, c *caller, in *ByParticipant) (*none, error) {
	p, err := a.inRoom(ctx, c, in)
	if err == nil {
		p.Leave(sfu.LeftRemoved)
	}
	return nil, err
}

func (a *API) lowerHandInRoom(ctx context.Context, c *caller, in *ByParticipant) (*none, error) {
	p, err := a.inRoom(ctx, c, in)
	if err != nil {
		return nil, err
	}
	if err := p.LowerHand(); errors.Is(err, sfu.ErrClosed) {
		return nil, access.ErrNotFound // it left just now
	} else if err != nil {
		return nil, err
	}
	return nil, nil
}

func (a *API) lowerHandsInRoom(ctx context.Context, c *caller, in *ByRoom) (*none, error) {
	r, err := a.openRoom(ctx, c, access.RoomAct, in.Room)
	if err == nil {
		r.LowerHands()
	}
	return nil, err
}

func (a *API) muteTrack(ctx context.Context, c *caller, in *struct {
	ByRoom
	Track string `path:"track" minLength:"1" maxLength:"64"`
}) (*none, error) {
	r, err := a.openRoom(ctx, c, access.RoomAct, in.Room)
	if err != nil {
		return nil, err
	}
	pub := r.Publication(sfu.PublicationID(in.Track))
	if pub == nil {
		return nil, access.ErrNotFound
	}
	if err := pub.Silence(""); err != nil && !errors.Is(err, sfu.ErrNotFound) {
		return nil, err
	}
	return nil, nil
}

type minted struct {
	Token   string    `json:"token" doc:"For /rtc, WHIP and WHEP."`
	Room    string    `json:"room" doc:"The room as it is called at these doors."`
	Expires time.Time `json:"expires"`
}

func (a *API) createToken(_ context.Context, c *caller, in *struct {
	ByRoom
	Body struct {
		Identity string   `json:"identity,omitempty" maxLength:"128" doc:"A stable id of the bearer; none: a new one each time."`
		Name     string   `json:"name,omitempty" maxLength:"128"`
		Grants   []string `json:"grants,omitempty" maxItems:"4" enum:"publish,subscribe,message,moderate" doc:"Without: publish, subscribe."`
		TTL      int      `json:"ttl,omitempty" minimum:"10" maximum:"604800" default:"3600" doc:"Seconds."`
	}
}) (*only[minted], error) {
	if err := access.Allow(c.Principal, access.RoomToken, access.Target{}, a.now()); err != nil {
		return nil, err
	}
	if !ServersOwn(in.Room) {
		return nil, problem(http.StatusConflict, "", "the room is a meeting's: join that")
	}
	grants := sfu.DefaultGrants
	if in.Body.Grants != nil {
		var err error
		if grants, err = sfu.ParseGrants(in.Body.Grants); err != nil {
			return nil, invalid("body.grants", "", err.Error())
		}
	}
	claims := access.Claims{
		Room: string(roomID(c.Tenant, in.Room)), Identity: in.Body.Identity, Name: in.Body.Name, Grants: grants,
		Expires: a.now().Add(time.Duration(in.Body.TTL) * time.Second).Truncate(time.Second),
	}
	if err := claims.Validate(); err != nil {
		return nil, invalid("body", "", err.Error())
	}
	token, err := a.deps.Tokens.Sign(claims)
	return &only[minted]{minted{token, claims.Room, claims.Expires.UTC()}}, err
}
