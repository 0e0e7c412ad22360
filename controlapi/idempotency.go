package controlapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
)

const (
	idempotencyAge = 24 * time.Hour
	maxKey         = 128     // bytes of an Idempotency-Key
	maxOnce        = 1 << 20 // bytes of a request that has one
)

// slow are operations that ask other servers or hash passwords: that must not be done while others wait for the database.
var slow = regexp.MustCompile(`^` + base + `/(auth/|setup$|me/calendars|webhooks/[^/]+/test$)`)

// answer is a response as it is kept.
type answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// serveOnce has a request with an Idempotency-Key take effect once. What it changes and its answer are one transaction, so
// a repeat gets the same answer or, if nothing was done, is done. Answers that say that nothing was done are not kept.
func (a *API) serveOnce(w http.ResponseWriter, r *http.Request, c *caller, next http.Handler) {
	key := r.Header.Get("Idempotency-Key")
	switch {
	case len(key) > maxKey:
		writeProblem(w, invalid("header.Idempotency-Key", "", "has more than 128 bytes"))
		return
	case c.Kind == access.Anonymous || slow.MatchString(r.URL.Path):
		writeProblem(w, invalid("header.Idempotency-Key", "", "is not taken for this operation, or before signing in"))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOnce))
	if err != nil {
		writeProblem(w, problem(http.StatusRequestEntityTooLarge, "", "the body has more than 1 MiB or did not arrive whole"))
		return
	}
	sum := sha256.New()
	sum.Write([]byte(r.Method + " " + r.URL.RequestURI() + "\n"))
	sum.Write(body)
	fingerprint := hex.EncodeToString(sum.Sum(nil))

	var kept answer
	err = a.deps.DB.Write(r.Context(), func(tx *db.Tx) error {
		ctx := r.Context()
		type row struct{ fingerprint, answer string }
		old, err := db.One(ctx, tx, func(r *row) []any { return []any{&r.fingerprint, &r.answer} },
			`SELECT fingerprint, answer FROM idempotency WHERE principal = $1 AND key = $2 AND created > $3`, c.Actor(), key, a.now().Add(-idempotencyAge).UnixMicro())
		switch {
		case err == nil && old.fingerprint != fingerprint:
			return invalid("header.Idempotency-Key", "", "was used for another request")
		case err == nil:
			return json.Unmarshal([]byte(old.answer), &kept)
		case !errors.Is(err, db.ErrNone):
			return err
		}
		again := r.Clone(db.In(ctx, tx))
		again.Body = io.NopCloser(bytes.NewReader(body))
		recorder := &recorder{header: http.Header{}}
		next.ServeHTTP(recorder, again)
		kept = answer{max(recorder.status, http.StatusOK), recorder.header, recorder.body.Bytes()}
		if kept.Status >= 300 {
			return errNotDone
		}
		text, err := json.Marshal(kept)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO idempotency (principal, key, fingerprint, answer, created) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (principal, key) DO UPDATE SET fingerprint = excluded.fingerprint, answer = excluded.answer, created = excluded.created`,
			c.Actor(), key, fingerprint, string(text), a.now().UnixMicro())
		return err
	})
	var p *Problem
	switch {
	case err == nil, errors.Is(err, errNotDone):
	case errors.As(a.told(r.Context(), "idempotency", err), &p):
		writeProblem(w, p)
		return
	}
	for name, values := range kept.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(kept.Status)
	_, _ = w.Write(kept.Body) // a client that has gone needs no answer
}

// errNotDone rolls back a request that was refused.
var errNotDone = errors.New("not done")

func (a *API) forgetIdempotent(ctx context.Context) error {
	return a.deps.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM idempotency WHERE created < $1`, a.now().Add(-idempotencyAge).UnixMicro())
		return err
	})
}

// recorder keeps an answer until its transaction is committed.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}
