package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/controlapi"
	"switchyard/services/meetings"
	"switchyard/signaling/protocol"
)

// person is somebody at the other end of the control API.
type person struct {
	s    *running
	http *http.Client
}

func (s *running) person(t *testing.T) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &person{s, &http.Client{Jar: jar, Transport: s.client.Transport, Timeout: 10 * time.Second}}
}

// call makes a request and returns the JSON of the answer, which has to have the status.
func (p *person) call(t *testing.T, status int, method, path, body string, headers ...string) map[string]any {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, p.s.http+"/api/v1"+path, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := p.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		t.Fatalf("%s %s: %s %s (%v)", method, path, response.Status, text, err)
	}
	out := map[string]any{}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &out); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, text)
		}
	}
	return out
}

// lines are those of an event stream.
type lines struct{ scanner *bufio.Scanner }

// listen opens an event stream, which ends with the test, and returns it when it has begun.
func (p *person) listen(t *testing.T, query string) lines {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "GET", p.s.http+"/api/v1/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Jar: p.http.Jar, Transport: p.http.Transport, Timeout: 30 * time.Second}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	l := lines{bufio.NewScanner(response.Body)}
	l.until(t, "event: heartbeat")
	return l
}

// until returns the next line with a text in it.
func (l lines) until(t *testing.T, text string) string {
	t.Helper()
	for l.scanner.Scan() {
		if strings.Contains(l.scanner.Text(), text) {
			return l.scanner.Text()
		}
	}
	t.Fatalf("the stream ended without %s: %v", text, l.scanner.Err())
	return ""
}

// administrator makes the first account.
func (s *running) administrator(t *testing.T) *person {
	t.Helper()
	p := s.person(t)
	p.call(t, http.StatusCreated, "POST", "/setup", fmt.Sprintf(`{"secret":%q,"email":"ada@example.org","first_name":"Ada","password":"a long enough one"}`, s.setup))
	return p
}

// types are those of all events so far about a subject.
func (p *person) types(t *testing.T, subject string) []string {
	t.Helper()
	var types []string
	for _, item := range p.call(t, http.StatusOK, "GET", "/events/page?after=0&limit=200", "")["items"].([]any) {
		if e := item.(map[string]any); e["subject"] == subject {
			types = append(types, e["type"].(string))
		}
	}
	return types
}

// awaitTypes waits until the log tells of a subject what it has to.
func (p *person) awaitTypes(t *testing.T, subject string, want ...string) {
	t.Helper()
	var got []string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if got = p.types(t, subject); slices.Equal(got, want) {
			return
		}
	}
	t.Errorf("the log says %q, want %q", got, want)
}

