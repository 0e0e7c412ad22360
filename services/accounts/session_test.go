package accounts

import (
	"errors"
	"slices"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
)

// begin starts a session and returns its cookie.
func (r *rig) begin(id string, remember bool) (cookie, session string) {
	r.t.Helper()
	err := r.db.Write(r.t.Context(), func(tx *db.Tx) error {
		u, err := oneUser(r.t.Context(), tx, `u.id = $1`, id)
		if err == nil {
			cookie, session, err = r.startSession(r.t.Context(), tx, Caller{Address: home}, u, "a browser", remember, r.now())
		}
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.secret(cookie)
	return cookie, session
}

func (r *rig) alive(cookie string) bool {
	r.t.Helper()
	_, err := r.Authenticate(r.t.Context(), cookie)
	if err != nil && !errors.Is(err, access.ErrUnauthenticated) {
		r.t.Error(err)
	}
	return err == nil
}

func TestSessionsEnd(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.user("bob", access.RoleUser)
		short, _ := r.begin(bob.ID, false)
		long, _ := r.begin(bob.ID, true)
		r.clock.pass(idleOtherwise - time.Minute)
		if !r.alive(short) || !r.alive(long) {
			t.Error("one ended too early")
		}
		r.clock.pass(idleOtherwise - time.Minute) // its use counts anew
		if !r.alive(short) {
			t.Error("it ended though it was used")
		}
		r.clock.pass(idleOtherwise)
		if r.alive(short) || !r.alive(long) {
			t.Error("the one that is not remembered has not ended, or the other has")
		}
		// However often it is used, it ends.
		for passed := 3 * idleOtherwise; passed+10*24*time.Hour < maxSessionAge; passed += 10 * 24 * time.Hour {
			r.clock.pass(10 * 24 * time.Hour)
			if !r.alive(long) {
				t.Fatalf("it ended after %v", passed)
			}
		}
		r.clock.pass(10 * 24 * time.Hour)
		if r.alive(long) {
			t.Error("it has not ended after 90 days")
		}
		for _, cookie := range []string{"", "x", "\x00", long + "x"} {
			if r.alive(cookie) {
				t.Errorf("%q is a session", cookie)
			}
		}
	})
}

func TestRevokeSessions(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob, eve := r.user("bob", access.RoleUser), r.user("eve", access.RoleUser)
		phone, id := r.begin(bob.ID, true)
		if err := r.RevokeSession(t.Context(), eve, id); !errors.Is(err, access.ErrNotFound) {
			t.Errorf("somebody else's: %v", err)
		}
		for _, odd := range []string{"", "\x00", "\xff"} {
			if err := r.RevokeSession(t.Context(), bob, odd); !errors.Is(err, access.ErrNotFound) {
				t.Errorf("%q: %v", odd, err)
			}
		}
		list, err := r.Sessions(t.Context(), bob)
		if err != nil || len(list) != 2 || list[0].Current == list[1].Current || list[0].Address != home.String() || list[0].Device != "a browser" {
			t.Errorf("%+v, %v", list, err)
		}
		if err := r.RevokeSession(t.Context(), bob, id); err != nil || r.alive(phone) {
			t.Errorf("%v; alive: %v", err, r.alive(phone))
		}
		revoked := r.events(access.DefaultTenant, "session.revoked")
		if len(revoked) != 1 || revoked[0].Subject != "session:"+id || revoked[0].Actor != "user:"+bob.ID || revoked[0].Audience.Everybody || !slices.Equal(revoked[0].Audience.Users, []string{bob.ID}) {
			t.Errorf("told: %+v", revoked)
		}
		one, _ := r.begin(bob.ID, true)
		two, _ := r.begin(bob.ID, true)
		if err := r.RevokeOtherSessions(t.Context(), bob); err != nil || r.alive(one) || r.alive(two) {
			t.Errorf("others live: %v", err)
		}
		if list, err = r.Sessions(t.Context(), bob); err != nil || len(list) != 1 || list[0].ID != bob.Session {
			t.Errorf("%+v, %v", list, err)
		}
		if got := len(r.events(access.DefaultTenant, "session.revoked")); got != 3 {
			t.Errorf("%d sessions are told to have ended, want 3", got)
		}
	})
}

func TestTooManySessions(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.user("bob", access.RoleUser)
		first := r.secrets[len(r.secrets)-1]
		var cookies []string
		for range maxSessions {
			r.clock.pass(time.Second)
			cookie, _ := r.begin(bob.ID, true)
			cookies = append(cookies, cookie)
		}
		list, err := r.Sessions(t.Context(), r.fresh(bob))
		if err != nil || len(list) != maxSessions {
			t.Errorf("%d sessions, %v", len(list), err)
		}
		if r.alive(first) || !r.alive(cookies[0]) {
			t.Error("another than the oldest has gone")
		}
		revoked := r.events(access.DefaultTenant, "session.revoked")
		if len(revoked) != 1 || revoked[0].Subject != "session:"+bob.Session {
			t.Errorf("told: %+v", revoked)
		}
	})
}

func TestSessionsOfWhoIsDeactivated(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.user("bob", access.RoleUser)
		cookie, _ := r.begin(bob.ID, true)
		r.deactivate(bob)
		if r.alive(cookie) {
			t.Error("the session lives")
		}
		yes := true
		if _, err := r.UpdateUser(t.Context(), r.admin, bob.ID, UserChange{Active: &yes}, 0); err != nil || r.alive(cookie) {
			t.Errorf("it lives again with its user: %v", err)
		}
		if n := len(r.events(access.DefaultTenant, "session.revoked")); n != 2 {
			t.Errorf("%d sessions are told to have ended, want 2", n)
		}
	})
}

func TestClean(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.user("bob", access.RoleUser)
		_, short := r.begin(bob.ID, false)
		if err := r.ForgotPassword(t.Context(), Caller{Address: home}, "bob@example.org"); err != nil {
			t.Fatal(err)
		}
		r.mailed()
		r.clock.pass(idleOtherwise + time.Hour)
		if err := r.Clean(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		tables := r.tables(t.Context())
		if n := len(tables["audit_entry"]); n != 0 {
			t.Errorf("%d old audit entries are left", n)
		}
		if n := len(tables["user_session"]); n != 2 {
			t.Errorf("%d sessions are left, want the two that are remembered", n)
		}
		if n := len(tables["one_time_link"]); n != 1 {
			t.Errorf("%d links are left, want that of the welcome", n)
		}
		revoked := r.events(access.DefaultTenant, "session.revoked")
		if len(revoked) != 1 || revoked[0].Subject != "session:"+short {
			t.Errorf("told: %+v", revoked)
		}
	})
}
