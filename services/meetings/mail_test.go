package meetings

import (
	"strings"
	"testing"

	"github.com/emersion/go-ical"

	"switchyard/internal/mail"
)

// TestInvitations: everybody in its language, in the meeting's zone, with nothing that is the host's.
func TestInvitations(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		n := plan()
		n.Participants = append(n.Participants, "eve")
		m := h.create(n)
		entry, err := h.Access(ctx, user("ann"), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		sent := h.mails.take()
		check := func(sent []mail.Message, method string, sequence string) {
			t.Helper()
			for _, one := range sent {
				if strings.Contains(one.Text, entry.HostPasscode) || strings.Contains(one.Calendar.Content, entry.HostPasscode) {
					t.Errorf("%s: the host's passcode is in a mail", one.To)
				}
				if one.Calendar.Method != method || one.ReplyTo != "ann@example.com" {
					t.Errorf("%s: %s %s", one.To, one.Calendar.Method, one.ReplyTo)
				}
				c, err := ical.NewDecoder(strings.NewReader(one.Calendar.Content)).Decode()
				if err != nil {
					t.Fatal(err)
				}
				e := c.Events()[0]
				if e.Props.Get(ical.PropSequence).Value != sequence || e.Props.Get(ical.PropUID).Value != m.ID+"@switchyard" || e.Props.Get(ical.PropAttendee).Value != "mailto:"+one.To {
					t.Errorf("%s: %v", one.To, e.Props)
				}
			}
		}
		check(sent, "REQUEST", "0")
		phrases := map[string][]string{
			"bob@example.com":        {"Uitnodiging: Weekly", "maandag 2 maart 2026, 09:00–10:00 (Europe/Amsterdam)", "elke week, 10 keer", "Per telefoon: +31 20 555 0100"},
			"carl@example.com":       {"Invitation : Weekly", "lundi 2 mars 2026, 09:00–10:00", "toutes les semaines, 10 fois"},
			"dora@example.com":       {"Einladung: Weekly", "Montag, 2. März 2026, 09:00–10:00", "jede Woche, 10-mal"},
			"eve@example.com":        {"招待：Weekly", "2026年3月2日（月）, 09:00–10:00", "毎週, 10回"},
			"gast@elsewhere.example": {"Einladung: Weekly", "#", "nur für Sie"},
		}
		if len(sent) != len(phrases) {
			t.Errorf("%d mails", len(sent))
		}
		for _, one := range sent {
			for _, phrase := range append(phrases[one.To], "What will.", "/m/"+m.Number, entry.GuestPasscode) {
				if !strings.Contains(one.Subject+"\n"+one.Text, phrase) {
					t.Errorf("%s lacks %q:\n%s\n%s", one.To, phrase, one.Subject, one.Text)
				}
			}
			if personal := strings.Contains(one.Text, "/m/"+m.Number+"#"); personal != (one.To == "gast@elsewhere.example") {
				t.Errorf("%s: a personal link: %v", one.To, personal)
			}
		}
		// English, of a change in summer time.
		h.tell("default", "user.updated", map[string]any{"id": "eve", "name": "Eve", "email": "eve@example.com", "language": "en", "active": true})
		if _, err := h.Update(ctx, user("bob"), m.ID, Change{Start: ptr("2026-04-06T23:30"), Recurrence: ptr("FREQ=DAILY;INTERVAL=2;UNTIL=20260410"), Participants: &[]string{"eve", "dora"}}, m.Version); err != nil {
			t.Fatal(err)
		}
		sent = h.mails.take()
		methods := map[string]string{}
		for _, one := range sent {
			methods[one.To] = one.Calendar.Method
			if one.To == "eve@example.com" && (one.Subject != "Changed: Weekly" || !strings.Contains(one.Text, "Monday, 6 April 2026, 23:30 – Tuesday, 7 April 2026, 00:30 (Europe/Amsterdam)\nRepeats: every 2 days, until Friday, 10 April 2026")) {
				t.Errorf("%s\n%s", one.Subject, one.Text)
			}
		}
		want(t, "methods", methods, map[string]string{
			"bob@example.com": "REQUEST", "carl@example.com": "CANCEL", "dora@example.com": "REQUEST", "eve@example.com": "REQUEST", "gast@elsewhere.example": "REQUEST",
		})
		// What is no matter of calendars is mailed to nobody.
		if _, err := h.Update(ctx, user("bob"), m.ID, Change{Lobby: ptr(false), MuteOnEntry: ptr(true)}, 0); err != nil || len(h.mails.take()) != 0 {
			t.Error(err)
		}
		if err := h.Cancel(ctx, user("ann"), m.ID, 0); err != nil {
			t.Fatal(err)
		}
		sent = h.mails.take()
		check(sent, "CANCEL", "2")
		if len(sent) != 4 || strings.Contains(sent[0].Text, "https://") || !strings.Contains(sent[0].Calendar.Content, "STATUS:CANCELLED") {
			t.Errorf("%+v", sent)
		}
		want(t, "rooms", h.rooms.take(), []string{"close " + RoomKey(m.ID)})
		// One that is over is mailed to nobody.
		n.Start, n.Recurrence = "2026-02-02T09:00", ""
		h.create(n)
		want(t, "mails of one that is over", len(h.mails.take()), 0)
	})
}

