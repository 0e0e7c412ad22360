package accounts

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

// Languages are those that the program speaks.
var Languages = []string{"en", "nl", "fr", "de", "ja"}

// User is one person with an account.
type User struct {
	ID           string      `json:"id"`
	Tenant       string      `json:"tenant"`
	Email        string      `json:"email"`
	FirstName    string      `json:"first_name"`
	LastName     string      `json:"last_name"`
	Name         string      `json:"name"` // what others see
	Role         access.Role `json:"role" enum:",user,department_admin,admin"`
	Departments  []string    `json:"departments"`
	Language     string      `json:"language"`
	Avatar       string      `json:"avatar,omitempty"` // version of the picture; none: initials
	Active       bool        `json:"active"`
	SecondFactor bool        `json:"second_factor"`
	SSO          bool        `json:"sso"` // signs in with the organisation's identity provider
	HasPassword  bool        `json:"has_password"`
	Created      time.Time   `json:"created"`
	Version      int64       `json:"version"`
}

// Card is what others may see of a user.
type Card struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Email  string `json:"email,omitempty"` // not for guests
	Avatar string `json:"avatar,omitempty"`
}

// target is what access decides by.
func (u *User) target() access.Target {
	return access.Target{Tenant: u.Tenant, Owner: u.ID, Departments: u.Departments, Rank: u.Role}
}

func (u *User) subject() string { return "user:" + u.ID }

// userRow is a User as it is stored, with what never leaves the service.
type userRow struct {
	User
	active, totpOn, totpStep, created int64
	preferences                       string
	password                          string
	totpSecret                        string
	ssoIssuer, ssoSubject             string
	departments, searchKey            string
}

const userColumns = `u.id, u.tenant, u.email, u.first_name, u.last_name, u.role, u.language, u.preferences, u.avatar, u.active,
	u.password, u.totp_secret, u.totp_on, u.totp_step, u.sso_issuer, u.sso_subject, u.created, u.version, u.search_key,
	coalesce((SELECT string_agg(m.department, ' ') FROM department_member m WHERE m.user_id = u.id), '')`

func (r *userRow) columns() []any {
	return []any{&r.ID, &r.Tenant, &r.Email, &r.FirstName, &r.LastName, &r.Role, &r.Language, &r.preferences, &r.Avatar, &r.active,
		&r.password, &r.totpSecret, &r.totpOn, &r.totpStep, &r.ssoIssuer, &r.ssoSubject, &r.created, &r.Version, &r.searchKey, &r.departments}
}

// complete fills the fields that are made of columns.
func (r *userRow) complete() *userRow {
	r.Name = shownName(r.FirstName, r.LastName, r.Email)
	r.Departments = slices.Sorted(strings.FieldsSeq(r.departments))
	if r.Departments == nil {
		r.Departments = []string{}
	}
	r.Active, r.SecondFactor = r.active != 0, r.totpOn != 0
	r.SSO, r.HasPassword = r.ssoSubject != "", r.password != ""
	r.Created = time.UnixMicro(r.created).UTC()
	return r
}

func shownName(first, last, email string) string {
	if name := strings.TrimSpace(first + " " + last); name != "" {
		return name
	}
	name, _, _ := strings.Cut(email, "@")
	return name
}

// mayEnter is the condition on u for who may be signed in.
const mayEnter = `u.active = 1 AND EXISTS (SELECT 1 FROM tenant t WHERE t.id = u.tenant AND t.active = 1)`

// oneUser reads the user that a condition on u names. db.ErrNone if there is none.
func oneUser(ctx context.Context, q db.Querier, condition string, args ...any) (*userRow, error) {
	r, err := db.One(ctx, q, (*userRow).columns, `SELECT `+userColumns+` FROM user_account u WHERE `+condition, args...)
	if err != nil {
		return nil, err
	}
	return r.complete(), nil
}

// userOf reads a user by id for somebody of a tenant: one of another tenant does not exist.
func userOf(ctx context.Context, q db.Querier, c Caller, id string) (*userRow, error) {
	if !plain(id, maxID) {
		return nil, access.ErrNotFound
	}
	r, err := oneUser(ctx, q, `u.id = $1`, id)
	if errors.Is(err, db.ErrNone) || err == nil && r.Tenant != c.Tenant {
		return nil, access.ErrNotFound
	}
	return r, err
}

