package meetings

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
)

const (
	linkPlace = "guest link"
	maxLink   = 1024                // bytes of a token
	linkAge   = 30 * 24 * time.Hour // after the meeting is over
	linkTo    = "/m/"
)

// guestLink is what a guest's personal link holds.
type guestLink struct {
	meeting, guest string
	version        int64
	expires        time.Time
}

// token makes the text of a link: sealed with the server's key, so that nobody else can.
func (s *Service) token(l guestLink) string {
	plain := fmt.Sprintf("%s %s %d %d", l.meeting, l.guest, l.version, l.expires.Unix())
	return strings.NewReplacer("+", "-", "/", "_").Replace(s.deps.Sealer.Seal(plain, linkPlace))
}

// parseToken undoes token. ErrLink.
func (s *Service) parseToken(token string) (guestLink, error) {
	if len(token) > maxLink {
		return guestLink{}, ErrLink
	}
	plain, err := s.deps.Sealer.Open(strings.NewReplacer("-", "+", "_", "/").Replace(token), linkPlace)
	if err != nil {
		return guestLink{}, ErrLink
	}
	return parseLink(plain)
}

func parseLink(plain string) (guestLink, error) {
	fields := strings.Split(plain, " ")
	if len(fields) != 4 || fields[0] == "" || fields[1] == "" {
		return guestLink{}, ErrLink
	}
	version, err := strconv.ParseInt(fields[2], 10, 64)
	expires, err2 := strconv.ParseInt(fields[3], 10, 64)
	if err != nil || err2 != nil {
		return guestLink{}, ErrLink
	}
	return guestLink{meeting: fields[0], guest: fields[1], version: version, expires: time.Unix(expires, 0)}, nil
}

// personalLink is the address with which a guest joins under its name. What is secret is in the fragment,
// which browsers send to nobody.
func (s *Service) personalLink(r *meetingRow, g *guestRow) string {
	end := s.now()
	if last := lastEnd(r.occurrences()); last.After(end) {
		end = last
	}
	return s.link(r) + "#" + s.token(guestLink{r.ID, g.ID, g.link, end.Add(linkAge)})
}

// link is the address of a meeting, the same for everybody.
func (s *Service) link(r *meetingRow) string { return s.deps.PublicURL() + linkTo + r.Number }

// GuestFromToken says who followed a personal link. ErrLink; *WaitError if the address has tried too many that were wrong.
func (s *Service) GuestFromToken(ctx context.Context, c Caller, token string) (access.Principal, error) {
	var p access.Principal
	err := s.guess(c, func() error {
		l, err := s.parseToken(token)
		if err != nil || s.now().After(l.expires) {
			return ErrLink
		}
		return s.deps.DB.Read(ctx, func(q db.Querier) error {
			r, err := oneMeeting(ctx, q, `m.id = $1`, l.meeting)
			if errors.Is(err, db.ErrNone) {
				return ErrLink
			}
			if err != nil {
				return err
			}
			g := r.guest(l.guest)
			if g == nil || g.link != l.version || r.cancelled != 0 {
				return ErrLink
			}
			p = access.Principal{Kind: access.Guest, Tenant: r.Tenant, ID: guestPrefix + g.ID, Name: g.Name, Meeting: r.ID}
			return nil
		})
	}, ErrLink)
	return p, err
}

// guestOf reads a guest for somebody who may invite.
func (s *Service) guestOf(ctx context.Context, q db.Querier, c Caller, meeting, guest string) (*meetingRow, *guestRow, error) {
	r, err := s.meetingOf(ctx, q, c, meeting, access.MeetingInvite)
	if err != nil {
		return nil, nil, err
	}
	g := r.guest(guest)
	if g == nil {
		return nil, nil, access.ErrNotFound
	}
	return r, g, nil
}

// GuestLink returns a guest's personal link, to be handed on otherwise than by mail.
func (s *Service) GuestLink(ctx context.Context, c Caller, meeting, guest string) (string, error) {
	link := ""
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		r, g, err := s.guestOf(ctx, q, c, meeting, guest)
		if err == nil {
			link = s.personalLink(r, g)
		}
		return err
	})
	return link, err
}

// InviteGuest adds somebody from outside and mails a personal link; somebody who was invited before gets it again.
func (s *Service) InviteGuest(ctx context.Context, c Caller, meeting string, n NewGuest) (Guest, error) {
	var out Guest
	err := s.change(ctx, c, meeting, access.MeetingInvite, 0, func(tx *db.Tx, r *meetingRow) (effect, error) {
		d, err := defaultsOf(ctx, tx, r.Tenant)
		if err != nil {
			return effect{}, err
		}
		all := []NewGuest{}
		for _, g := range r.guests {
			all = append(all, NewGuest{g.Email, g.Name, g.Language})
		}
		if err := r.setGuests(append([]NewGuest{n}, all...), d.Language); err != nil {
			return effect{}, err
		}
		out = r.guests[0].Guest
		return effect{invited: r.guests[:1]}, nil
	})
	return out, err
}

// ResendGuest mails a guest's personal link again.
func (s *Service) ResendGuest(ctx context.Context, c Caller, meeting, guest string) error {
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		r, g, err := s.guestOf(ctx, tx, c, meeting, guest)
		if err != nil {
			return err
		}
		return s.invite(ctx, tx, r, nil, nil, []guestRow{*g})
	})
}

// RevokeGuest makes the links that a guest was sent so far worthless. It stays invited and can be sent another one.
func (s *Service) RevokeGuest(ctx context.Context, c Caller, meeting, guest string) error {
	return s.change(ctx, c, meeting, access.MeetingInvite, 0, func(_ *db.Tx, r *meetingRow) (effect, error) {
		g := r.guest(guest)
		if g == nil {
			return effect{}, access.ErrNotFound
		}
		g.link++
		return effect{}, nil
	})
}
