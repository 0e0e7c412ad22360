package meetings

import (
	"errors"
	"strings"
	"testing"
	"time"

	"switchyard/access"
)

func TestJoinDecidesTheRole(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		m := h.create(plan())
		entry, err := h.Access(ctx, user("ann"), m.ID)
		if err != nil || entry.URL != "https://meet.example/m/"+m.Number || len(entry.Numbers) != 2 || len(entry.HostPasscode) != 6 || len(entry.GuestPasscode) != 6 || entry.ConferenceID != m.Number {
			t.Fatalf("%+v, %v", entry, err)
		}
		for _, id := range []string{"carl", "bob"} {
			other, err := h.Access(ctx, user(id), m.ID)
			if err != nil || (other.HostPasscode != "") != (id == "bob") || other.GuestPasscode != entry.GuestPasscode {
				t.Errorf("%s: %+v, %v", id, other, err)
			}
		}
		if a, err := h.Access(ctx, admin(), m.ID); err != nil || a.HostPasscode != "" {
			t.Errorf("an administrator who is no host: %+v, %v", a, err)
		}
		link, err := h.GuestLink(ctx, user("bob"), m.ID, m.Guests[0].ID)
		if err != nil || !strings.HasPrefix(link, entry.URL+"#") {
			t.Fatalf("%s, %v", link, err)
		}
		_, token, _ := strings.Cut(link, "#")
		for _, c := range []struct {
			what string
			Caller
			JoinRequest
			role     Role
			identity string // a prefix
			name     string
		}{
			{"host by id", user("ann"), JoinRequest{Meeting: m.ID}, RoleHost, "user-ann", "ann Person"},
			{"co-organiser with a guest's link", user("bob"), JoinRequest{GuestToken: token}, RoleCoOrganiser, "user-bob", "bob Person"},
			{"participant with the host's passcode", user("carl"), JoinRequest{Number: m.Number, Passcode: entry.HostPasscode}, RoleParticipant, "user-carl", "carl Person"},
			{"colleague", user("eve"), JoinRequest{Number: m.Number, Name: "Ann"}, RoleParticipant, "user-eve", "eve Person"},
			{"another tenant's user", user("zoe"), JoinRequest{Number: m.Number}, RoleGuest, "guest-", "zoe Person"},
			{"guest with link", stranger("192.0.2.7"), JoinRequest{GuestToken: token}, RoleGuest, "guest-" + m.Guests[0].ID, "Gast"},
			{"guest with link and name", stranger("192.0.2.7"), JoinRequest{GuestToken: token, Number: m.Number, Name: "Gästin"}, RoleGuest, "guest-" + m.Guests[0].ID, "Gästin"},
			{"stranger", stranger("192.0.2.7"), JoinRequest{Number: m.Number, Name: "S"}, RoleGuest, "guest-", "S"},
			{"stranger with passcode", stranger("192.0.2.7"), JoinRequest{Number: m.Number, Name: "S", Passcode: entry.GuestPasscode}, RoleGuest, "guest-", "S"},
			{"stranger with the host's passcode", stranger("192.0.2.7"), JoinRequest{Number: m.Number, Name: "S", Passcode: entry.HostPasscode}, RoleGuest, "guest-", "S"},
		} {
			ticket, err := h.Join(ctx, c.Caller, c.JoinRequest)
			if err != nil || ticket.Role != c.role || !strings.HasPrefix(ticket.Identity, c.identity) || ticket.Name != c.name || has(ticket.Grants, "moderate") != c.role.hosts() {
				t.Errorf("%s: %+v, %v", c.what, ticket, err)
			}
		}
		_, err = h.Join(ctx, stranger("192.0.2.8"), JoinRequest{Number: m.Number})
		wantField(t, "without a name", err, "name")
		_, err = h.Join(ctx, stranger("192.0.2.8"), JoinRequest{Meeting: m.ID, Name: "S"})
		wantErr(t, "a stranger by id", err, access.ErrNotFound)
		_, err = h.Join(ctx, user("zoe"), JoinRequest{Meeting: m.ID})
		wantErr(t, "another tenant by id", err, access.ErrNotFound)
		_, err = h.Join(ctx, stranger("192.0.2.8"), JoinRequest{Number: m.Number, Name: "S", Passcode: "12345"})
		wantErr(t, "a wrong passcode", err, ErrPasscode)
		before := entry
		if _, err := h.Update(ctx, user("ann"), m.ID, Change{NewPasscodes: true}, 0); err != nil {
			t.Fatal(err)
		}
		if after, err := h.Access(ctx, user("ann"), m.ID); err != nil || after.HostPasscode == before.HostPasscode || after.GuestPasscode == before.GuestPasscode {
			t.Errorf("the passcodes stay: %v", err)
		}
	})
}

