package controlapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/services/accounts"
)

func TestSignInAndOut(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.user(t, "Bob", access.RoleUser)
		var who struct {
			accounts.User
			Features []string
		}
		bob.must(http.StatusOK, "GET", "/me", "", &who)
		if who.Email != "bob@example.org" || who.Name != "Bob" {
			t.Errorf("me is %+v", who)
		}
		for _, feature := range who.Features {
			if feature == "administration" {
				t.Error("a user is shown the administration")
			}
		}
		stranger := r.stranger(t)
		stranger.refused(http.StatusUnauthorized, "unauthenticated", "GET", "/me", "")
		stranger.refused(http.StatusUnauthorized, "wrong", "POST", "/auth/login", `{"email":"bob@example.org","password":"not this one"}`)
		bob.must(http.StatusNoContent, "POST", "/auth/logout", "", nil)
		bob.refused(http.StatusUnauthorized, "unauthenticated", "GET", "/me", "")
	})
}

func TestOtherSitesCanDoNothing(t *testing.T) {
	r := newRig(t, "sqlite")
	for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "same-site"}} {
		r.admin.refused(http.StatusForbidden, "forbidden", "PATCH", "/me", `{"first_name":"Eve"}`, headers...)
	}
	r.admin.must(http.StatusOK, "PATCH", "/me", `{"first_name":"Ann"}`, nil, "Sec-Fetch-Site", "same-origin")
	// A form of another site can send text/plain, which is not taken.
	response, _ := r.admin.do("PATCH", "/me", `{"first_name":"Eve"}`, "Content-Type", "text/plain")
	if response.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("text/plain: %s", response.Status)
	}
}

func TestCookiesArePinned(t *testing.T) {
	r := newRig(t, "sqlite")
	r.api.deps.Secure = true // as behind a proxy that does TLS
	c := r.stranger(t)
	response := c.must(http.StatusOK, "POST", "/auth/login", fmt.Sprintf(`{"email":"admin@example.org","password":%q,"remember":true}`, password), nil)
	cookie := response.Header.Get("Set-Cookie")
	for _, want := range []string{"__Host-switchyard=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age="} {
		if !strings.Contains(cookie, want) {
			t.Errorf("%q is not in %s", want, cookie)
		}
	}
}

func TestProblemsSayWhatIsWrongAndRepeatNoSecret(t *testing.T) {
	r := newRig(t, "sqlite")
	cases := []struct {
		method, path, body, location string
		status                       int
	}{
		{"POST", "/users", `{"email":7}`, "body.email", 422},
		{"POST", "/users", `{"email":"x@example.org","colour":"red"}`, "body.colour", 422},
		{"POST", "/users", `{}`, "body", 422},
		{"POST", "/users", `{"email":"no address"}`, "body.email", 422},
		{"POST", "/users", `{"email":"x@example.org","role":"king"}`, "body.role", 422},
		{"POST", "/users", `{"email":"x@example.org","password":"hunter2"}`, "body.password", 422},
		{"POST", "/users", `{"email":`, "body", 400},
		{"GET", "/users?limit=0", ``, "query.limit", 422},
		{"GET", "/users?limit=many", ``, "query.limit", 422},
		{"GET", "/users?colour=red", ``, "query.colour", 422},
		{"GET", "/users?cursor=%00", ``, "query.cursor", 422},
		{"PATCH", "/users/" + r.admin.user.ID, `{"first_name":"` + strings.Repeat("x", 81) + `"}`, "body.first_name", 422},
	}
	for _, c := range cases {
		p := r.admin.refused(c.status, "invalid", c.method, c.path, c.body, "If-Match", "*")
		found := false
		for _, d := range p.Errors {
			found = found || strings.HasPrefix(d.Location, c.location)
		}
		if !found && c.status == 422 {
			t.Errorf("%s %s: no error at %s: %+v", c.method, c.path, c.location, p)
		}
		if strings.Contains(fmt.Sprint(p), "hunter2") {
			t.Errorf("%s %s repeats a password: %+v", c.method, c.path, p)
		}
	}
	r.admin.refused(http.StatusNotFound, "not_found", "GET", "/users/01ARZ3NDEKTSV4RRFFQ69G5FAV", "")
}

func TestVersions(t *testing.T) {
	r := newRig(t, "sqlite")
	var d accounts.Department
	first := r.admin.must(http.StatusCreated, "POST", "/departments", `{"name":"Sales"}`, &d)
	path := "/departments/" + d.ID
	r.admin.refused(http.StatusPreconditionRequired, "version_needed", "PUT", path, `{"name":"Marketing"}`)
	r.admin.must(http.StatusOK, "PUT", path, `{"name":"Marketing"}`, &d, "If-Match", first.Header.Get("ETag"))
	r.admin.refused(http.StatusPreconditionFailed, "version", "PUT", path, `{"name":"Purchase"}`, "If-Match", first.Header.Get("ETag"))
	r.admin.refused(http.StatusPreconditionFailed, "version", "PUT", path, `{"name":"Purchase"}`, "If-Match", `"x"`)
}

