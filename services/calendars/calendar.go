package calendars

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/outbound"
)

// MaxCalendars bounds the calendars of a user.
const MaxCalendars = 10

// Kind is how a calendar is read.
type Kind string

// The kinds.
const (
	ICS    Kind = "ics"    // an iCalendar file behind an address
	CalDAV Kind = "caldav" // a server; all its calendars or some
	Graph  Kind = "graph"  // Microsoft 365
)

// Calendar is a connection to somebody's calendar elsewhere.
type Calendar struct {
	ID      string    `json:"id"`
	Kind    Kind      `json:"kind" enum:"ics,caldav,graph"`
	Name    string    `json:"name"`
	Host    string    `json:"host"`              // where it is; the whole address may be a secret
	Account string    `json:"account,omitempty"` // user name there
	Created time.Time `json:"created"`
	Last    *Status   `json:"last,omitempty"` // how reading it went the last time
}

// NewCalendar is what a connection is made of. Which fields are needed depends on the kind.
type NewCalendar struct {
	Kind      Kind
	Name      string   // "" is the host
	URL       string   // ics, caldav
	User      string   // caldav; ics if the file is protected
	Password  string   // caldav; ics
	Calendars []string // caldav: paths as Discover names them; none: all that the user has

	ClientID     string // graph
	ClientSecret string
	RefreshToken string
	Directory    string // graph: the organisation's id; "" is common
}

// credentials are what is stored sealed.
type credentials struct {
	URL          string   `json:"url,omitempty"`
	User         string   `json:"user,omitempty"`
	Password     string   `json:"password,omitempty"`
	Calendars    []string `json:"calendars,omitempty"`
	ClientID     string   `json:"client_id,omitempty"`
	ClientSecret string   `json:"client_secret,omitempty"`
	RefreshToken string   `json:"refresh_token,omitempty"`
	Directory    string   `json:"directory,omitempty"`
}

type calendarRow struct {
	Calendar
	created int64
	sealed  string
}

const calendarColumns = `id, kind, name, host, account, created, sealed`

func (r *calendarRow) columns() []any {
	return []any{&r.ID, &r.Kind, &r.Name, &r.Host, &r.Account, &r.created, &r.sealed}
}

func (n *NewCalendar) check() error {
	text := func(field, value string, least, most int, secret bool) error {
		shown := value
		if secret {
			shown = ""
		}
		switch length := utf8.RuneCountInString(value); {
		case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl):
			return fault(field, shown, "holds control characters")
		case length < least:
			return fault(field, shown, "is missing")
		case length > most:
			return fault(field, shown, "has %d characters; at most %d are allowed", length, most)
		}
		return nil
	}
	least := map[Kind]int{CalDAV: 1}[n.Kind]
	graph := map[Kind]int{Graph: 1}[n.Kind]
	faults := []error{
		text("name", n.Name, 0, 100, false), text("user", n.User, least, 200, false), text("password", n.Password, least, 1000, true),
		text("client_id", n.ClientID, graph, 200, false), text("client_secret", n.ClientSecret, 0, 1000, true),
		text("refresh_token", n.RefreshToken, graph, 8000, true), text("directory", n.Directory, 0, 100, false),
	}
	switch n.Kind {
	case ICS, CalDAV:
		if n.Kind == ICS { // calendars are offered so
			if rest, is := strings.CutPrefix(n.URL, "webcal://"); is {
				n.URL = "https://" + rest
			}
		}
		if err := outbound.CheckURL(n.URL); err != nil {
			faults = append(faults, fault("url", "", "%v", err))
		}
	case Graph:
		if strings.Trim(n.Directory, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") != "" {
			faults = append(faults, fault("directory", n.Directory, "is neither the id nor the domain of an organisation"))
		}
	default:
		faults = append(faults, fault("kind", string(n.Kind), "is not one of ics, caldav, graph"))
	}
	if len(n.Calendars) > maxCollections {
		faults = append(faults, fault("calendars", "", "has %d entries; at most %d are allowed", len(n.Calendars), maxCollections))
	}
	for _, err := range faults {
		if err != nil {
			return err // the first: the API shows one
		}
	}
	return nil
}