func TestGuessesAreLimited(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		m := h.create(plan())
		for i := range guessBurst {
			in := JoinRequest{Number: "999999999", Name: "S"}
			wanted := access.ErrNotFound
			switch i % 3 {
			case 1:
				in, wanted = JoinRequest{Number: m.Number, Name: "S", Passcode: "x"}, ErrPasscode
			case 2:
				in, wanted = JoinRequest{GuestToken: "x"}, ErrLink
			}
			_, err := h.Join(ctx, stranger("192.0.2.66"), in)
			wantErr(t, "a guess", err, wanted)
		}
		_, err := h.Join(ctx, stranger("192.0.2.66"), JoinRequest{Number: m.Number, Name: "S"})
		var wait *WaitError
		if !errors.As(err, &wait) || wait.Retry <= 0 {
			t.Errorf("one guess more: %v", err)
		}
		if _, err := h.Lookup(ctx, stranger("192.0.2.66"), m.Number); !errors.As(err, &wait) {
			t.Errorf("looking up: %v", err)
		}
		if _, err := h.Join(ctx, stranger("192.0.2.67"), JoinRequest{Number: m.Number, Name: "S"}); err != nil {
			t.Errorf("another address: %v", err)
		}
		card, err := h.Lookup(ctx, stranger("192.0.2.67"), m.Number)
		if err != nil || card.Host != "ann Person" || card.Subject != "" {
			t.Errorf("%+v, %v", card, err)
		}
		h.clock.pass(guessRefill)
		if _, err := h.Join(ctx, stranger("192.0.2.66"), JoinRequest{Number: m.Number, Name: "S"}); err != nil {
			t.Errorf("later: %v", err)
		}
	})
}

func TestGuestLinks(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		m := h.create(plan())
		h.mails.take()
		token := func() string {
			t.Helper()
			link, err := h.GuestLink(ctx, user("ann"), m.ID, m.Guests[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			_, token, _ := strings.Cut(link, "#")
			return token
		}
		good := token()
		from := func(token string) error {
			_, err := h.GuestFromToken(ctx, stranger("192.0.2.7"), token)
			return err
		}
		p, err := h.GuestFromToken(ctx, stranger("192.0.2.7"), good)
		want(t, "principal", p, access.Principal{Kind: access.Guest, Tenant: "default", ID: "guest-" + m.Guests[0].ID, Name: "Gast", Meeting: m.ID})
		if err != nil {
			t.Error(err)
		}
		wantErr(t, "a forged one", from(good[:len(good)-2]+"AA"), ErrLink)
		wantErr(t, "an empty one", from(""), ErrLink)
		wantErr(t, "a passcode's seal", from(h.deps.Sealer.Seal("123456", "meeting:"+m.ID+":guest")), ErrLink)
		if err := h.RevokeGuest(ctx, user("bob"), m.ID, m.Guests[0].ID); err != nil {
			t.Fatal(err)
		}
		wantErr(t, "a revoked one", from(good), ErrLink)
		if err := h.ResendGuest(ctx, user("bob"), m.ID, m.Guests[0].ID); err != nil {
			t.Fatal(err)
		}
		sent := h.mails.take()
		_, mailed, _ := strings.Cut(strings.Fields(sent[0].Text[strings.Index(sent[0].Text, "https://"):])[0], "#")
		if len(sent) != 1 || from(mailed) != nil {
			t.Errorf("the one that was sent again: %v", from(mailed))
		}
		other, err := h.InviteGuest(ctx, user("bob"), m.ID, NewGuest{Email: "other@elsewhere.example", Name: "Other", Language: "nl"})
		if sent := h.mails.take(); err != nil || other.ID == "" || len(sent) != 1 || sent[0].Language != "nl" {
			t.Errorf("%+v, %v, %+v", other, err, sent)
		}
		again, err := h.InviteGuest(ctx, user("bob"), m.ID, NewGuest{Email: "OTHER@elsewhere.example"})
		if sent := h.mails.take(); err != nil || again.ID != other.ID || again.Name != "Other" || len(sent) != 1 {
			t.Errorf("%+v, %v, %+v", again, err, sent)
		}
		h.clock.set(time.Date(2026, 5, 5, 0, 0, 0, 0, time.UTC)) // the last one was on 4 May
		if err := from(mailed); err != nil {
			t.Errorf("a day after the last: %v", err)
		}
		h.clock.pass(linkAge)
		wantErr(t, "much later", from(mailed), ErrLink)
		h.clock.set(begin)
		if _, err := h.Update(ctx, user("ann"), m.ID, Change{Guests: &[]NewGuest{}}, 0); err != nil {
			t.Fatal(err)
		}
		wantErr(t, "somebody who is not invited any more", from(mailed), ErrLink)
	})
}

// TestReloadsAreNoGuesses: who asks again and again about a number that exists guesses nothing; wrong passcodes and numbers do.
func TestReloadsAreNoGuesses(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		m := h.create(plan())
		stranger := stranger("192.0.2.9")
		for range 3 * guessBurst {
			if _, err := h.Lookup(t.Context(), stranger, m.Number); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Join(t.Context(), stranger, JoinRequest{Number: m.Number, Name: "Sam"}); err != nil {
				t.Fatal(err)
			}
		}
		var wait *WaitError
		for i := range guessBurst {
			if _, err := h.Join(t.Context(), stranger, JoinRequest{Number: m.Number, Name: "Sam", Passcode: "12"}); !errors.Is(err, ErrPasscode) {
				t.Fatalf("%d: %v", i, err)
			}
		}
		for what, number := range map[string]string{"a right number": m.Number, "a wrong one": "000000001"} {
			if _, err := h.Lookup(t.Context(), stranger, number); !errors.As(err, &wait) {
				t.Errorf("%s after too many guesses: %v", what, err)
			}
		}
	})
}