// TestAMeetingFromInvitationToItsEnd: the host lets a guest in who knocks, makes nobody lose anything, and ends it for all.
func TestAMeetingFromInvitationToItsEnd(t *testing.T) {
	s := startServer(t)
	ada := s.administrator(t)
	var meeting map[string]any
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) { // meetings hears of ada by the log
		request, _ := http.NewRequestWithContext(t.Context(), "POST", s.http+"/api/v1/meetings", strings.NewReader(`{"kind":"instant","subject":"Plans","guests":[{"email":"gus@example.org","name":"Gus"}]}`))
		request.Header.Set("Content-Type", "application/json")
		response, err := ada.http.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode == http.StatusCreated {
			if err := json.Unmarshal(text, &meeting); err != nil {
				t.Fatal(err)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s %s", response.Status, text)
		}
	}
	id := meeting["id"].(string)
	subject := "meeting:" + id

	// Somebody who has only the number waits, whatever it calls itself.
	stranger := s.person(t)
	seat := stranger.call(t, http.StatusOK, "POST", "/join", fmt.Sprintf(`{"number":%q,"name":"Sam"}`, meeting["number"]))
	sam := s.enter(t, seat["token"].(string), "Sam")
	sam.until(t, "waiting")

	host := ada.call(t, http.StatusOK, "POST", "/meetings/"+id+"/join", "")
	if host["role"] != "host" {
		t.Errorf("ada is %v", host["role"])
	}
	adaInside := s.enter(t, host["token"].(string), "Ada")
	adaInside.until(t, "joined")
	adaInside.send(t, map[string]any{"type": "send", "id": 3, "text": "Before you came"})
	adaInside.until(t, "sent")

	knocks := ada.call(t, http.StatusOK, "GET", "/meetings/"+id+"/lobby", "")["items"].([]any)
	if len(knocks) != 1 {
		t.Fatalf("at the door: %v", knocks)
	}
	ada.call(t, http.StatusNoContent, "POST", "/meetings/"+id+"/lobby/"+knocks[0].(map[string]any)["identity"].(string)+"/admit", "")
	sam.until(t, "joined")

	// What was said is there for who comes later, and after the end.
	sam.send(t, map[string]any{"type": "history", "id": 3})
	past := sam.until(t, "past")["messages"].([]any)
	if len(past) != 1 || past[0].(map[string]any)["text"] != "Before you came" || past[0].(map[string]any)["name"] != "Ada" {
		t.Errorf("said before: %v", past)
	}

	// A hand is seen by all; in meetings hosts lower it through the control API, not by the room's protocol.
	guest := "/meetings/" + id + "/people/" + seat["identity"].(string)
	hand := func(ws *session) string {
		for { // Ada is told of Sam's coming, too
			text, _ := json.Marshal(ws.until(t, "participants"))
			if updated := string(text); strings.Contains(updated, `"updated":[{`) {
				return updated
			}
		}
	}
	moments := ada.listen(t, "?live=1&types=room.")
	sam.send(t, map[string]any{"type": "raiseHand", "id": 10})
	if told := moments.until(t, `"hand":{`); !strings.Contains(told, `"identity":"`+seat["identity"].(string)+`"`) || !strings.Contains(told, `"meeting":"`+id+`"`) {
		t.Errorf("of the moment: %s", told)
	}
	if told := hand(adaInside); !strings.Contains(told, `"hand":{"at":"`) {
		t.Errorf("Ada is told %s", told)
	}
	hand(sam)
	adaInside.send(t, map[string]any{"type": "lowerHands", "id": 10})
	adaInside.until(t, "forbidden")
	stranger.call(t, http.StatusUnauthorized, "DELETE", guest+"/hand", "")
	ada.call(t, http.StatusNoContent, "DELETE", guest+"/hand", "")
	if told := hand(sam); strings.Contains(told, `"hand"`) {
		t.Errorf("Sam is told %s", told)
	}
	sam.send(t, map[string]any{"type": "raiseHand", "id": 11})
	hand(sam)
	for range 2 { // the second time there are none
		ada.call(t, http.StatusNoContent, "DELETE", "/meetings/"+id+"/hands", "")
	}
	sam.until(t, "handsLowered")
	moments.until(t, "event: room.hands_lowered")

	// Removed is removed: the same token does not open the door again.
	ada.call(t, http.StatusNoContent, "POST", "/meetings/"+id+"/people/"+seat["identity"].(string)+"/remove", "")
	sam.until(t, "left")
	again := s.enter(t, seat["token"].(string), "Sam")
	if told := again.until(t, "refused"); told["reason"] != "removed" {
		t.Errorf("who was removed is told %v", told)
	}

	locked := func(want bool) {
		t.Helper()
		if details := ada.call(t, http.StatusOK, "GET", "/meetings/"+id+"/details", ""); details["locked"] != want {
			t.Errorf("locked: %v, want %v", details["locked"], want)
		}
	}
	locked(false)
	ada.call(t, http.StatusNoContent, "POST", "/meetings/"+id+"/lock", `{"locked":true}`)
	locked(true)
	ada.call(t, http.StatusNoContent, "POST", "/meetings/"+id+"/lock", `{"locked":false}`)

	// Who changes its name changes it in the room.
	ada.call(t, http.StatusOK, "PATCH", "/me", `{"first_name":"Augusta"}`)
	for renamed := false; !renamed; {
		text, _ := json.Marshal(adaInside.until(t, "participants"))
		renamed = strings.Contains(string(text), "Augusta")
	}

	ada.call(t, http.StatusNoContent, "POST", "/meetings/"+id+"/end", "")
	adaInside.until(t, "left")
	ada.awaitTypes(t, subject, "meeting.created", "meeting.started", "participant.joined", "meeting.chat_message", "host.admitted", "participant.joined", "host.removed", "participant.left", "host.locked", "host.unlocked", "host.ended", "participant.left", "meeting.ended")
	details := ada.call(t, http.StatusOK, "GET", "/meetings/"+id+"/details", "")
	if text, _ := json.Marshal(details); !strings.Contains(string(text), `"Sam"`) || strings.Contains(string(text), seat["token"].(string)) {
		t.Errorf("details: %s", text)
	}
	run := details["instances"].([]any)[0].(map[string]any)["id"].(string)
	said := ada.call(t, http.StatusOK, "GET", "/meetings/"+id+"/instances/"+run+"/messages", "")["items"].([]any)
	if len(said) != 1 || said[0].(map[string]any)["text"] != "Before you came" {
		t.Errorf("said: %v", said)
	}
}

// TestTheInvitationLeavesMeetingsAlone: the code of a server opens its own rooms, not those of meetings and of other organisations.
func TestTheInvitationLeavesMeetingsAlone(t *testing.T) {
	for room, own := range map[string]bool{"standup": true, meetings.RoomKey("01J"): false, "~01J~standup": false} {
		if controlapi.ServersOwn(room) != own {
			t.Errorf("%s: %v", room, !own)
		}
	}
}

// TestRefusalsOfMeetingsAreInTheProtocol: clients know every reason that meetings has.
func TestRefusalsOfMeetingsAreInTheProtocol(t *testing.T) {
	for _, code := range meetings.RefusalCodes() {
		if !slices.Contains(protocol.Reasons(), code) {
			t.Errorf("%s is not in the protocol", code)
		}
	}
}
