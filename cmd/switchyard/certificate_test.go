package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSelfSignedCertificateIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	names := []string{"localhost", "127.0.0.1", "192.0.2.7", "2001:db8::7"}
	now := time.Now()
	first, err := selfSigned(dir, names, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := first.Leaf.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	if life := first.Leaf.NotAfter.Sub(first.Leaf.NotBefore); life > 825*24*time.Hour {
		t.Errorf("good for %v, which some systems refuse", life)
	}
	if info, err := os.Stat(filepath.Join(dir, "key.pem")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v, %v", info.Mode(), err)
	}
	for _, c := range []struct {
		what  string
		names []string
		at    time.Time
		same  bool
	}{
		{"again", names, now, true},
		{"fewer names", names[:2], now.Add(24 * time.Hour), true},
		{"another address", append(names, "192.0.2.8"), now, false},
		{"old", names, now.Add(certificateLife - certificateRenew + time.Hour), false},
	} {
		kept := t.TempDir()
		if err := os.CopyFS(kept, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		got, err := selfSigned(kept, c.names, c.at)
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if same := bytes.Equal(got.Certificate[0], first.Certificate[0]); same != c.same {
			t.Errorf("%s: the same certificate: %v, want %v", c.what, same, c.same)
		}
	}
	if f := fingerprint(first); len(f) != 95 || strings.Trim(f, "0123456789ABCDEF:") != "" {
		t.Errorf("fingerprint %q", f)
	}
}

func TestDamagedCertificateIsTold(t *testing.T) {
	dir := t.TempDir()
	if _, err := selfSigned(dir, []string{"localhost"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cert.pem"), []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := selfSigned(dir, []string{"localhost"}, time.Now()); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("damaged: %v", err)
	}
}

func TestCertificateNamesAreSortedAndComplete(t *testing.T) {
	names := certificateNames("meet.example.org", "", "192.0.2.9", "localhost")
	for _, want := range []string{"localhost", "127.0.0.1", "::1", "meet.example.org", "192.0.2.9"} {
		if count := strings.Count(" "+strings.Join(names, " ")+" ", " "+want+" "); count != 1 {
			t.Errorf("%s is there %d times in %v", want, count, names)
		}
	}
}
