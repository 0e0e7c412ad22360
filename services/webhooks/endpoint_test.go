package webhooks

import (
	"errors"
	"strings"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
)

func TestEndpoints(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		h := newHouse(t, d, newClock(0), &bell{}, client(t))
		e, secret := h.create("https://example.org/hook", "meeting.", "user.created", "meeting.")
		if !strings.HasPrefix(secret, secretPrefix) || len(secret) < 40 {
			t.Errorf("the secret is %q", secret)
		}
		if len(e.Events) != 2 || !e.Active || e.Version != 1 {
			t.Errorf("it begins as %+v", e)
		}
		read, status, err := h.Get(ctx, admin, e.ID)
		if err != nil || read.URL != e.URL || !read.Created.Equal(e.Created) {
			t.Errorf("read again it is %+v, %v; it was %+v", read, err, e)
		}
		if status.NewestSeq != 1 || status.Position != 0 || status.Pending != 0 {
			t.Errorf("its status is %+v", status)
		}

		url, off := "https://example.org/other", false
		changed, err := h.Update(ctx, admin, e.ID, Change{URL: &url, Active: &off}, 1)
		if err != nil || changed.URL != url || changed.Active || changed.Version != 2 || len(changed.Events) != 2 {
			t.Errorf("changed it is %+v, %v", changed, err)
		}
		if _, err := h.Update(ctx, admin, e.ID, Change{}, 1); !errors.Is(err, ErrVersion) {
			t.Errorf("an old version: %v", err)
		}

		// Others: no rights, another tenant.
		user, stranger := admin, admin
		user.Role, stranger.Tenant = access.RoleUser, "u"
		if _, _, err := h.Get(ctx, user, e.ID); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("a user reads it: %v", err)
		}
		for what, err := range map[string]error{
			"get":    third(h.Get(ctx, stranger, e.ID)),
			"update": second(h.Update(ctx, stranger, e.ID, Change{}, 0)),
			"rotate": third(h.RotateSecret(ctx, stranger, e.ID, 0)),
			"dead":   second(h.DeadLetters(ctx, stranger, e.ID, 0, 10)),
			"again":  second(h.Redeliver(ctx, stranger, e.ID, 0)),
			"drop":   second(h.DropDead(ctx, stranger, e.ID, 0)),
			"test":   second(h.Test(ctx, stranger, e.ID)),
			"delete": h.Delete(ctx, stranger, e.ID),
		} {
			if !errors.Is(err, access.ErrNotFound) {
				t.Errorf("%s by somebody of another tenant: %v", what, err)
			}
		}
		if all, _, err := h.List(ctx, stranger); err != nil || len(all) != 0 {
			t.Errorf("another tenant sees %v, %v", all, err)
		}

		for range MaxEndpoints - 1 {
			h.create("https://example.org/hook", "*")
		}
		if _, _, err := h.Create(ctx, admin, NewEndpoint{URL: url, Events: []string{"*"}}); !errors.Is(err, ErrTooMany) {
			t.Errorf("one too many: %v", err)
		}
		if err := h.Delete(ctx, admin, e.ID); err != nil {
			t.Error(err)
		}
		if all, seq, err := h.List(ctx, admin); err != nil || len(all) != MaxEndpoints-1 || seq != MaxEndpoints+2 {
			t.Errorf("%d are left at seq %d, %v", len(all), seq, err)
		}
	}, migrations...)
}

func second[A any](_ A, err error) error        { return err }
func third[A, B any](_ A, _ B, err error) error { return err }

func TestBadEndpoints(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"), migrations...)
	h := newHouse(t, d, newClock(0), &bell{}, client(t))
	good := NewEndpoint{URL: "https://example.org/", Events: []string{"*"}}
	for field, spoil := range map[string][]func(*NewEndpoint){
		"url": {
			func(n *NewEndpoint) { n.URL = "" }, func(n *NewEndpoint) { n.URL = "ftp://example.org" },
			func(n *NewEndpoint) { n.URL = "https://user:password@example.org" }, func(n *NewEndpoint) { n.URL = "https://" + strings.Repeat("a", 2000) },
		},
		"events": {
			func(n *NewEndpoint) { n.Events = nil }, func(n *NewEndpoint) { n.Events = []string{""} }, func(n *NewEndpoint) { n.Events = []string{"."} },
			func(n *NewEndpoint) { n.Events = []string{"meeting.*"} }, func(n *NewEndpoint) { n.Events = []string{"a..b"} },
			func(n *NewEndpoint) { n.Events = []string{"a b"} }, func(n *NewEndpoint) { n.Events = make([]string, maxFilters+1) },
			func(n *NewEndpoint) { n.Events = []string{strings.Repeat("a", maxFilter+1)} },
		},
		"description": {
			func(n *NewEndpoint) { n.Description = "a\x00" }, func(n *NewEndpoint) { n.Description = strings.Repeat("ü", maxDescription+1) },
		},
	} {
		for i, f := range spoil {
			n := good
			f(&n)
			var at *FieldError
			if _, _, err := h.Create(t.Context(), admin, n); !errors.As(err, &at) || at.Field != field {
				t.Errorf("%s %d: %v", field, i, err)
			}
		}
	}
}

func TestSignature(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	body := []byte(`{"id":"1"}`)
	// Made with: printf '1800000000.{"id":"1"}' | openssl dgst -sha256 -hmac secret
	const known = "t=1800000000,v1=2c569bb21eb28d328381bd12465ed2de5a805b1890bb26238d53ab3b433cf2ca"
	if header := Sign(at, body, "secret"); header != known {
		t.Errorf("signed it is %s", header)
	}
	one, two := Sign(at, body, "new"), Sign(at, body, "new", "old")
	for name, c := range map[string]struct {
		secret, header string
		body           []byte
		now            time.Time
		want           error
	}{
		"right":              {"new", one, body, at, nil},
		"a little later":     {"new", one, body, at.Add(4 * time.Minute), nil},
		"clocks differ":      {"new", one, body, at.Add(-4 * time.Minute), nil},
		"new of two":         {"new", two, body, at, nil},
		"old of two":         {"old", two, body, at, nil},
		"unknown parts":      {"new", "v0=1," + one + ",v2=abc", body, at, nil},
		"another secret":     {"old", one, body, at, ErrSignature},
		"another body":       {"new", one, []byte(`{"id":"2"}`), at, ErrSignature},
		"replayed":           {"new", one, body, at.Add(time.Hour), ErrStale},
		"from the future":    {"new", one, body, at.Add(-time.Hour), ErrStale},
		"another time":       {"new", strings.Replace(one, "18", "19", 1), body, at, ErrSignature},
		"nothing":            {"new", "", body, at, ErrSignature},
		"no signature":       {"new", "t=1800000000", body, at, ErrSignature},
		"no time":            {"new", "v1=00", body, at, ErrSignature},
		"half a signature":   {"new", one[:len(one)-2], body, at, ErrSignature},
		"not hexadecimal":    {"new", "t=1800000000,v1=zz", body, at, ErrSignature},
		"an empty signature": {"new", "t=1800000000,v1=", body, at, ErrSignature},
	} {
		if err := Verify(c.secret, c.header, c.body, c.now, 5*time.Minute); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, not %v", name, err, c.want)
		}
	}
}

func TestPause(t *testing.T) {
	for tries, want := range map[int64]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 12: 2048 * time.Second, 13: time.Hour, 1000: time.Hour} {
		for range 100 {
			if d := pause(tries); d < want*8/10 || d > want*12/10 {
				t.Errorf("after %d tries it waits %v", tries, d)
			}
		}
	}
}
