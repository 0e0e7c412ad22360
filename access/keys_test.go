package access

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func TestKeyFileIsMadeOnceAndPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data", "keys")
	first, err := LoadOrCreateKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	second, err := LoadOrCreateKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	if string(first.secrets[0]) != string(second.secrets[0]) {
		t.Error("the second start has another key")
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, KeyFile): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v, want %v", path, info.Mode().Perm(), err, want)
		}
	}
	text, _ := os.ReadFile(filepath.Join(dir, KeyFile))
	line := strings.TrimSuffix(string(text), "\n")
	if len(line) != 43 {
		t.Errorf("%d characters of key, want 43 (256 bits)", len(line))
	}
	// Whoever can read the file can sign with its text.
	token := forge(t, jwt.SigningMethodHS256, []byte(line), jwt.MapClaims{"room": "r", "exp": now.Unix()})
	if _, err := first.Verify(token, now); err != nil {
		t.Error(err)
	}
	if s := fmt.Sprintf("%v %s", first, first); strings.Contains(s, line) {
		t.Error("the key prints itself")
	}
	left, _ := os.ReadDir(dir)
	if len(left) != 1 {
		t.Errorf("files left in %s: %v", dir, left)
	}
}

func TestKeyFileStartedTwiceAtOnce(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	loaded := make([]*Keys, 8)
	for i := range loaded {
		wg.Go(func() {
			k, err := LoadOrCreateKey(dir)
			if err != nil {
				t.Error(err)
			}
			loaded[i] = k
		})
	}
	wg.Wait()
	k, err := LoadOrCreateKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, other := range loaded {
		if other == nil || string(other.secrets[0]) != string(k.secrets[0]) {
			t.Errorf("start %d has a key that is not in the file", i)
		}
	}
}

func TestBadKeyFiles(t *testing.T) {
	for _, c := range []struct {
		name, content string
		mode          os.FileMode
		says          string
	}{
		{"empty", "\n\n", 0o600, "0 signing keys is not between 1 and 16"},
		{"short", "hunter2\n", 0o600, "signing key 1: 7 bytes is not between 32 and 1024"},
		{"second short", strings.Repeat("k", 43) + "\nx\n", 0o600, "signing key 2: 1 bytes"},
		{"many", strings.Repeat(strings.Repeat("k", 32)+"\n", 17), 0o600, "17 signing keys"},
		{"huge", strings.Repeat("k", 1<<20), 0o600, "1048576 bytes is more than"},
		{"readable by others", strings.Repeat("k", 43), 0o644, "mode 0644 lets others read or write it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, KeyFile)
			if err := os.WriteFile(path, []byte(c.content), c.mode); err != nil {
				t.Fatal(err)
			}
			_, err := LoadOrCreateKey(dir)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "load the signing key") {
				t.Errorf("%v does not say %q", err, c.says)
			}
		})
	}
}

func TestInvitation(t *testing.T) {
	dir := t.TempDir()
	i, err := LoadOrCreateInvitation(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := LoadOrCreateInvitation(dir)
	if err != nil || again.Code() != i.Code() {
		t.Fatalf("the second start has another code (%v)", err)
	}
	if !again.Matches(i.Code()) || again.Matches("") || again.Matches(i.Code()+"x") || again.Matches(strings.ToUpper(i.Code())) {
		t.Error("Matches is wrong")
	}
	if fmt.Sprint(i) != "redacted" {
		t.Error("the code prints itself")
	}
	if err := os.WriteFile(filepath.Join(dir, InvitationFile), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreateInvitation(dir); err == nil {
		t.Error("a short code was accepted")
	}
}

func TestGuesses(t *testing.T) {
	g := NewGuesses(3, 10*time.Second)
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	at := now
	for range 3 {
		if g.Wait(a, at) != 0 {
			t.Fatal("refused too early")
		}
		g.Wrong(a, at)
	}
	if wait := g.Wait(a, at); wait != 10*time.Second {
		t.Errorf("wait %v", wait)
	}
	if g.Wait(b, at) != 0 {
		t.Error("a stranger has to wait too")
	}
	at = at.Add(10 * time.Second)
	if g.Wait(a, at) != 0 {
		t.Error("nothing was paid back")
	}
	g.Wrong(a, at)
	if g.Wait(a, at) == 0 {
		t.Error("more than one was paid back")
	}
	// One IPv6 network is one guesser, and IPv4 in IPv6 is IPv4.
	for range 3 {
		g.Wrong(netip.MustParseAddr("2001:db8::1"), at)
	}
	if g.Wait(netip.MustParseAddr("2001:db8::ffff:2"), at) == 0 {
		t.Error("the neighbour in the same /64 may go on")
	}
	if g.Wait(netip.MustParseAddr("::ffff:192.0.2.1"), at) == 0 {
		t.Error("an IPv4-mapped address is a stranger")
	}
}

func TestGuessesAreBounded(t *testing.T) {
	g := NewGuesses(2, time.Minute)
	addr := func(i int) netip.Addr {
		return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
	}
	for i := range maxGuessers + 100 {
		g.Wrong(addr(i), now)
	}
	if len(g.by) > maxGuessers {
		t.Errorf("%d addresses are kept", len(g.by))
	}
	if g.Wait(addr(maxGuessers+200), now) == 0 {
		t.Error("strangers do not share one allowance")
	}
	g.Wrong(addr(maxGuessers+300), now.Add(time.Hour))
	if len(g.by) != 1 {
		t.Errorf("%d addresses are kept after they owe nothing", len(g.by))
	}
}
