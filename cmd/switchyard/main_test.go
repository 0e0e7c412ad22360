package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"switchyard/access"
	"switchyard/sfu"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run runs one command line to its end.
func run(t *testing.T, environ []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, faults bytes.Buffer
	code = Run(t.Context(), t.Context(), process{args, environ, &out, &faults})
	return code, out.String(), faults.String()
}

func TestCommandLines(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("rtc: {listne: ':1'}\nlog: {level: loud}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	data := "--data=" + t.TempDir()
	cases := []struct {
		args           []string
		environ        []string
		code           int
		stdout, stderr string // parts of it
	}{
		{args: []string{"version"}, stdout: "switchyard " + version},
		{args: []string{"--help"}, stdout: "Usage: switchyard"},
		{args: []string{"serve", "--help"}, stdout: "--media"},
		{args: []string{}, code: exitUsage, stderr: "expected one of"},
		{args: []string{"bench", "--time=1h"}, code: exitUsage, stderr: "--time: 1h0m0s is not between 100ms and 30s"},
		{args: []string{"bench", "--share=3"}, code: exitUsage, stderr: "--share: 3 is not between 0.1 and 1"},
		{args: []string{"bench", "--time=200ms"}, stdout: "conferences of 30, sound only"},
		{args: []string{"dance"}, code: exitUsage, stderr: "dance"},
		{args: []string{"serve", "--bogus"}, code: exitUsage, stderr: "--bogus"},
		{args: []string{"serve", "--tls=maybe", data}, code: exitUsage, stderr: `--tls: "maybe" is not self-signed, off or CERT,KEY`},
		{args: []string{"serve", "--tls=a.pem,b.pem", "--http=127.0.0.1:0", "--media=127.0.0.1:0", data}, code: exitListen, stderr: "load the certificate"},
		{args: []string{"serve", "--http=8080", data}, code: exitUsage, stderr: `http.listen: "8080"`},
		{args: []string{"serve", "--config=" + bad}, code: exitUsage, stderr: "bad.yaml:1: rtc.listne: unknown key"},
		{args: []string{"config", "check", "--config=" + bad}, code: exitUsage, stderr: `log.level: "loud"`},
		{args: []string{"config", "check"}, environ: []string{"SWITCHYARD_CONFIG=" + bad}, code: exitUsage, stderr: "rtc.listne"},
		{args: []string{"config", "check"}, environ: []string{"SWITCHYARD_LOG_LEVEL=warn"}, stdout: "right"},
		{args: []string{"config", "check"}, environ: []string{"SWITCHYARD_LOG_LEVLE=warn"}, stdout: "right", stderr: "SWITCHYARD_LOG_LEVLE"},
		{args: []string{"config", "print"}, environ: []string{"SWITCHYARD_RTC_LISTEN=:7999"}, stdout: "listen: :7999"},
		{args: []string{"config", "default"}, stdout: "# Switchyard's configuration"},
		{args: []string{"token", "--identity=b", data}, code: exitUsage, stderr: "--room"},
		{args: []string{"token", "--room=", "--identity=b", data}, code: exitUsage, stderr: "claim room: missing"},
		{args: []string{"token", "--room=a", "--identity=b", "--ttl=0s", data}, code: exitUsage, stderr: "--ttl"},
		{args: []string{"token", "--room=a", "--identity=b", "--ttl=9000h", data}, code: exitUsage, stderr: "--ttl"},
		{args: []string{"token", "--room=a", "--identity=b", "--grant=rule", data}, code: exitUsage, stderr: `grant "rule" is not one of`},
	}
	for _, c := range cases {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			code, stdout, stderr := run(t, c.environ, c.args...)
			if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) {
				t.Errorf("exit %d, want %d\nstdout: %s(want %q)\nstderr: %s(want %q)", code, c.code, stdout, c.stdout, stderr, c.stderr)
			}
		})
	}
}

func TestTokenIsTheServersOwn(t *testing.T) {
	dir := t.TempDir()
	code, stdout, stderr := run(t, nil, "token", "--data", dir, "--room", "standup", "--identity", "ann", "--name", "Ann",
		"--grant", "subscribe", "--grant", "message", "--ttl", "1h")
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	keys, err := access.LoadOrCreateKey(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	claims, err := keys.VerifyAgain(strings.TrimSpace(stdout))
	if err != nil {
		t.Fatal(err)
	}
	if claims.Room != "standup" || claims.Identity != "ann" || claims.Name != "Ann" || claims.Grants != sfu.MaySubscribe|sfu.MayMessage {
		t.Errorf("claims %+v", claims)
	}
}
