package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/internal/db"
)

// failures are the entries about sign-ins that failed, the newest first, with how many each counts.
func (r *rig) failures(c Caller) (entries []AuditEntry, counts []map[string]int) {
	r.t.Helper()
	all, err := r.AuditLog(r.t.Context(), c, "", maxPage)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, e := range all {
		var detail struct{ Failed map[string]int }
		if err := json.Unmarshal(e.Detail, &detail); err != nil {
			r.t.Fatal(err)
		}
		if detail.Failed != nil {
			entries, counts = append(entries, e), append(counts, detail.Failed)
		}
	}
	return entries, counts
}

func TestFailedSignInsAreWrittenDown(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.withPassword("bob")
		secret, _ := r.secondFactor(bob)
		for range 3 {
			r.signInFrom(abroad, "bob@example.org", r.secret("not this password"), "")
		}
		r.signInFrom(abroad, "bob@example.org", goodPassword, "") // asked for the code: no failure
		r.signInFrom(abroad, "bob@example.org", goodPassword, "000000")
		r.signInFrom(home, "bob@example.org", "not this password", "")
		r.signInFrom(abroad, r.secret("my secret password"), "not this password", "")
		r.signInFrom(abroad, "nobody@example.org", "not this password", "")
		entries, counts := r.failures(r.admin)
		if len(entries) != 3 {
			t.Fatalf("%+v", entries)
		}
		for i, want := range []struct {
			subject, address string
			password, code   int
		}{{"", abroad.String(), 2, 0}, {"user:" + bob.ID, home.String(), 1, 0}, {"user:" + bob.ID, abroad.String(), 3, 1}} {
			e := entries[i]
			if e.Subject != want.subject || e.Address != want.address || e.Actor != "" || e.Action != string(access.SignIn) || !e.At.Equal(r.now()) ||
				counts[i]["password"] != want.password || counts[i]["code"] != want.code {
				t.Errorf("%+v %v, want %+v", e, counts[i], want)
			}
			if strings.Contains(string(e.Detail), "example.org") {
				t.Errorf("an address is in %s", e.Detail)
			}
		}
		r.clock.pass(failureWindow)
		r.signInFrom(abroad, "bob@example.org", "not this password", "")
		if _, counts := r.failures(r.admin); len(counts) != 4 || counts[0]["password"] != 1 {
			t.Errorf("a minute later: %v", counts)
		}
		r.clock.pass(maxDelay)
		if _, err := r.signInFrom(abroad, "bob@example.org", goodPassword, r.code(secret, r.now())); err != nil {
			t.Fatal(err)
		}
		if err := r.DeleteUser(t.Context(), r.fresh(r.admin), bob.ID); err != nil {
			t.Fatal(err)
		}
		entries, _ = r.failures(r.admin)
		for _, e := range entries {
			if e.Subject == "user:"+bob.ID && e.Address != "" {
				t.Errorf("of who was deleted %+v is left", e)
			}
		}
	})
}

// TestFailuresOfASession: who guesses in a session that it found open is written down too.
func TestFailuresOfASession(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.withPassword("bob")
		r.Reauthenticate(t.Context(), bob, "not this password", "")
		r.ChangePassword(t.Context(), bob, "not this password", "whatever it may be", false)
		if entries, counts := r.failures(r.admin); len(entries) != 1 || counts[0]["password"] != 2 || entries[0].Subject != "user:"+bob.ID {
			t.Errorf("%+v %v", entries, counts)
		}
	})
}

// TestFailuresDoNotFillTheDatabase: guessing from everywhere is counted, in few entries.
func TestFailuresDoNotFillTheDatabase(t *testing.T) {
	var f failedSignIns
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	const each = 1000
	for i := range each {
		at := now.Add(time.Duration(i) * time.Millisecond)
		from := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}).String()
		f.count(failureKey{"", from}, "password", at)
		f.count(failureKey{fmt.Sprint("user", i%100), from}, "password", at)
	}
	total := int64(0)
	for _, e := range f.entries {
		total += e.counts["password"]
	}
	if len(f.entries) != 2*maxFailures+1 || total != 2*each {
		t.Errorf("%d entries of %d failures", len(f.entries), total)
	}
	f.count(failureKey{"bob", "10.0.0.1"}, "code", now.Add(failureWindow))
	if len(f.entries) != 1 {
		t.Errorf("%d entries a minute later", len(f.entries))
	}
}

// TestFailuresDoNotWaitForEachOther: while entries cannot be written, nobody waits for longer than its own patience; nothing is lost of
// what was counted meanwhile.
func TestFailuresDoNotWaitForEachOther(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		fail := func() { r.auditFailure(t.Context(), Caller{Address: abroad}, &userRow{}, ErrWrong) }
		fail()
		locked, release := make(chan struct{}), make(chan struct{})
		var holder, guessers sync.WaitGroup
		holder.Go(func() {
			err := r.db.Write(context.WithoutCancel(t.Context()), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), `UPDATE audit_entry SET detail = detail`)
				close(locked)
				<-release
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-locked
		begun := time.Now()
		for range 5 {
			guessers.Go(fail)
		}
		guessers.Wait()
		if took := time.Since(begun); took < failurePatience/2 || took > 2*failurePatience {
			t.Errorf("five failures took %v", took)
		}
		close(release)
		holder.Wait()
		fail()
		if _, counts := r.failures(r.admin); len(counts) != 1 || counts[0]["password"] != 7 {
			t.Errorf("counted: %v", counts)
		}
		for range 30 {
			guessers.Go(fail)
		}
		guessers.Wait()
		if _, counts := r.failures(r.admin); len(counts) != 1 || counts[0]["password"] != 37 {
			t.Errorf("counted at once: %v", counts)
		}
	})
}
