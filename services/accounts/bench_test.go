package accounts

import (
	"testing"

	"switchyard/access"
	"switchyard/internal/db/dbtest"
)

func BenchmarkSignIn(b *testing.B) {
	for _, kind := range dbtest.Kinds {
		b.Run(kind, func(b *testing.B) {
			r := newRig(b, kind)
			hashAsInProduction(b, r)
			r.withPassword("bob")
			for b.Loop() {
				if _, err := r.SignIn(b.Context(), Caller{Address: home}, SignIn{Email: "bob@example.org", Password: goodPassword}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	for _, kind := range dbtest.Kinds {
		b.Run(kind, func(b *testing.B) {
			r := newRig(b, kind)
			bob := r.user("bob", access.RoleUser)
			cookie, _ := r.begin(bob.ID, true)
			for b.Loop() {
				if _, err := r.Authenticate(b.Context(), cookie); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
