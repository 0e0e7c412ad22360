package accounts

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

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
