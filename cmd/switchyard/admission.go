package main

import (
	"context"
	"errors"

	"switchyard/access"
	"switchyard/controlapi"
	"switchyard/internal/db"
	"switchyard/services/accounts"
	"switchyard/services/meetings"
	"switchyard/sfu"
	"switchyard/signaling"
	"switchyard/signaling/protocol"
)

// admitter asks meetings who gets into the rooms of meetings; into other rooms a token leads.
type admitter struct {
	meetings *meetings.Service
	accounts *accounts.Service
	watch    *roomWatch
}

// Admit is signaling's.
func (a admitter) Admit(ctx context.Context, claims access.Claims, want signaling.Want, waiting func(signaling.Waiting)) (sfu.Join, error) {
	name := claims.Name
	if name == "" {
		name = want.Name
	}
	d, err := a.meetings.Admit(ctx, meetings.Entrant{RoomKey: claims.Room, Identity: claims.Identity, Name: name, Kind: want.Kind}, func(w meetings.Wait) {
		waiting(signaling.Waiting{Message: w.Message, Reason: w.Reason, Position: w.Position})
	})
	var refusal *meetings.Refusal
	switch {
	case errors.Is(err, meetings.ErrNotAMeeting):
		if err := a.organisation(ctx, claims.Room); err != nil {
			return sfu.Join{}, err
		}
		return signaling.TokenOnly{}.Admit(ctx, claims, want, waiting)
	case errors.As(err, &refusal):
		return sfu.Join{}, &signaling.Refusal{Code: refusal.Code, Reason: refusal.Reason, Retry: refusal.Retry}
	case errors.Is(err, access.ErrNotFound):
		return sfu.Join{}, &signaling.Refusal{Code: protocol.NoSuchMeeting, Reason: "there is no such meeting"}
	case errors.Is(err, db.ErrUnavailable):
		return sfu.Join{}, &signaling.Refusal{Code: protocol.Unavailable, Reason: "who may come in cannot be known at this moment", Retry: retryUnavailable}
	case err != nil:
		return sfu.Join{}, err
	}
	grants, err := meetingGrants(d.Grants)
	if err != nil {
		return sfu.Join{}, err
	}
	// Before anybody is there to be missed.
	if err := a.watch.ensure(sfu.RoomID(claims.Room)); err != nil {
		return sfu.Join{}, err
	}
	return sfu.Join{
		Identity: claims.Identity, Name: d.Name, Kind: want.Kind, Grants: grants & claims.Grants, Metadata: d.Metadata, Counted: true, Admitted: true,
	}, nil
}

// organisation refuses a room of an organisation that is suspended. While that cannot be known the token is enough.
func (a admitter) organisation(ctx context.Context, room string) error {
	tenant, hasOne := controlapi.TenantOfRoom(room)
	if !hasOne {
		return nil
	}
	switch active, err := a.accounts.TenantActive(ctx, tenant); {
	case errors.Is(err, db.ErrUnavailable), err == nil && active:
		return nil
	case err != nil:
		return err
	}
	return &signaling.Refusal{Code: protocol.Suspended, Reason: "the organisation of this room is not active"}
}

// meetingGrants are those of a role, without moderating by the room's own protocol: in meetings hosts act through the control API, which
// remembers what they did.
func meetingGrants(names []string) (sfu.Grants, error) {
	grants, err := sfu.ParseGrants(names)
	return grants &^ sfu.MayModerate, err
}
