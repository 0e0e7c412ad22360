package accounts

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

func TestUsers(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		sales := r.department("Sales")
		u := r.make(NewUser{Email: "Bob@Example.org", FirstName: "Bob", LastName: "Builder", Departments: []string{sales}})
		if u.Name != "Bob Builder" || u.Role != access.RoleUser || u.Language != "en" || !u.Active || u.Version != 1 || u.Email != "Bob@Example.org" || !slices.Equal(u.Departments, []string{sales}) {
			t.Errorf("%+v", u)
		}
		for field, n := range map[string]NewUser{
			"email":       {Email: "bob@EXAMPLE.org"},
			"first_name":  {Email: "a@example.org", FirstName: "a\x00"},
			"last_name":   {Email: "a@example.org", LastName: strings.Repeat("x", 81)},
			"role":        {Email: "a@example.org", Role: "king"},
			"language":    {Email: "a@example.org", Language: "la"},
			"departments": {Email: "a@example.org", Departments: []string{"nonsense"}},
			"password":    {Email: "a@example.org", Password: "short"},
		} {
			if _, err := r.CreateUser(t.Context(), r.admin, n); !isFault(err, field) {
				t.Errorf("%s: %v", field, err)
			}
		}
		if _, err := r.CreateUser(t.Context(), r.admin, NewUser{Email: "a@example.org", Departments: []string{sales, sales}}); !isFault(err, "departments") {
			t.Errorf("a department twice: %v", err)
		}
		if _, err := r.CreateUser(t.Context(), r.admin, NewUser{Email: "a@example.org", FirstName: "\u202egnp"}); !isFault(err, "first_name") {
			t.Errorf("a name that is written backwards: %v", err)
		}
		name := "Bert"
		got, err := r.UpdateUser(t.Context(), r.admin, u.ID, UserChange{FirstName: &name}, u.Version)
		if err != nil || got.Name != "Bert Builder" || got.Version != u.Version+1 {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := r.UpdateUser(t.Context(), r.admin, u.ID, UserChange{FirstName: &name}, u.Version); !errors.Is(err, ErrVersion) || got.ID != "" {
			t.Errorf("a version that is over: %+v, %v", got, err)
		}
		for _, id := range []string{"", "x", "\x00", "\xff", strings.Repeat("x", 1000)} {
			if _, err := r.User(t.Context(), r.admin, id); !errors.Is(err, access.ErrNotFound) {
				t.Errorf("%q: %v", id, err)
			}
			if err := r.DeleteUser(t.Context(), r.fresh(r.admin), id); !errors.Is(err, access.ErrNotFound) {
				t.Errorf("%q: %v", id, err)
			}
			if _, err := r.UpdateUser(t.Context(), r.admin, id, UserChange{}, 0); !errors.Is(err, access.ErrNotFound) {
				t.Errorf("%q: %v", id, err)
			}
		}
		created := r.events(access.DefaultTenant, "user.created")
		if last := created[len(created)-1]; last.Subject != "user:"+u.ID || last.Actor != "user:"+r.admin.ID || !last.Audience.Everybody || field(t, last, "email") != "Bob@Example.org" || field(t, last, "role") != nil {
			t.Errorf("told: %+v %s", last, last.Body)
		}
	})
}

func TestTwoChangesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.user("bob", access.RoleUser)
		name, role := "Bert", access.RoleDepartmentAdmin
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if _, err := r.UpdateUser(t.Context(), bob, bob.ID, UserChange{FirstName: &name}, 0); err != nil {
					t.Error(err)
				}
			})
		}
		all.Go(func() {
			if _, err := r.UpdateUser(t.Context(), r.admin, bob.ID, UserChange{Role: &role}, 0); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
		if u, err := r.User(t.Context(), r.admin, bob.ID); err != nil || u.Role != role || u.FirstName != name {
			t.Errorf("one has undone the other: %+v, %v", u, err)
		}
	})
}

