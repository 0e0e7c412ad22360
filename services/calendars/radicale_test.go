package calendars

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/outbound"
)

// berlinZone is what a server wants to be told of a zone that an event names.
const berlinZone = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n" +
	"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n" +
	"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE"

const user, password = "ann", "s3cret"

// radicale starts a real CalDAV server on a loopback port and returns its address.
func radicale(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("radicale")
	if err != nil {
		t.Fatalf("the CalDAV server of this test is missing (Debian: apt install radicale): %v", err)
	}
	dir := t.TempDir()
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := probe.Addr().String()
	probe.Close()
	users, config := filepath.Join(dir, "users"), filepath.Join(dir, "config")
	for path, text := range map[string]string{
		users: user + ":" + password + "\n",
		config: fmt.Sprintf("[server]\nhosts = %s\n[auth]\ntype = htpasswd\nhtpasswd_filename = %s\nhtpasswd_encryption = plain\ndelay = 0\n"+
			"[storage]\nfilesystem_folder = %s\n[logging]\nlevel = warning\n", address, users, filepath.Join(dir, "collections")),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	command := exec.Command(program, "--config", config)
	command.Stdout, command.Stderr = &log, &log
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = command.Wait() // it is ended by a signal
		close(ended)
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if connection, err := net.Dial("tcp", address); err == nil {
			connection.Close()
			return "http://" + address
		}
		select {
		case <-ended:
			t.Fatalf("radicale ended: %s", log.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("radicale does not listen after 30 s")
		}
	}
}

// put makes a request as the owner of the calendars.
func put(t *testing.T, c *http.Client, method, url, kind, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(user, password)
	request.Header.Set("Content-Type", kind)
	answer, err := c.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		said, _ := outbound.ReadAll(answer.Body, 1<<10)
		t.Fatalf("%s %s: %s %s", method, url, answer.Status, said)
	}
}

func makeCalendar(t *testing.T, c *http.Client, url, name, component string) {
	t.Helper()
	put(t, c, "MKCALENDAR", url, "application/xml", `<?xml version="1.0"?><C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>`+
		`<D:displayname>`+name+`</D:displayname><C:supported-calendar-component-set><C:comp name="`+component+`"/></C:supported-calendar-component-set></D:prop></D:set></C:mkcalendar>`)
}

func TestCalDAV(t *testing.T) {
	server := radicale(t)
	web := client(t, loopback)
	home := server + "/" + user + "/"
	makeCalendar(t, web, home+"work/", "Work", "VEVENT")
	makeCalendar(t, web, home+"home/", "Home", "VEVENT")
	makeCalendar(t, web, home+"tasks/", "Tasks", "VTODO")
	for path, lines := range map[string][]string{
		"work/1.ics": {"DTSTART;TZID=Europe/Berlin:20260601T090000", "DTEND;TZID=Europe/Berlin:20260601T093000", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE", "SUMMARY:Stand-up",
			"EXDATE;TZID=Europe/Berlin:20260706T090000", "CONFERENCE;VALUE=URI:https://zoom.us/j/1"},
		"work/2.ics": {"DTSTART:20260701T120000Z", "DURATION:PT1H", "SUMMARY:Ours", "LOCATION:" + publicURL + "/m/123456789"},
		"work/3.ics": {"DTSTART:20270701T120000Z", "DURATION:PT1H", "SUMMARY:Next year"},
		"home/4.ics": {"DTSTART;VALUE=DATE:20260702", "DTEND;VALUE=DATE:20260703", "SUMMARY:Holiday"},
	} {
		id := filepath.Base(path)
		put(t, web, http.MethodPut, home+path, "text/calendar; charset=utf-8", strings.ReplaceAll(calendarOf(berlinZone, vevent(append(lines, "DTSTAMP:20260101T000000Z")...)), "u@", id+"@"))
	}
	from := time.Date(2026, 6, 29, 0, 0, 0, 0, berlin)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		h := newHouse(t, d, web)
		n := NewCalendar{Kind: CalDAV, URL: server, User: user, Password: password}
		found, err := h.Discover(ctx, ann, n)
		if err != nil || len(found) != 2 || found[0].Name == "Tasks" || found[1].Name == "Tasks" {
			t.Fatalf("it found %v, %v", found, err)
		}
		cal, err := h.Connect(ctx, ann, n)
		if err != nil || cal.Host != "127.0.0.1" || cal.Account != user || cal.Name != "127.0.0.1" {
			t.Fatalf("connected it is %+v, %v", cal, err)
		}
		a, err := h.Agenda(ctx, ann, from, from.AddDate(0, 0, 14))
		if err != nil || len(a.Errors) != 0 {
			t.Fatalf("%+v, %v", a, err)
		}
		const want = "06-29T09:00/09:30 07-01T09:00/09:30 07-01T14:00/15:00 day 07-02T00:00/07-03 07-08T09:00/09:30"
		if got := written(a.Entries); got != want {
			t.Errorf("it says\n%s, not\n%s", got, want)
		}
		if e := a.Entries[0]; e.LinkKind != ForeignLink || e.Title != "Stand-up" || e.Calendar != cal.ID {
			t.Errorf("the first is %+v", e)
		}
		if e := a.Entries[2]; e.LinkKind != OwnLink || e.Number != "123456789" {
			t.Errorf("ours is %+v", e)
		}

		// Only one of them, by an address that is not the front page.
		n.URL, n.Calendars, n.Name = home, []string{"/" + user + "/home/"}, "At home"
		only, err := h.Connect(ctx, ann, n)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Disconnect(ctx, ann, cal.ID); err != nil {
			t.Fatal(err)
		}
		a, err = h.Agenda(ctx, ann, from, from.AddDate(0, 0, 14))
		if err != nil || written(a.Entries) != "day 07-02T00:00/07-03" || a.Entries[0].Calendar != only.ID {
			t.Errorf("one of them says %+v, %v", a, err)
		}

		n.Password = "wrong"
		if _, err := h.Connect(ctx, ann, n); problemIn(err) != ProblemSignIn {
			t.Errorf("with a wrong password: %v", err)
		}
		n.Password, n.Calendars = password, []string{"/" + user + "/nowhere/"}
		if _, err := h.Connect(ctx, ann, n); problemIn(err) != ProblemNotFound {
			t.Errorf("a calendar that is not there: %v", err)
		}
		n.URL, n.Calendars = server+"/.web/", nil
		if _, err := h.Connect(ctx, ann, n); err != nil && problemIn(err) == "" {
			t.Errorf("an address beside it: %v", err)
		}
		guarded := newHouse(t, d, client(t))
		n.URL = server
		if _, err := guarded.Connect(ctx, ann, n); problemIn(err) != ProblemAddress {
			t.Errorf("an address that only this machine reaches: %v", err)
		}
	}, migrations...)
}
