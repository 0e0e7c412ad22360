package accounts

import (
	"errors"
	"strings"
	"testing"
	"time"

	"switchyard/access"
)

func TestTerms(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob, eve := r.user("bob", access.RoleUser), r.user("eve", access.RoleUser)
		own := func(c Caller) OwnTerms {
			t.Helper()
			terms, err := r.OwnTerms(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if due, err := r.TermsDue(t.Context(), c); due != terms.Due || err != nil {
				t.Errorf("due: %v, %v, but %+v", due, err, terms)
			}
			return terms
		}
		if terms := own(bob); terms.Due || terms.Version != noTerms || terms.Text != "" {
			t.Errorf("without any: %+v", terms)
		}
		if err := r.AcceptTerms(t.Context(), bob, noTerms); !errors.Is(err, ErrTermsChanged) {
			t.Errorf("none accepted: %v", err)
		}
		if _, err := r.ChangeTerms(t.Context(), bob, "Mine", 0); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("by a user: %v", err)
		}
		first, err := r.ChangeTerms(t.Context(), r.admin, "Be kind.\r\n\r\nBe brief.\n", noTerms)
		if err != nil || first.Version != noTerms+1 || first.Text != "Be kind.\n\nBe brief." || first.Accepted != 0 || first.Users != 3 || !first.Since.Equal(r.now()) {
			t.Fatalf("%+v, %v", first, err)
		}
		if terms := own(bob); !terms.Due || terms.Text != first.Text || terms.Accepted != nil {
			t.Errorf("%+v", terms)
		}
		for range 2 { // a second time changes nothing
			if err := r.AcceptTerms(t.Context(), bob, first.Version); err != nil {
				t.Fatal(err)
			}
			r.clock.pass(time.Minute)
		}
		if terms := own(bob); terms.Due || terms.Accepted == nil || !terms.Accepted.Equal(r.now().Add(-2*time.Minute)) {
			t.Errorf("accepted: %+v", terms)
		}
		if terms := own(eve); !terms.Due {
			t.Errorf("by somebody else: %+v", terms)
		}
		if told := r.events(access.DefaultTenant, "terms.accepted"); len(told) != 1 || told[0].Audience.Everybody {
			t.Errorf("told: %+v", told)
		}
		if state, err := r.Terms(t.Context(), r.admin); err != nil || state.Accepted != 1 || state.Users != 3 {
			t.Errorf("%+v, %v", state, err)
		}
		if same, err := r.ChangeTerms(t.Context(), r.admin, first.Text, 0); err != nil || same.Version != first.Version {
			t.Errorf("the same text: %+v, %v", same, err)
		}
		if _, err := r.ChangeTerms(t.Context(), r.admin, "Other", noTerms); !errors.Is(err, ErrVersion) {
			t.Errorf("by an old version: %v", err)
		}
		second, err := r.ChangeTerms(t.Context(), r.admin, "Be brief.", first.Version)
		if err != nil || second.Version != first.Version+1 || second.Accepted != 0 {
			t.Fatalf("%+v, %v", second, err)
		}
		if terms := own(bob); !terms.Due {
			t.Errorf("new terms: %+v", terms)
		}
		if err := r.AcceptTerms(t.Context(), bob, first.Version); !errors.Is(err, ErrTermsChanged) {
			t.Errorf("the old ones accepted: %v", err)
		}
		// What was accepted before stays known.
		if rows := r.tables(t.Context())["terms"]; len(rows) != 2 {
			t.Errorf("kept: %v", rows)
		}
		if _, err := r.ChangeTerms(t.Context(), r.admin, "", second.Version); err != nil {
			t.Fatal(err)
		}
		if terms := own(bob); terms.Due {
			t.Errorf("taken away: %+v", terms)
		}
		if told := r.events(access.DefaultTenant, "terms.updated"); len(told) != 3 || !told[0].Audience.Everybody || field(t, told[2], "needed") != false {
			t.Errorf("told: %+v", told)
		}
		if _, err := r.ChangeTerms(t.Context(), r.admin, strings.Repeat("ü", maxTerms+1), 0); !isFault(err, "text") {
			t.Errorf("too long: %v", err)
		}
		pasted, err := r.ChangeTerms(t.Context(), r.admin, " a\x00\u202e\xffb\v\u2028c\u2029\td\f", 0)
		if err != nil || pasted.Text != "ab\n\nc\n\n\td" {
			t.Errorf("pasted: %q, %v", pasted.Text, err)
		}
		if _, err := r.ChangeTerms(t.Context(), r.admin, strings.Repeat("ü", maxTerms), 0); err != nil {
			t.Errorf("as long as allowed: %v", err)
		}
		other := r.tenant("other")
		if terms := own(other); terms.Due || terms.Text != "" {
			t.Errorf("another tenant: %+v", terms)
		}
	})
}