func TestListUsers(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		const many = 250
		err := r.db.Write(t.Context(), func(tx *db.Tx) error {
			for i := range many { // all of the same name
				if _, err := r.insertUser(t.Context(), tx, Caller{}, access.DefaultTenant, NewUser{Email: fmt.Sprintf("u%03d@example.org", i), FirstName: "Anna", LastName: "Smith", Role: access.RoleUser}, ""); err != nil {
					return err
				}
			}
			_, err := tx.Exec(t.Context(), `UPDATE user_account SET search_key = 'anna smith' WHERE first_name = 'Anna'`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		seen, pages := map[string]bool{}, 0
		for query := (UserQuery{Limit: 60}); ; pages++ {
			p, err := r.Users(t.Context(), r.admin, query)
			if err != nil || len(p.Users) > 60 || p.Seq == 0 {
				t.Fatalf("%d users, seq %d, %v", len(p.Users), p.Seq, err)
			}
			for _, u := range p.Users {
				if seen[u.ID] {
					t.Fatalf("%s comes twice", u.Email)
				}
				seen[u.ID] = true
			}
			if query.After = p.Next; p.Next == "" {
				break
			}
		}
		if len(seen) != many+1 || pages != 4 {
			t.Errorf("%d users on %d pages", len(seen), pages+1)
		}
		for _, limit := range []int{-1, 0, 1_000_000} {
			if p, err := r.Users(t.Context(), r.admin, UserQuery{Limit: limit}); err != nil || len(p.Users) > maxPage || len(p.Users) < 1 {
				t.Errorf("limit %d: %d users, %v", limit, len(p.Users), err)
			}
		}
	})
}

func TestSearchUsers(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		sales := r.department("Sales")
		r.make(NewUser{Email: "percent@example.org", FirstName: "100%", LastName: "sure"})
		r.make(NewUser{Email: "under_score@example.org", FirstName: "under", Departments: []string{sales}})
		r.make(NewUser{Email: "tanaka@example.org", FirstName: "太郎", LastName: "田中"})
		r.make(NewUser{Email: "emile@example.org", FirstName: "Émile", LastName: "ZOLA"})
		r.make(NewUser{Email: "no.name@example.org"})
		other := r.tenant("other")
		for search, want := range map[string]string{
			"%": "percent", "0% s": "percent", "_": "under_score", "r_s": "under_score", "田中": "tanaka", "ＴＡＮＡＫＡ": "tanaka", "émile zola": "emile", "ÉMILE": "emile",
			"NO.NAME": "no.name", `\`: "", "nobody": "", "'; DROP TABLE user_account; --": "", "admin@other": "",
		} {
			p, err := r.Users(t.Context(), r.admin, UserQuery{Search: search, Limit: 50})
			if err != nil {
				t.Errorf("%q: %v", search, err)
			}
			got := ""
			for _, u := range p.Users {
				got += strings.TrimSuffix(u.Email, "@example.org")
			}
			if got != want {
				t.Errorf("%q finds %q, want %q", search, got, want)
			}
		}
		if p, err := r.Users(t.Context(), r.admin, UserQuery{Department: sales, Limit: 50}); err != nil || len(p.Users) != 1 {
			t.Errorf("of a department: %+v, %v", p, err)
		}
		if p, err := r.Users(t.Context(), other, UserQuery{Limit: 50}); err != nil || len(p.Users) != 1 || p.Users[0].ID != other.ID {
			t.Errorf("of another tenant: %+v, %v", p, err)
		}
		for _, q := range []UserQuery{{Search: "\x00"}, {Search: "\xff"}, {Search: strings.Repeat("x", 101)}, {After: "\x00\n\x00"}, {After: strings.Repeat("x", 10_000)}} {
			if _, err := r.Users(t.Context(), r.admin, q); err == nil {
				t.Errorf("%+v is taken", q)
			}
		}
		if p, err := r.Users(t.Context(), r.admin, UserQuery{Department: "\x00"}); err != nil || len(p.Users) != 0 {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

func TestWhatOthersSee(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob, eve := r.withPassword("bob"), r.user("eve", access.RoleUser)
		r.secondFactor(bob)
		p, err := r.Users(t.Context(), eve, UserQuery{Limit: 50})
		if err != nil || len(p.Users) != 3 {
			t.Fatalf("%+v, %v", p, err)
		}
		for _, u := range p.Users {
			if u.ID == eve.ID {
				if u.Role != access.RoleUser {
					t.Errorf("itself: %+v", u)
				}
			} else if u.Role != "" || u.SecondFactor || u.HasPassword || u.SSO {
				t.Errorf("of somebody else: %+v", u)
			}
		}
		if u, err := r.User(t.Context(), eve, bob.ID); !errors.Is(err, access.ErrForbidden) || u.ID != "" {
			t.Errorf("%+v, %v", u, err)
		}
		if u, err := r.User(t.Context(), r.admin, bob.ID); err != nil || !u.SecondFactor {
			t.Errorf("%+v, %v", u, err)
		}
		if card, err := r.Card(t.Context(), eve, bob.ID, false); err != nil || card.Name != "bob" || card.Email == "" {
			t.Errorf("%+v, %v", card, err)
		}
		guest := Caller{Principal: access.Principal{Kind: access.Guest, Tenant: access.DefaultTenant, ID: "guest-1"}}
		if card, err := r.Card(t.Context(), guest, bob.ID, true); err != nil || card.Name != "bob" || card.Email != "" {
			t.Errorf("a guest in the same room: %+v, %v", card, err)
		}
		other := r.tenant("other")
		for name, c := range map[string]Caller{"a guest elsewhere": guest, "another tenant": other} {
			if card, err := r.Card(t.Context(), c, bob.ID, false); !errors.Is(err, access.ErrNotFound) || card != (Card{}) {
				t.Errorf("%s: %+v, %v", name, card, err)
			}
		}
	})
}

// TestTheLastAdministratorStays, also if two put each other down at once.
func TestTheLastAdministratorStays(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		role, no := access.RoleUser, false
		for name, err := range map[string]error{
			"demoted": func() error {
				_, err := r.UpdateUser(t.Context(), r.admin, r.admin.ID, UserChange{Role: &role}, 0)
				return err
			}(),
			"deleted": r.DeleteUser(t.Context(), r.admin, r.admin.ID),
			"deactivated": func() error {
				_, err := r.UpdateUser(t.Context(), r.admin, r.admin.ID, UserChange{Active: &no}, 0)
				return err
			}(),
		} {
			if !isFault(err, "role") && !isFault(err, "active") {
				t.Errorf("%s: %v", name, err)
			}
		}
		r.user("invited", access.RoleAdmin) // has not chosen a password: nobody knows whether it ever will
		if err := r.DeleteUser(t.Context(), r.admin, r.admin.ID); !isFault(err, "role") {
			t.Errorf("with one who cannot sign in: %v", err)
		}
		two := r.enter(r.make(NewUser{Email: "two@example.org", Role: access.RoleAdmin, Password: goodPassword}).ID)
		for round := range 4 {
			faults := make([]error, 2)
			var all sync.WaitGroup
			for i, pair := range [][2]Caller{{r.admin, two}, {two, r.admin}} {
				all.Go(func() {
					_, faults[i] = r.UpdateUser(t.Context(), r.fresh(pair[0]), pair[1].ID, UserChange{Role: &role}, 0)
				})
			}
			all.Wait()
			if (faults[0] == nil) == (faults[1] == nil) {
				t.Fatalf("round %d: %v", round, faults)
			}
			r.exec(`UPDATE user_account SET role = 'admin' WHERE id IN ($1, $2)`, r.admin.ID, two.ID)
		}
		if err := r.DeleteUser(t.Context(), r.admin, two.ID); err != nil {
			t.Error(err)
		}
	})
}

func TestDeleteLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		sales := r.department("Sales")
		bob := r.enter(r.make(NewUser{Email: "bob@example.org", FirstName: "Bobby", Role: access.RoleAdmin, Departments: []string{sales}, Password: goodPassword}).ID)
		r.secondFactor(bob)
		if _, err := r.SetAvatar(t.Context(), bob, jpegOf(t, 60, 40), Crop{}); err != nil {
			t.Fatal(err)
		}
		if err := r.SetFlag(t.Context(), r.admin, Flag{Name: "labs", User: bob.ID, Enabled: true}); err != nil {
			t.Fatal(err)
		}
		if _, secret, err := r.CreateAPIKey(t.Context(), r.fresh(bob), "a service", []access.Scope{access.ScopeUsersRead}, time.Time{}); err != nil {
			t.Fatal(err)
		} else {
			r.secret(secret)
		}
		if err := r.ForgotPassword(t.Context(), stranger, "bob@example.org"); err != nil {
			t.Fatal(err)
		}
		email := "bobby@example.net"
		if _, err := r.UpdateUser(t.Context(), r.fresh(r.admin), bob.ID, UserChange{Email: &email}, 0); err != nil {
			t.Fatal(err)
		}
		if err := r.ForgotPassword(t.Context(), stranger, email); err != nil {
			t.Fatal(err)
		}
		if err := r.SetPreferences(t.Context(), bob, map[string]any{"theme": "dark"}); err != nil {
			t.Fatal(err)
		}
		if err := r.DeleteUser(t.Context(), r.fresh(r.admin), bob.ID); err != nil {
			t.Fatal(err)
		}
		// The log and the outbox are not tables of accounts; that an account with that id was there is what the audit log is for.
		others := []string{"event", "event_head", "event_position", "mail_outbox"}
		for table, rows := range r.tables(t.Context()) {
			for _, row := range rows {
				for column, value := range row {
					trail := table == "audit_entry" && (column == "actor" || column == "subject")
					if !slices.Contains(others, table) && !trail && (strings.Contains(value, bob.ID) || strings.Contains(strings.ToLower(value), "bob")) {
						t.Errorf("%s.%s still holds %q", table, column, value)
					}
				}
			}
		}
		for _, row := range r.tables(t.Context())["audit_entry"] {
			if row["actor"] == "user:"+bob.ID && row["address"] != "" {
				t.Errorf("its address is left: %v", row)
			}
		}
		wantPictures(t, r, bob.ID, 0)
		deleted := r.events(access.DefaultTenant, "user.deleted")
		if len(deleted) != 1 || deleted[0].Subject != "user:"+bob.ID || !deleted[0].Audience.Everybody || string(deleted[0].Body) != `{"id":"`+bob.ID+`"}` {
			t.Errorf("told: %+v", deleted)
		}
		if n := len(r.events(access.DefaultTenant, "session.revoked")); n != 1 {
			t.Errorf("%d sessions are told to have ended", n)
		}
		if _, err := r.signInFrom(home, email, goodPassword, ""); !errors.Is(err, ErrWrong) {
			t.Error(err)
		}
	})
}

func TestEventsAreNumberedWithTheList(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.user("bob", access.RoleUser)
		p, err := r.Users(t.Context(), r.admin, UserQuery{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		var head eventlog.Head
		if err := r.db.Read(t.Context(), func(q db.Querier) error {
			head, err = eventlog.ReadHead(t.Context(), q, access.DefaultTenant)
			return err
		}); err != nil || head.Seq != p.Seq {
			t.Errorf("the list says %d, the log %d, %v", p.Seq, head.Seq, err)
		}
	})
}
