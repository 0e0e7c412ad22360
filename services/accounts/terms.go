package accounts

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

const (
	maxTerms         = 50_000 // characters
	maxTermsVersions = 1_000  // of a tenant; all are kept
	noTerms          = 1      // the version of a tenant that has never had any
)

// Terms are the terms of use that everybody of a tenant accepts before the first use, and again when they change.
type Terms struct {
	Version int64     `json:"version"` // rises with each change
	Text    string    `json:"text"`    // plain, paragraphs; "": there are none
	Since   time.Time `json:"since"`
}

// OwnTerms are a tenant's terms with what a user has said to them.
type OwnTerms struct {
	Terms
	Due      bool       `json:"due"`                // they wait for an answer
	Accepted *time.Time `json:"accepted,omitempty"` // this version
}

// TermsState are a tenant's terms with how far they were accepted.
type TermsState struct {
	Terms
	Accepted int64 `json:"accepted"` // active users who have accepted this version
	Users    int64 `json:"users"`    // active users
}

// ErrTermsChanged: the terms that are accepted are not the current ones.
var ErrTermsChanged = errors.New("the terms of use have changed meanwhile")

func currentTerms(ctx context.Context, q db.Querier, tenant string) (Terms, error) {
	var created int64
	t, err := db.One(ctx, q, func(t *Terms) []any { return []any{&t.Version, &t.Text, &created} },
		`SELECT version, text, created FROM terms WHERE tenant = $1 ORDER BY version DESC LIMIT 1`, tenant)
	if errors.Is(err, db.ErrNone) {
		created, err = db.Value[int64](ctx, q, `SELECT created FROM tenant WHERE id = $1`, tenant)
		t = Terms{Version: noTerms}
	}
	t.Since = time.UnixMicro(created).UTC()
	return t, err
}

// OwnTerms returns the terms that hold for the caller.
func (s *Service) OwnTerms(ctx context.Context, c Caller) (own OwnTerms, err error) {
	if err := s.allow(c, access.SelfRead, access.Target{Owner: c.ID}); err != nil {
		return own, err
	}
	err = s.deps.DB.Read(ctx, func(q db.Querier) (err error) {
		if own.Terms, err = currentTerms(ctx, q, c.Tenant); err != nil {
			return err
		}
		at, err := db.Value[int64](ctx, q, `SELECT at FROM terms_acceptance WHERE user_id = $1 AND version = $2`, c.ID, own.Version)
		if errors.Is(err, db.ErrNone) {
			own.Due = own.Text != ""
			return nil
		}
		own.Accepted = optional(at)
		return err
	})
	return own, err
}

// TermsDue reports whether there are terms that the caller has not accepted, without reading them.
func (s *Service) TermsDue(ctx context.Context, c Caller) (due bool, err error) {
	if err := s.allow(c, access.SelfRead, access.Target{Owner: c.ID}); err != nil {
		return false, err
	}
	err = s.deps.DB.Glance(ctx, func(q db.Querier) error {
		n, err := db.Value[int64](ctx, q, `SELECT count(*) FROM terms t WHERE t.tenant = $1 AND t.text <> ''
			AND t.version = (SELECT max(n.version) FROM terms n WHERE n.tenant = t.tenant)
			AND NOT EXISTS (SELECT 1 FROM terms_acceptance a WHERE a.user_id = $2 AND a.version = t.version)`, c.Tenant, c.ID)
		due = n > 0
		return err
	})
	return due, err
}

// AcceptTerms writes down that the caller accepts a version, which has to be the current one: ErrTermsChanged. To accept again
// changes nothing.
func (s *Service) AcceptTerms(ctx context.Context, c Caller, version int64) error {
	if err := s.allow(c, access.SelfUpdate, access.Target{Owner: c.ID}); err != nil {
		return err
	}
	return s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := lockUserOf(ctx, tx, c, c.ID); errors.Is(err, access.ErrNotFound) {
			return access.ErrUnauthenticated // deleted just now
		} else if err != nil {
			return err
		}
		terms, err := currentTerms(ctx, tx, c.Tenant)
		if err != nil {
			return err
		}
		if terms.Version != version || terms.Text == "" {
			return ErrTermsChanged
		}
		n, err := tx.Exec(ctx, `INSERT INTO terms_acceptance (user_id, version, at) VALUES ($1, $2, $3) ON CONFLICT (user_id, version) DO NOTHING`,
			c.ID, version, s.now().UnixMicro())
		if err != nil || n == 0 {
			return err
		}
		if err := s.emit(tx, c, c.Tenant, "terms.accepted", "user:"+c.ID, eventlog.Audience{Users: []string{c.ID}}, map[string]any{"user": c.ID, "version": version}); err != nil {
			return err
		}
		return s.audit(ctx, tx, c, c.Tenant, access.SelfUpdate, "user:"+c.ID, map[string]any{"terms_accepted": version})
	})
}