func TestOncePerIdempotencyKey(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var one, two accounts.Department
		r.admin.must(http.StatusCreated, "POST", "/departments", `{"name":"Sales"}`, &one, "Idempotency-Key", "k1")
		again := r.admin.must(http.StatusCreated, "POST", "/departments", `{"name":"Sales"}`, &two, "Idempotency-Key", "k1")
		if one != two || again.Header.Get("ETag") == "" {
			t.Errorf("again it is %+v, before %+v", two, one)
		}
		r.admin.refused(http.StatusUnprocessableEntity, "invalid", "POST", "/departments", `{"name":"Other"}`, "Idempotency-Key", "k1")
		// What was refused may be sent again with the same key.
		r.admin.refused(http.StatusUnprocessableEntity, "invalid", "POST", "/departments", `{"name":"sales"}`, "Idempotency-Key", "k2")
		r.admin.must(http.StatusCreated, "POST", "/departments", `{"name":"Support"}`, nil, "Idempotency-Key", "k3")
		var all struct{ Items []accounts.Department }
		r.admin.must(http.StatusOK, "GET", "/departments", "", &all)
		if len(all.Items) != 2 {
			t.Errorf("%d departments, want 2", len(all.Items))
		}
	})
}

func TestTooManyRequestsAreToldWhenToComeAgain(t *testing.T) {
	r := newRig(t, "sqlite")
	c := r.stranger(t)
	for range strangerBurst + 50 {
		response, _ := c.do("GET", "/version", "")
		if response.Header.Get("RateLimit") == "" || response.Header.Get("RateLimit-Policy") == "" {
			t.Fatal("no RateLimit headers")
		}
		if response.StatusCode == http.StatusTooManyRequests {
			if response.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			return
		}
	}
	t.Error("nobody was limited")
}

func TestFailedSignInsAreInTheAuditLog(t *testing.T) {
	r := newRig(t, "sqlite")
	bob := r.user(t, "Bob", access.RoleUser)
	for range 2 {
		r.stranger(t).refused(http.StatusUnauthorized, "wrong", "POST", "/auth/login", `{"email":"bob@example.org","password":"not this one"}`)
	}
	r.stranger(t).refused(http.StatusUnauthorized, "wrong", "POST", "/auth/login", `{"email":"my secret password","password":"not this one"}`)
	var log list[accounts.AuditEntry]
	_, text := r.admin.do("GET", "/audit", "")
	if strings.Contains(string(text), "my secret") {
		t.Errorf("what was typed is in %s", text)
	}
	r.admin.must(http.StatusOK, "GET", "/audit", "", &log)
	if len(log.Items) < 2 || log.Items[0].Subject != "" || log.Items[1].Subject != "user:"+bob.user.ID || log.Items[1].Address != "127.0.0.1" || log.Items[1].At.IsZero() ||
		string(log.Items[1].Detail) != `{"failed":{"password":2}}` {
		t.Errorf("%+v", log.Items)
	}
}

// TestMethodsTellTheTruth: passwords are announced where anybody but administrators may use one.
func TestMethodsTellTheTruth(t *testing.T) {
	r := newRig(t, "sqlite")
	is := func(want bool) {
		t.Helper()
		var m methods
		r.stranger(t).must(http.StatusOK, "GET", "/auth/methods", "", &m)
		if m.Password != want || m.SetUp {
			t.Errorf("%+v, want %v", m, want)
		}
	}
	is(true)
	settings := accounts.DefaultSettings()
	settings.PasswordSignIn = false
	text, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	err = r.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE tenant SET settings = $1`, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	is(false)
}

// TestKeysFollowTheirMaker: a key is refused, and its stream ends, once its maker is no administrator.
func TestKeysFollowTheirMaker(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		amy := r.user(t, "Amy", access.RoleAdmin)
		var made createdKey
		amy.must(http.StatusCreated, "POST", "/api-keys", `{"name":"CRM","scopes":["users:read","events:read"]}`, &made)
		key := r.stranger(t)
		key.key = made.Secret
		key.must(http.StatusOK, "GET", "/users", "", nil)
		stream := key.listen("?types=none.")
		r.admin.must(http.StatusOK, "PATCH", "/users/"+amy.user.ID, `{"role":"user"}`, nil, "If-Match", "*")
		if e, _ := next(t, stream); e.kind != "end" {
			t.Errorf("the stream goes on with %+v", e)
		}
		key.refused(http.StatusUnauthorized, "unauthenticated", "GET", "/users", "")
		r.admin.must(http.StatusOK, "PATCH", "/users/"+amy.user.ID, `{"role":"admin"}`, nil, "If-Match", "*")
		key.must(http.StatusOK, "GET", "/users", "", nil)
	})
}
