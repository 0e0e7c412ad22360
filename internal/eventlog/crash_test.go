package eventlog_test

import (
	"bufio"
	"bytes"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/db/dbtest"
	"switchyard/internal/eventlog"
)

// TestKilledAgainAndAgain: a program that writes is killed at random moments. Whatever
// it has acknowledged is there afterwards, each change has its event and each event
// its change. With powercut it loses what it had not synced, too.
func TestKilledAgainAndAgain(t *testing.T) {
	rounds := 50
	if testing.Short() {
		rounds = 5
	}
	for _, c := range []struct{ name, kind, options string }{
		{"sqlite", "sqlite", ""},
		{"sqlite without power", "sqlite", "?vfs=" + powercutVFS},
		{"postgres", "postgres", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := dbtest.URL(t, c.kind)
			prepare(t, url)
			acknowledged := map[string]bool{}
			for round := range rounds {
				before := len(acknowledged)
				starting := round%5 == 4 // it may not come to writing
				runAndKill(t, url+c.options, starting, acknowledged)
				if len(acknowledged) == before && !starting {
					t.Error("it acknowledged nothing")
				}
				check(t, url, acknowledged)
				if t.Failed() {
					return
				}
			}
			t.Logf("%d changes in %d rounds", len(acknowledged), rounds)
		})
	}
}

// prepare makes the tables, and check reads them, each with a DB of its own: while the
// other program runs, nobody else has the database open.
func prepare(t *testing.T, url string) {
	t.Helper()
	d, err := db.Open(t.Context(), url, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Migrate(t.Context(), t.TempDir(), eventlog.Migrations(), things); err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, url string, acknowledged map[string]bool) {
	t.Helper()
	d, err := db.Open(t.Context(), url, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	want := map[string]bool{}
	for id := range acknowledged {
		want[id] = true
	}
	wantAgreement(t, d, want)
}

// runAndKill runs a program that writes, collects what it acknowledges and kills it,
// while it starts or after its first change.
func runAndKill(t *testing.T, url string, starting bool, acknowledged map[string]bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(self)
	child.Env = append(os.Environ(), crashURL+"="+url)
	var faults bytes.Buffer
	child.Stderr = &faults
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var kill *time.Timer
	if starting {
		kill = time.AfterFunc(rand.N(100*time.Millisecond), func() { child.Process.Kill() })
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if kill == nil {
			kill = time.AfterFunc(rand.N(300*time.Millisecond), func() { child.Process.Kill() })
		}
		acknowledged[lines.Text()] = true
	}
	child.Wait()
	if status, _ := child.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Errorf("it ended by itself: %v: %s", child.ProcessState, faults.Bytes())
	}
}