// Terms returns the terms of the caller's tenant.
func (s *Service) Terms(ctx context.Context, c Caller) (state TermsState, err error) {
	if err := s.allow(c, access.SettingsEdit, access.Target{}); err != nil {
		return state, err
	}
	err = s.deps.DB.Read(ctx, func(q db.Querier) (err error) {
		state, err = termsState(ctx, q, c.Tenant)
		return err
	})
	return state, err
}

func termsState(ctx context.Context, q db.Querier, tenant string) (state TermsState, err error) {
	if state.Terms, err = currentTerms(ctx, q, tenant); err != nil {
		return state, err
	}
	counts, err := db.One(ctx, q, func(n *TermsState) []any { return []any{&n.Accepted, &n.Users} },
		`SELECT count(a.user_id), count(*) FROM user_account u LEFT JOIN terms_acceptance a ON a.user_id = u.id AND a.version = $2
		WHERE u.tenant = $1 AND u.active = 1`, tenant, state.Version)
	state.Accepted, state.Users = counts.Accepted, counts.Users
	return state, err
}

// ChangeTerms replaces the text, which everybody has to accept anew; "" takes the terms away. The same text again changes nothing.
// ErrVersion if the terms are not as the caller read them; 0 is any.
func (s *Service) ChangeTerms(ctx context.Context, c Caller, text string, ifVersion int64) (state TermsState, err error) {
	if err := s.allow(c, access.SettingsEdit, access.Target{}); err != nil {
		return state, err
	}
	if text, err = checkTerms(text); err != nil {
		return state, err
	}
	err = s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		if err := lockTenant(ctx, tx, c.Tenant); err != nil {
			return err
		}
		old, err := currentTerms(ctx, tx, c.Tenant)
		if err != nil {
			return err
		}
		if ifVersion != 0 && ifVersion != old.Version {
			return ErrVersion
		}
		if text != old.Text {
			if err := s.newTerms(ctx, tx, c, old.Version+1, text); err != nil {
				return err
			}
		}
		state, err = termsState(ctx, tx, c.Tenant)
		return err
	})
	return state, err
}

func (s *Service) newTerms(ctx context.Context, tx *db.Tx, c Caller, version int64, text string) error {
	if version > maxTermsVersions && text != "" {
		return fault("text", "", "was changed %d times, which is as often as it can be", maxTermsVersions)
	}
	_, err := tx.Exec(ctx, `INSERT INTO terms (tenant, version, text, created) VALUES ($1, $2, $3, $4)`, c.Tenant, version, text, s.now().UnixMicro())
	if err != nil {
		return err
	}
	if err := s.emit(tx, c, c.Tenant, "terms.updated", "tenant:"+c.Tenant, eventlog.Everybody, map[string]any{"version": version, "needed": text != ""}); err != nil {
		return err
	}
	return s.audit(ctx, tx, c, c.Tenant, access.SettingsEdit, "tenant:"+c.Tenant, map[string]any{"terms": version, "characters": utf8.RuneCountInString(text)})
}

// checkTerms returns the text as it is kept: lines end with a line feed, and what is not to be seen is left out.
func checkTerms(text string) (string, error) {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n\n", "\u2028", "\n", "\u2029", "\n\n").Replace(strings.ToValidUTF8(text, ""))
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unprintable(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text))
	if n := utf8.RuneCountInString(text); n > maxTerms {
		return "", fault("text", "", "has %d characters; at most %d are allowed", n, maxTerms)
	}
	return text, nil
}
