package controlapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/services/accounts"
	"switchyard/services/meetings"
)

// matrix says for every operation who may do it: + or - for somebody who has not signed in, a user, an administrator of the
// target's department, an administrator, and a key with all scopes. The target is somebody else's: a user of that department, a private
// meeting of another user. It is written down here a second time, so that a change of a right shows.
const matrix = `
operation                 who    request
sign-in                   +++++  POST /auth/login {"email":"x@example.org","password":"x"}
sign-out                  -+++-  POST /auth/logout
reauthenticate            -+++-  POST /auth/reauthenticate {"password":"` + password + `"}
forgot-password           +++++  POST /auth/reset {"email":"nobody@example.org"}
reset-password            +++++  POST /auth/reset/confirm {"secret":"x","password":"` + password + `"}
confirm-email             +++++  POST /auth/email/confirm {"secret":"x"}
set-up                    +++++  POST /setup {"secret":"x","email":"x@example.org","password":"` + password + `"}
get-sign-in-methods       +++++  GET /auth/methods
begin-sso                 .....  POST /auth/sso {}
finish-sso                +++++  GET /auth/sso/callback
get-version               +++++  GET /version
get-me                    -+++-  GET /me
update-me                 -+++-  PATCH /me {"first_name":"A"}
change-password           -+++-  PUT /me/password {"old_password":"` + password + `","new_password":"` + password + `"}
list-sessions             -+++-  GET /me/sessions
revoke-session            .....  DELETE /me/sessions/x
revoke-other-sessions     -+++-  DELETE /me/sessions
begin-second-factor       -+++-  POST /me/second-factor
confirm-second-factor     .....  POST /me/second-factor/confirm {"code":"123456"}
drop-second-factor        -+++-  DELETE /me/second-factor
renew-recovery-codes      -+++-  POST /me/second-factor/recovery-codes
get-preferences           -+++-  GET /me/preferences
set-preferences           -+++-  PUT /me/preferences {}
get-flags                 -+++-  GET /me/flags
get-own-terms             -+++-  GET /me/terms
accept-terms              -+++-  POST /me/terms {"version":1}
set-avatar                -+++-  PUT /me/avatar
drop-avatar               -+++-  DELETE /me/avatar
get-avatar                .....  GET /users/{user}/avatar/x/48
list-users                -++++  GET /users
create-user               ---++  POST /users {"email":"{new}@example.org"}
get-user                  --+++  GET /users/{user}
update-user               --+++  PATCH /users/{user} {"first_name":"B"}
delete-user               --+++  DELETE /users/{user}
get-user-card             -++++  GET /users/{user}/card
send-password-link        --++-  POST /users/{user}/password-link
reset-second-factor       --++-  DELETE /users/{user}/second-factor
list-departments          -++++  GET /departments
create-department         ---++  POST /departments {"name":"{new}"}
rename-department         ---++  PUT /departments/{department} {"name":"{new}"}
delete-department         ---++  DELETE /departments/{department}
list-tenants              ---+-  GET /tenants
create-tenant             ---+-  POST /tenants {"name":"X","admin_email":"{new}@example.org"}
update-tenant             ---+-  PATCH /tenants/default {"active":true}
get-settings              -++++  GET /settings
set-settings              ---++  PUT /settings {"language":"en","public_by_default":false,"lobby":true,"mute_on_entry":false,"announce":true,"record_by_default":false,"sso_link_by_email":false,"sso_provision":false,"password_sign_in":true}
get-terms                 ---++  GET /settings/terms
set-terms                 ---++  PUT /settings/terms {"text":""}
get-sso                   ---++  GET /settings/sso
set-sso                   ---+-  PUT /settings/sso {"enabled":false,"issuer":"","client_id":"","label":""}
list-flags                ---++  GET /flags
set-flag                  ---++  PUT /flags {"name":"labs","enabled":true}
list-api-keys             ---+-  GET /api-keys
create-api-key            ---+-  POST /api-keys {"name":"x","scopes":["users:read"]}
revoke-api-key            ---+-  DELETE /api-keys/{key}
list-audit                ---++  GET /audit
list-events               -++++  GET /events/page?after=0
list-meetings             -++++  GET /meetings
create-meeting            -++++  POST /meetings {"kind":"instant","subject":"X","organiser":"{self}"}
get-meeting               ---++  GET /meetings/{meeting}
update-meeting            ---++  PATCH /meetings/{meeting} {"subject":"Y"}
cancel-meeting            ---++  DELETE /meetings/{meeting}
update-occurrence         ---++  PATCH /meetings/{meeting}/occurrences/2030-03-25T09:00 {"duration":45}
cancel-occurrence         ---++  DELETE /meetings/{meeting}/occurrences/2030-03-25T09:00
get-meeting-details       ---++  GET /meetings/{meeting}/details
list-meeting-messages     ---++  GET /meetings/{meeting}/instances/{instance}/messages
get-meeting-access        ---++  GET /meetings/{meeting}/access
get-invitation-texts      ---++  GET /meetings/{meeting}/invitation
list-upcoming             -++++  GET /me/upcoming?from=2030-01-01T00:00:00Z&to=2030-02-01T00:00:00Z
get-personal-room         -+++-  GET /me/room
list-recent-meetings      -+++-  GET /me/recent-meetings
search-directory          -++++  GET /directory?search=a
get-calendar-feed         -+++-  GET /me/calendar-feed
create-calendar-feed      -+++-  POST /me/calendar-feed
revoke-calendar-feed      -+++-  DELETE /me/calendar-feed
join-meeting              -++++  POST /meetings/{meeting}/join
join-by-number            .....  POST /join {"number":"{number}","name":"Zed"}
look-up-number            +++++  GET /join/{number}
list-meeting-people       ---++  GET /meetings/{meeting}/people
list-lobby                ---++  GET /meetings/{meeting}/lobby
admit-all                 ---++  POST /meetings/{meeting}/lobby/admit
admit-one                 .....  POST /meetings/{meeting}/lobby/x/admit
refuse-one                .....  POST /meetings/{meeting}/lobby/x/refuse
remove-participant        ---++  POST /meetings/{meeting}/people/guest-x/remove
reinvite-participant      .....  POST /meetings/{meeting}/people/user-{user}/reinvite
mute-participant          ---++  POST /meetings/{meeting}/people/guest-x/mute
ask-unmute                ---++  POST /meetings/{meeting}/people/guest-x/ask-unmute
mute-others               ---++  POST /meetings/{meeting}/mute-others
lower-hand                ---++  DELETE /meetings/{meeting}/people/guest-x/hand
lower-hands               ---++  DELETE /meetings/{meeting}/hands
assign-co-organiser       ---++  POST /meetings/{meeting}/co-organisers {"user":"{user}"}
lock-meeting              ---++  POST /meetings/{meeting}/lock {"locked":true}
make-public               ---++  POST /meetings/{meeting}/public
end-meeting               ---++  POST /meetings/{meeting}/end
invite-guest              ---++  POST /meetings/{meeting}/guests {"email":"g@example.org","name":"G"}
get-guest-link            .....  GET /meetings/{meeting}/guests/x/link
resend-guest              .....  POST /meetings/{meeting}/guests/x/resend
revoke-guest              .....  POST /meetings/{meeting}/guests/x/revoke
list-rooms                ---++  GET /rooms
get-room                  .....  GET /rooms/x
update-room               .....  PATCH /rooms/x {}
end-room                  .....  DELETE /rooms/x
remove-from-room          .....  DELETE /rooms/x/participants/x
mute-track                .....  POST /rooms/x/tracks/x/mute
lower-hand-in-room        .....  DELETE /rooms/x/participants/x/hand
lower-hands-in-room       .....  DELETE /rooms/x/hands
get-agenda                -+++-  GET /me/agenda?from=2030-01-01T00:00:00Z&to=2030-02-01T00:00:00Z
list-calendars            -+++-  GET /me/calendars
connect-calendar          -+++-  POST /me/calendars {"kind":"ics","url":"http://127.0.0.1/x.ics"}
discover-calendars        -+++-  POST /me/calendars/discover {"kind":"caldav","url":"http://127.0.0.1/"}
refresh-calendar          .....  POST /me/calendars/x/refresh
disconnect-calendar       .....  DELETE /me/calendars/x
list-webhooks             ---++  GET /webhooks
create-webhook            ---++  POST /webhooks {"url":"https://example.org/{new}","events":["*"]}
get-webhook               ---++  GET /webhooks/{webhook}
update-webhook            ---++  PATCH /webhooks/{webhook} {"active":false}
delete-webhook            ---++  DELETE /webhooks/{webhook}
rotate-webhook-secret     ---++  POST /webhooks/{webhook}/secret {}
test-webhook              ---++  POST /webhooks/{webhook}/test
list-dead-letters         ---++  GET /webhooks/{webhook}/dead-letters
redeliver-dead-letters    ---++  POST /webhooks/{webhook}/dead-letters/redeliver {}
drop-dead-letters         ---++  POST /webhooks/{webhook}/dead-letters/drop {}
create-token              ----+  POST /rooms/x/tokens {}
`