func TestCopiesHoldNoHostPasscode(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		m := h.create(plan())
		entry, err := h.Access(ctx, user("ann"), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"ann", "bob", "carl", "dora"} {
			c, err := h.CopyTexts(ctx, user(id), m.ID)
			if err != nil {
				t.Fatal(err)
			}
			for what, text := range map[string]string{"all": c.All, "primary": c.Primary, "link": c.Link} {
				if strings.Contains(text, entry.HostPasscode) || !strings.Contains(text, entry.URL+"\n") || strings.Contains(text, entry.GuestPasscode) == (what == "link") {
					t.Errorf("%s, %s:\n%s", id, what, text)
				}
				if n := strings.Count(text, "555 0100"); n != map[string]int{"all": 2, "primary": 1}[what] {
					t.Errorf("%s, %s: %d telephone numbers", id, what, n)
				}
			}
		}
		for _, e := range h.events(0) {
			if strings.Contains(string(e.Body), entry.HostPasscode) || strings.Contains(string(e.Body), entry.GuestPasscode) || strings.Contains(string(e.Body), "elsewhere.example") || strings.Contains(string(e.Body), "#") {
				t.Errorf("the log holds a secret: %s", e.Body)
			}
		}
	})
}

func TestFeed(t *testing.T) {
	inHouses(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		m := h.create(plan())
		h.create(NewMeeting{Kind: Instant, Subject: "Now"})
		cancelled := h.create(plan())
		if err := h.Cancel(ctx, user("ann"), cancelled.ID, 0); err != nil {
			t.Fatal(err)
		}
		if f, err := h.Feed(ctx, user("carl")); err != nil || f.Exists {
			t.Errorf("%+v, %v", f, err)
		}
		read := func(address string) (string, error) {
			return h.ICS(ctx, strings.TrimSuffix(strings.TrimPrefix(address, "https://meet.example/ics/"), ".ics"))
		}
		address, err := h.CreateFeed(ctx, user("carl"))
		if err != nil {
			t.Fatal(err)
		}
		text, err := read(address)
		if err != nil {
			t.Fatal(err)
		}
		c, err := ical.NewDecoder(strings.NewReader(text)).Decode()
		if err != nil || len(c.Events()) != 1 || c.Events()[0].Props.Get(ical.PropUID).Value != m.ID+"@switchyard" || c.Props.Get(ical.PropMethod) != nil {
			t.Errorf("%v\n%s", err, text)
		}
		other, err := h.CreateFeed(ctx, user("carl"))
		if err != nil || other == address {
			t.Errorf("%s, %v", other, err)
		}
		if _, err := read(address); err == nil {
			t.Error("an earlier address still works")
		}
		empty, err := h.CreateFeed(ctx, user("eve"))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := read(empty); err != nil || strings.Contains(text, "VEVENT") {
			t.Errorf("%s, %v", text, err)
		}
		if err := h.RevokeFeed(ctx, user("carl")); err != nil {
			t.Fatal(err)
		}
		if _, err := read(other); err == nil {
			t.Error("a revoked address still works")
		}
		nothing := Caller{}
		if _, err := h.CreateFeed(ctx, nothing); err == nil {
			t.Error("nobody has a feed")
		}
	})
}
