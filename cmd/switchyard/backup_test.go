package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
)

// TestBackupAndRestore: what a running server has, another one has after restoring; people sign in with what they know.
func TestBackupAndRestore(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	s := startServer(t, "--data="+data)
	ada := s.administrator(t)
	ada.call(t, http.StatusCreated, "POST", "/departments", `{"name":"Küche <&> 日本"}`)
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	identity, archive := filepath.Join(dir, "identity"), filepath.Join(dir, "backup.age")
	if err := os.WriteFile(identity, []byte(key.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, fault := run(t, nil, "backup", "--data="+data, "--recipient="+key.Recipient().String(), archive)
	if code != exitOK || !strings.Contains(out, "tables with") {
		t.Fatalf("backup: exit %d: %s %s", code, out, fault)
	}
	if text, err := os.ReadFile(archive); err != nil || strings.Contains(string(text), "example.org") || !strings.HasPrefix(string(text), "age-encryption.org/v1") {
		t.Errorf("the archive is not encrypted (%v)", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".backup-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	// What comes later is not in it.
	ada.call(t, http.StatusCreated, "POST", "/departments", `{"name":"Later"}`)
	s.stop()
	s.wait(t)

	other := filepath.Join(dir, "other")
	if code, out, fault := run(t, nil, "restore", "--data="+other, "--identity="+identity, archive); code != exitOK {
		t.Fatalf("restore: exit %d: %s %s", code, out, fault)
	}
	if code, _, fault := run(t, nil, "restore", "--data="+other, "--identity="+identity, archive); code == exitOK || !strings.Contains(fault, "not empty") {
		t.Errorf("restored over something: exit %d %s", code, fault)
	}
	back := startServer(t, "--data="+other)
	if back.setup != "" {
		t.Error("there are no accounts after restoring")
	}
	again := back.person(t)
	again.call(t, http.StatusOK, "POST", "/auth/login", `{"email":"ada@example.org","password":"a long enough one"}`)
	items := again.call(t, http.StatusOK, "GET", "/departments", "")["items"].([]any)
	if len(items) != 1 || items[0].(map[string]any)["name"] != "Küche <&> 日本" {
		t.Errorf("departments: %v", items)
	}
	if back.code != s.code {
		t.Error("the keys are not those that were backed up")
	}
}

func TestBackupsThatCannotBeRestored(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	s := startServer(t, "--data="+data)
	s.administrator(t)
	pass, wrong, archive := filepath.Join(dir, "pass"), filepath.Join(dir, "wrong"), filepath.Join(dir, "backup.age")
	for file, text := range map[string]string{pass: "a passphrase that is long\n", wrong: "another passphrase\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, fault := run(t, nil, "backup", "--data="+data, "--passphrase-file="+pass, archive); code != exitOK {
		t.Fatal(fault)
	}
	whole, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(dir, "cut.age")
	if err := os.WriteFile(cut, whole[:len(whole)-100], 0o600); err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(dir, "changed.age")
	whole[len(whole)/2] ^= 1
	if err := os.WriteFile(changed, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"another passphrase": {"--passphrase-file=" + wrong, archive},
		"no key":             {archive},
		"cut off":            {"--passphrase-file=" + pass, cut},
		"changed":            {"--passphrase-file=" + pass, changed},
		"not there":          {"--passphrase-file=" + pass, filepath.Join(dir, "nothing")},
	} {
		target := filepath.Join(t.TempDir(), "data")
		code, _, fault := run(t, nil, append([]string{"restore", "--data=" + target}, args...)...)
		if code == exitOK || fault == "" {
			t.Errorf("%s: it was restored", name)
		}
		if entries, _ := os.ReadDir(target); len(entries) > 0 {
			t.Errorf("%s: left behind %v", name, entries)
		}
	}
	if code, _, fault := run(t, nil, "backup", "--data="+data, "--passphrase-file="+pass, archive); code == exitOK {
		t.Errorf("an archive was overwritten: %s", fault)
	}
	if code, _, fault := run(t, nil, "backup", "--data="+data, filepath.Join(dir, "plain")); code != exitUsage {
		t.Errorf("an unencrypted backup: exit %d %s", code, fault)
	}
}