// TestMatrix asks for every operation as everybody. Rows of dots are those whose answer tells nothing (a thing that is not there is
// told apart from a refusal by nobody): their rights are those of their neighbours, and the schema test sees that they are refused as described.
func TestMatrix(t *testing.T) {
	r := newRig(t, "sqlite")
	var d accounts.Department
	r.admin.must(http.StatusCreated, "POST", "/departments", `{"name":"Theirs"}`, &d)
	callers := []*client{
		r.stranger(t), r.user(t, "Uma", access.RoleUser), r.user(t, "Dan", access.RoleDepartmentAdmin, d.ID), r.user(t, "Amy", access.RoleAdmin), r.service(t, access.Scopes...),
	}
	olga := r.user(t, "Olga", access.RoleUser)
	rows := map[string]bool{}
	n := 0
	for _, line := range strings.Split(strings.TrimSpace(matrix), "\n")[1:] {
		fields := strings.SplitN(line, "  ", 2)
		id := strings.TrimSpace(fields[0])
		rest := strings.Fields(line)
		want, method, path := rest[1], rest[2], rest[3]
		body := ""
		if i := strings.Index(line, " {"); i > 0 && strings.Contains(line[i:], "}") && !strings.HasPrefix(path, "{") {
			if j := strings.Index(line, path); j > 0 {
				body = strings.TrimSpace(line[j+len(path):])
			}
		}
		rows[id] = true
		if want == "....." {
			continue
		}
		got := ""
		for _, caller := range callers {
			n++
			r.api.limits.forget()
			fill := r.targets(t, n, path+body, d.ID, olga, caller)
			actor := caller
			if id == "sign-out" && caller.key == "" && caller.user.ID != "" {
				actor = r.again(t, caller)
			}
			response, text := actor.do(method, fill.Replace(path), fill.Replace(body), "If-Match", "*")
			switch response.StatusCode {
			case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
				if strings.Contains(string(text), `"code":"wrong"`) { // it was asked for a password, so it might have been done
					got += "+"
				} else {
					got += "-"
				}
			default:
				if response.StatusCode >= 500 {
					t.Errorf("%s: %d %s", id, response.StatusCode, text)
				}
				got += "+"
			}
		}
		t.Logf("%-25s %s  %s", id, got, r.api.needs[id])
		if got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	for id := range r.api.needs {
		if !rows[id] && id != "stream-events" {
			t.Errorf("%s is not in the matrix", id)
		}
	}
	// Every operation names one that the table of access knows.
	known := slices.Collect(access.Operations())
	for id, need := range r.api.needs {
		if !slices.Contains(known, access.Operation(need)) {
			t.Errorf("%s asks for %q, which is no operation", id, need)
		}
	}
}

// targets makes things for one request, so that what it does to them is seen by no other.
func (r *rig) targets(t *testing.T, n int, request, department string, organiser, caller *client) *strings.Replacer {
	t.Helper()
	var u accounts.User
	var d accounts.Department
	var m meetings.Meeting
	var key createdKey
	r.admin.must(http.StatusCreated, "POST", "/users", fmt.Sprintf(`{"email":"tom%d@example.org","first_name":"Tom","departments":[%q]}`, n, department), &u)
	r.admin.must(http.StatusCreated, "POST", "/departments", fmt.Sprintf(`{"name":"Department %d"}`, n), &d)
	r.settle(t)
	organiser.must(http.StatusCreated, "POST", "/meetings", `{"kind":"scheduled","subject":"Private","start_local":"2030-03-25T09:00","zone":"Europe/Amsterdam","duration":30,"recurrence":"FREQ=WEEKLY;COUNT=5"}`, &m)
	if strings.Contains(request, "{key}") {
		r.admin.must(http.StatusCreated, "POST", "/api-keys", `{"name":"k","scopes":["users:read"]}`, &key)
	}
	var hook newWebhook
	if strings.Contains(request, "{webhook}") {
		r.admin.must(http.StatusCreated, "POST", "/webhooks", `{"url":"http://127.0.0.1/","events":["*"]}`, &hook)
	}
	run := ""
	if strings.Contains(request, "{instance}") {
		run = r.run(t, m.ID, organiser)
	}
	self := caller.user.ID
	if caller.key != "" {
		self = organiser.user.ID
	}
	return strings.NewReplacer("{user}", u.ID, "{department}", d.ID, "{meeting}", m.ID, "{instance}", run, "{number}", m.Number, "{webhook}", hook.ID, "{key}", key.ID, "{self}", self, "{new}", fmt.Sprintf("new%d", n))
}

// run is an instance of a meeting in which its organiser said something.
func (r *rig) run(t *testing.T, meeting string, organiser *client) string {
	t.Helper()
	room, identity := meetings.RoomKey(meeting), "user-"+organiser.user.ID
	r.meetings.Joined(room, meetings.Participant{Identity: identity, Name: "O", Kind: "browser"}, time.Now())
	if _, err := r.meetings.Say(t.Context(), room, meetings.Speaker{Participant: "p", Identity: identity, Name: "O"}, "Hello"); err != nil {
		t.Fatal(err)
	}
	var d meetings.Details
	organiser.must(http.StatusOK, "GET", "/meetings/"+meeting+"/details", "", &d)
	var said list[meetings.ChatMessage]
	organiser.must(http.StatusOK, "GET", "/meetings/"+meeting+"/instances/"+d.Instances[0].ID+"/messages", "", &said)
	if len(said.Items) != 1 || said.Items[0].Text != "Hello" {
		t.Fatalf("%+v", said)
	}
	return d.Instances[0].ID
}

// again is another session of the same user.
func (r *rig) again(t *testing.T, c *client) *client {
	t.Helper()
	other := r.stranger(t)
	other.user = c.user
	other.must(http.StatusOK, "POST", "/auth/login", fmt.Sprintf(`{"email":%q,"password":%q}`, c.user.Email, password), nil)
	return other
}