// allowOn asks for an operation on another user. Power over one who is more than an ordinary user takes what giving that role takes.
func (s *Service) allowOn(c Caller, op access.Operation, r *userRow) error {
	if err := s.allow(c, op, r.target()); err != nil || r.Role == access.RoleUser {
		return err
	}
	return s.allow(c, access.UserRole, r.target())
}

// asSeenBy hides from who may only list users how others sign in and what they may do.
func (s *Service) asSeenBy(c Caller, u User) User {
	if s.allow(c, access.UserRead, u.target()) != nil {
		u.Role, u.SecondFactor, u.SSO, u.HasPassword = "", false, false, false
	}
	return u
}

// User returns one user.
func (s *Service) User(ctx context.Context, c Caller, id string) (User, error) {
	var u User
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		r, err := userOf(ctx, q, c, id)
		if err != nil {
			return err
		}
		op := access.UserRead
		if c.Kind == access.User && id == c.ID {
			op = access.SelfRead
		}
		if err := s.allow(c, op, r.target()); err != nil {
			return err
		}
		u = r.User
		return nil
	})
	return u, err
}

// Card returns what c may see of a user. For a guest together says whether both are in the same room now.
func (s *Service) Card(ctx context.Context, c Caller, id string, together bool) (Card, error) {
	var card Card
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		r, err := userOf(ctx, q, c, id)
		if err != nil {
			return err
		}
		t := r.target()
		if together {
			t.Participants = []string{c.ID}
		}
		if err := s.allow(c, access.UserCard, t); err != nil {
			return err
		}
		card = Card{ID: r.ID, Name: r.Name, Avatar: r.Avatar}
		if c.Kind != access.Guest {
			card.Email = r.Email
		}
		return nil
	})
	return card, err
}

// UserQuery chooses users of a tenant.
type UserQuery struct {
	Search     string // part of a name or an e-mail address
	Department string
	After      string // cursor: search key and id of the last one, as UserPage gave it
	Limit      int    // 1 to 200
}

// UserPage is a part of a list, in the order of names.
type UserPage struct {
	Users []User
	Next  string // cursor of the next page; empty if this is the last
	Seq   int64  // of the event log: what came later is not in it
}

// Users lists the users of the caller's tenant. Of others an ordinary user is told what a Card tells, their language and
// departments.
func (s *Service) Users(ctx context.Context, c Caller, query UserQuery) (UserPage, error) {
	if err := s.allow(c, access.UserList, access.Target{}); err != nil {
		return UserPage{}, err
	}
	if !plain(query.Search, 4*maxSearch) || utf8.RuneCountInString(query.Search) > maxSearch {
		return UserPage{}, fault("search", query.Search, "has more than %d characters or is no text", maxSearch)
	}
	if !plain(query.After, maxCursor) {
		return UserPage{}, fault("cursor", "", "is none that a list has given")
	}
	if !plain(query.Department, maxID) {
		return UserPage{}, nil
	}
	limit := page(query.Limit)
	var page UserPage
	key, id, _ := strings.Cut(query.After, "\n")
	err := s.deps.DB.Read(ctx, func(q db.Querier) error {
		rows, err := db.All(ctx, q, (*userRow).columns, `SELECT `+userColumns+` FROM user_account u
			WHERE u.tenant = $1 AND u.search_key LIKE $2 ESCAPE '\' AND (u.search_key, u.id) > ($3, $4)
				AND ($5 = '' OR EXISTS (SELECT 1 FROM department_member m WHERE m.user_id = u.id AND m.department = $5))
			ORDER BY u.search_key, u.id LIMIT $6`,
			c.Tenant, db.Contains(db.Fold(query.Search)), key, id, query.Department, limit+1)
		if err != nil {
			return err
		}
		for i := range rows {
			if i == limit {
				page.Next = rows[i-1].searchKey + "\n" + rows[i-1].ID
				break
			}
			page.Users = append(page.Users, s.asSeenBy(c, rows[i].complete().User))
		}
		head, err := eventlog.ReadHead(ctx, q, c.Tenant)
		page.Seq = head.Seq
		return err
	})
	return page, err
}

// searchKey is what users are found and ordered by.
func searchKey(u *User) string {
	return db.Fold(shownName(u.FirstName, u.LastName, u.Email) + " " + u.Email)
}

const maxCursor = 8 << 10 // bytes: a search key may have several times the length of what it was made of
