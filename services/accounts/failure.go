package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
)

// failureWindow is for how long failures about the same account from the same address are one entry of the audit log with a count;
// maxFailures how many entries there are in that time of known accounts, and of unknown ones. Further ones are one entry without an
// address: who guesses from everywhere must not fill the database.
const (
	failureWindow = time.Minute
	maxFailures   = 30
	// failurePatience is for how long who was refused waits for the entry to be written.
	failurePatience = 2 * time.Second
)

// failures of signing in that were written lately.
type failedSignIns struct {
	mu      sync.Mutex // of the counts of entries, too; not held while one is written
	since   time.Time
	entries map[failureKey]*failureEntry
	known   int
	unknown int
}

// failureKey is what one entry is about. What somebody typed in place of an address that is known is in none: it may be a password.
type failureKey struct{ user, address string }

type failureEntry struct {
	id     string
	at     time.Time
	counts map[string]int64 // by what was wrong
}

// auditFailure writes down that signing in failed; r is the zero row for an unknown account, whose entries the operator's
// tenant has. It is written though the caller does not wait for its answer any more. That it could not be written changes nothing for who
// was refused.
func (s *Service) auditFailure(ctx context.Context, c Caller, r *userRow, failure error) {
	wrong := ""
	switch {
	case errors.Is(failure, ErrWrong):
		wrong = "password"
	case errors.Is(failure, ErrWrongCode):
		wrong = "code"
	case errors.Is(failure, ErrUseSSO):
		wrong = "identity provider only"
	default:
		return
	}
	key, e := s.failed.count(failureKey{r.ID, addressText(c.Address)}, wrong, s.now())
	tenant, subject := r.Tenant, r.subject()
	if key.user == "" {
		tenant, subject = access.DefaultTenant, ""
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), failurePatience)
	defer cancel()
	err := s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		// First, since it locks: who has the row reads the counts, so that an older count is never written over a newer one.
		_, err := tx.Exec(ctx, `INSERT INTO audit_entry (tenant, id, at, actor, action, subject, address, detail)
			VALUES ($1, $2, $3, '', $4, $5, $6, '{}') ON CONFLICT (tenant, id) DO UPDATE SET detail = audit_entry.detail`,
			tenant, e.id, e.at.UnixMicro(), string(access.SignIn), subject, key.address)
		if err != nil {
			return err
		}
		detail, err := s.failed.detail(e)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE audit_entry SET detail = $3 WHERE tenant = $1 AND id = $2`, tenant, e.id, detail)
		return err
	})
	if err != nil {
		s.deps.Log.Warn("a failed sign-in could not be written down", "error", err)
	}
}

// detail is what an entry says now.
func (f *failedSignIns) detail(e *failureEntry) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	text, err := json.Marshal(map[string]any{"failed": e.counts})
	return string(text), err
}

// count finds the entry that a failure belongs to and adds it.
func (f *failedSignIns) count(key failureKey, wrong string, now time.Time) (failureKey, *failureEntry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now.Sub(f.since) >= failureWindow {
		f.since, f.known, f.unknown = now, 0, 0
		f.entries = map[failureKey]*failureEntry{}
	}
	e := f.entries[key]
	if e == nil {
		of := &f.known
		if key.user == "" {
			of = &f.unknown
		}
		if *of++; *of > maxFailures {
			*of = maxFailures
			key = failureKey{} // of many accounts and addresses
			e = f.entries[key]
		}
	}
	if e == nil {
		e = &failureEntry{id: newID(), at: now, counts: map[string]int64{}}
		f.entries[key] = e
	}
	e.counts[wrong]++
	return key, e
}