func (n *NewCalendar) credentials() credentials {
	return credentials{n.URL, n.User, n.Password, n.Calendars, n.ClientID, n.ClientSecret, n.RefreshToken, n.Directory}
}

// Connect reads from a calendar once, for the coming month, and keeps it if that works. *ConnectError says what is wrong;
// ErrTooMany.
func (s *Service) Connect(ctx context.Context, c Caller, n NewCalendar) (Calendar, error) {
	if err := s.allow(c); err != nil {
		return Calendar{}, err
	}
	if err := n.check(); err != nil {
		return Calendar{}, err
	}
	cal := Calendar{ID: newID(), Kind: n.Kind, Name: n.Name, Account: n.User, Created: s.now().UTC().Truncate(time.Microsecond)}
	cal.Host = "Microsoft 365"
	if n.Kind != Graph {
		u, err := url.Parse(n.URL)
		if err != nil {
			return Calendar{}, fault("url", "", "is not an address")
		}
		cal.Host = u.Hostname()
	}
	if cal.Name == "" {
		cal.Name = cal.Host
	}
	own := n.credentials()
	err := s.fetching(ctx, func(ctx context.Context) error {
		_, err := s.connector(cal.ID, cal.Kind, &own).Events(ctx, s.now(), s.now().AddDate(0, 1, 0))
		return err
	})
	if err != nil {
		s.forget(cal.ID)
		if ctx.Err() != nil {
			return Calendar{}, ctx.Err()
		}
		return Calendar{}, problemOf(err)
	}
	sealed, err := s.seal(cal.ID, own) // with the token that the test may have been given
	if err != nil {
		return Calendar{}, err
	}
	err = s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		there, err := db.Value[int64](ctx, tx, `SELECT count(*) FROM calendar WHERE tenant = $1 AND user_id = $2`, c.Tenant, c.ID)
		if err != nil {
			return err
		}
		if there >= MaxCalendars {
			return ErrTooMany
		}
		_, err = tx.Exec(ctx, `INSERT INTO calendar (id, tenant, user_id, kind, name, host, account, sealed, created)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			cal.ID, c.Tenant, c.ID, string(cal.Kind), cal.Name, cal.Host, cal.Account, sealed, cal.Created.UnixMicro())
		if err != nil {
			return err
		}
		return s.emit(tx, c, "calendar.connected", cal)
	})
	if err != nil {
		return Calendar{}, err
	}
	s.note(cal.ID, nil)
	cal.Last = s.status(cal.ID)
	return cal, nil
}

// List returns the caller's calendars in the order in which they were connected.
func (s *Service) List(ctx context.Context, c Caller) ([]Calendar, error) {
	if err := s.allow(c); err != nil {
		return nil, err
	}
	rows, err := s.rows(ctx, c)
	all := make([]Calendar, len(rows))
	for i := range rows {
		all[i] = rows[i].Calendar
		all[i].Last = s.status(rows[i].ID)
	}
	return all, err
}

func (s *Service) rows(ctx context.Context, c Caller) (rows []calendarRow, err error) {
	err = s.deps.DB.Read(ctx, func(q db.Querier) error {
		rows, err = db.All(ctx, q, (*calendarRow).columns, `SELECT `+calendarColumns+` FROM calendar WHERE tenant = $1 AND user_id = $2 ORDER BY id`, c.Tenant, c.ID)
		return err
	})
	for i := range rows {
		rows[i].Created = time.UnixMicro(rows[i].created).UTC()
	}
	return rows, err
}

// Disconnect forgets a calendar and all that is known of it. access.ErrNotFound.
func (s *Service) Disconnect(ctx context.Context, c Caller, id string) error {
	if err := s.allow(c); err != nil {
		return err
	}
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		kind, err := db.Value[string](ctx, tx, `DELETE FROM calendar WHERE id = $1 AND tenant = $2 AND user_id = $3 RETURNING kind`, id, c.Tenant, c.ID)
		if errors.Is(err, db.ErrNone) {
			return access.ErrNotFound
		}
		if err != nil {
			return err
		}
		tx.AfterCommit(func() { s.forget(id) })
		return s.emit(tx, c, "calendar.disconnected", Calendar{ID: id, Kind: Kind(kind)})
	})
}
