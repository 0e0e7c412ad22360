package access

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"switchyard/sfu"
)

var (
	secretA = []byte(strings.Repeat("a", 43))
	secretB = []byte(strings.Repeat("b", 43))
	now     = time.Unix(1_800_000_000, 0)
)

func keys(t *testing.T, secrets ...[]byte) *Keys {
	t.Helper()
	k, err := NewKeys(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSignAndVerify(t *testing.T) {
	k := keys(t, secretA)
	want := Claims{
		Room: "team", Identity: "ann", Name: "Ann Müller", Grants: sfu.MayPublish | sfu.MayModerate,
		Expires: now.Add(time.Hour), NotBefore: now, ID: "t1",
	}
	token, err := k.Sign(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := k.Verify(token, now)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Expires.Equal(want.Expires) || !got.NotBefore.Equal(want.NotBefore) {
		t.Errorf("times %v, %v", got.Expires, got.NotBefore)
	}
	got.Expires, got.NotBefore = want.Expires, want.NotBefore
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestGrantsOfATokenThatHasNone(t *testing.T) {
	k := keys(t, secretA)
	for _, c := range []struct {
		claims jwt.MapClaims
		want   sfu.Grants
	}{
		{jwt.MapClaims{}, sfu.DefaultGrants},
		{jwt.MapClaims{"grants": nil}, sfu.DefaultGrants},
		{jwt.MapClaims{"grants": []string{}}, 0},
		{jwt.MapClaims{"grants": []string{"message"}}, sfu.MayMessage},
	} {
		c.claims["room"], c.claims["exp"] = "r", now.Unix()
		got, err := k.Verify(forge(t, jwt.SigningMethodHS256, secretA, c.claims), now)
		if err != nil || got.Grants != c.want {
			t.Errorf("%v: grants %v, error %v", c.claims, got.Grants.Names(), err)
		}
	}
}

// forge signs any claims in any way.
func forge(t *testing.T, method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
	t.Helper()
	s, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestVerifyRefuses(t *testing.T) {
	k := keys(t, secretA)
	good := func(change func(jwt.MapClaims)) jwt.MapClaims {
		c := jwt.MapClaims{"room": "r", "exp": now.Add(time.Hour).Unix()}
		change(c)
		return c
	}
	hs := func(change func(jwt.MapClaims)) string {
		return forge(t, jwt.SigningMethodHS256, secretA, good(change))
	}
	same := func(jwt.MapClaims) {}
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	valid := hs(same)
	parts := strings.Split(valid, ".")
	for _, c := range []struct {
		name, token string
		want        error
		says        string
	}{
		{"empty", "", ErrNoToken, ""},
		{"garbage", "not a token", ErrInvalid, "not a JSON Web Token"},
		{"two parts", parts[0] + "." + parts[1], ErrInvalid, ""},
		{"too long", strings.Repeat("x", MaxToken+1), ErrInvalid, "8193 bytes is more than 8192"},
		{"another key", forge(t, jwt.SigningMethodHS256, secretB, good(same)), ErrInvalid, "signature"},
		{"changed claims", parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"room":"x","exp":9999999999}`)) + "." + parts[2], ErrInvalid, "signature"},
		{"no signature", parts[0] + "." + parts[1] + ".", ErrInvalid, "signature"},
		{"algorithm none", forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good(same)), ErrInvalid, "algorithm"},
		{"HS512 with the right key", forge(t, jwt.SigningMethodHS512, secretA, good(same)), ErrInvalid, "algorithm"},
		{"RS256", forge(t, jwt.SigningMethodRS256, pair, good(same)), ErrInvalid, "algorithm"},
		{"expired", hs(func(c jwt.MapClaims) { c["exp"] = now.Add(-31 * time.Second).Unix() }), ErrExpired, ""},
		{"no exp", hs(func(c jwt.MapClaims) { delete(c, "exp") }), ErrInvalid, "exp"},
		{"exp is text", hs(func(c jwt.MapClaims) { c["exp"] = "soon" }), ErrInvalid, ""},
		{"not yet", hs(func(c jwt.MapClaims) { c["nbf"] = now.Add(31 * time.Second).Unix() }), ErrEarly, ""},
		{"no room", hs(func(c jwt.MapClaims) { delete(c, "room") }), ErrInvalid, "claim room: missing"},
		{"long room", hs(func(c jwt.MapClaims) { c["room"] = strings.Repeat("r", 129) }), ErrInvalid, "129 bytes is more than 128"},
		{"room is a number", hs(func(c jwt.MapClaims) { c["room"] = 5 }), ErrInvalid, "claim room has the wrong type"},
		{"control character", hs(func(c jwt.MapClaims) { c["sub"] = "a\nb" }), ErrInvalid, "claim sub"},
		{"unknown grant", hs(func(c jwt.MapClaims) { c["grants"] = []string{"publish", "fly"} }), ErrInvalid, `grant "fly" is not one of`},
		{"grants is text", hs(func(c jwt.MapClaims) { c["grants"] = "publish" }), ErrInvalid, "claim grants has the wrong type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := k.Verify(c.token, now)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %v with %q", err, c.want, c.says)
			}
		})
	}
}

func TestLeeway(t *testing.T) {
	k := keys(t, secretA)
	token := forge(t, jwt.SigningMethodHS256, secretA, jwt.MapClaims{
		"room": "r", "nbf": now.Add(29 * time.Second).Unix(), "exp": now.Add(-29 * time.Second).Unix(),
	})
	if _, err := k.Verify(token, now); err != nil {
		t.Errorf("within the leeway: %v", err)
	}
}

func TestVerifyAgainIgnoresOnlyTime(t *testing.T) {
	k := keys(t, secretA)
	old := jwt.MapClaims{"room": "r", "sub": "ann", "exp": now.Add(-time.Hour).Unix()}
	if c, err := k.VerifyAgain(forge(t, jwt.SigningMethodHS256, secretA, old)); err != nil || c.Identity != "ann" {
		t.Errorf("claims %+v, error %v", c, err)
	}
	if _, err := k.VerifyAgain(forge(t, jwt.SigningMethodHS256, secretB, old)); !errors.Is(err, ErrInvalid) {
		t.Errorf("another key: %v", err)
	}
}

func TestRotation(t *testing.T) {
	before, during, after := keys(t, secretA), keys(t, secretB, secretA), keys(t, secretB)
	c := Claims{Room: "r", Expires: now.Add(time.Hour)}
	old, err := before.Sign(c)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := during.Sign(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		k    *Keys
		old  bool
		name string
	}{{during, true, "during"}, {after, false, "after"}} {
		if _, err := step.k.Verify(old, now); (err == nil) != step.old {
			t.Errorf("%s: the old token: %v", step.name, err)
		}
		if _, err := step.k.Verify(fresh, now); err != nil {
			t.Errorf("%s: the new token: %v", step.name, err)
		}
	}
}

func TestSignRefusesBadClaims(t *testing.T) {
	_, err := keys(t, secretA).Sign(Claims{Identity: strings.Repeat("i", 129), Name: "a\x00"})
	for _, want := range []string{"claim room: missing", "claim sub: 129 bytes", `claim name: "a\x00"`, "claim exp: missing"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func FuzzVerify(f *testing.F) {
	k, _ := NewKeys(secretA)
	token, _ := k.Sign(Claims{Room: "r", Expires: now.Add(time.Hour)})
	f.Add(token)
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := k.Verify(s, now)
		if err == nil && c.Validate() != nil {
			t.Errorf("bad claims %+v", c)
		}
		if err == nil && s != token && c != (Claims{Room: "r", Grants: c.Grants, Expires: c.Expires}) {
			t.Errorf("forged: %q", s)
		}
	})
}
