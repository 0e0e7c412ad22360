package configs

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestDefaultIsValid(t *testing.T) {
	cfg, err := Load(Sources{})
	if err != nil {
		t.Fatalf("no configuration at all: %v", err)
	}
	if !reflect.DeepEqual(cfg, Default()) {
		t.Errorf("no configuration at all gives %+v", cfg)
	}
}

func TestGoodFiles(t *testing.T) {
	for _, file := range fixtures(t, "good") {
		if _, err := Load(Sources{File: file}); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestBadFiles: each bad file says in its comments which faults it has; those
// and no others must be found.
func TestBadFiles(t *testing.T) {
	for _, file := range fixtures(t, "bad") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for line := range strings.Lines(string(text)) {
				if fault, ok := strings.CutPrefix(line, "# fault: "); ok {
					want = append(want, strings.TrimSpace(fault))
				}
			}
			if len(want) == 0 {
				t.Fatalf("%s names no fault", file)
			}
			_, err = Load(Sources{File: file})
			if err == nil {
				t.Fatalf("%s loads", file)
			}
			got := strings.Split(err.Error(), "\n")
			for _, w := range want {
				if !containing(got, w) {
					t.Errorf("no fault says %q; they are:\n%v", w, err)
				}
			}
			if len(got) != len(want) {
				t.Errorf("%d faults, want %d:\n%v", len(got), len(want), err)
			}
		})
	}
}

func containing(lines []string, part string) bool {
	for _, line := range lines {
		if strings.Contains(line, part) {
			return true
		}
	}
	return false
}

func fixtures(t *testing.T, kind string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", kind, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no %s fixtures: %v", kind, err)
	}
	return files
}

func TestThereAreMoreBadFixturesThanGood(t *testing.T) {
	if good, bad := len(fixtures(t, "good")), len(fixtures(t, "bad")); bad <= 2*good {
		t.Errorf("%d good and %d bad fixtures", good, bad)
	}
}

func TestFileThatCannotBeRead(t *testing.T) {
	if _, err := Load(Sources{File: filepath.Join(t.TempDir(), "absent.yaml")}); err == nil || !strings.Contains(err.Error(), "open the configuration") {
		t.Errorf("an absent file: %v", err)
	}
	large := filepath.Join(t.TempDir(), "large.yaml")
	if err := os.WriteFile(large, []byte(strings.Repeat("#\n", maxFile)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(Sources{File: large}); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("a large file: %v", err)
	}
}

func TestOrderOfSources(t *testing.T) {
	file := filepath.Join(t.TempDir(), "switchyard.yaml")
	text := "http:\n  listen: ':1'\nrtc:\n  listen: ':1'\n  advertise: [192.0.2.1]\nsfu:\n  empty_room: 2m\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := Load(Sources{
		File: file,
		Environ: []string{"SWITCHYARD_RTC_LISTEN=:2", "SWITCHYARD_HTTP_LISTEN=:2", "SWITCHYARD_RTC_ADVERTISE=192.0.2.2, 192.0.2.3",
			"SWITCHYARD_RTC_TCP=false", "SWITCHYARD_RTC_MAX_PEERS=7", "HOME=/root"},
		Flags: func(cfg *Config) { cfg.HTTP.Listen = ":3" },
	})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.SFU.EmptyRoom != 2*time.Minute || cfg.RTC.Listen != ":2" || cfg.HTTP.Listen != ":3" {
		t.Errorf("file, environment, flag: %v, %q, %q", cfg.SFU.EmptyRoom, cfg.RTC.Listen, cfg.HTTP.Listen)
	}
	if want := []string{"192.0.2.2", "192.0.2.3"}; !reflect.DeepEqual(cfg.RTC.Advertise, want) || cfg.RTC.TCP || cfg.RTC.MaxPeers != 7 {
		t.Errorf("environment: %v, %v, %d", cfg.RTC.Advertise, cfg.RTC.TCP, cfg.RTC.MaxPeers)
	}
}

func TestBadEnvironment(t *testing.T) {
	cases := map[string]string{
		"SWITCHYARD_RTC_TCP=yes":               `environment SWITCHYARD_RTC_TCP: "yes" is not true or false`,
		"SWITCHYARD_RTC_MAX_PEERS=many":        `environment SWITCHYARD_RTC_MAX_PEERS: "many" is not an integer`,
		"SWITCHYARD_SFU_EMPTY_ROOM=60":         `environment SWITCHYARD_SFU_EMPTY_ROOM: "60" is not a duration`,
		"SWITCHYARD_SFU_VIDEO_CODECS=":         "sfu.video_codecs: empty",
		"SWITCHYARD_SFU_VIDEO_CODECS=vp8,h265": `sfu.video_codecs[1]: "h265" is not one of`,
		"SWITCHYARD_LOG_LEVEL=loud":            `log.level: "loud" is not one of debug, info, warn, error`,
		"SWITCHYARD_DATA=":                     `data: "" is not a directory`,
	}
	for entry, want := range cases {
		_, err := Load(Sources{Environ: []string{entry}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", entry, err, want)
		}
	}
}

func TestUnknownEnviron(t *testing.T) {
	got := UnknownEnviron([]string{"SWITCHYARD_HTTP_LISTNE=:1", "SWITCHYARD_CONFIG=x", "SWITCHYARD_HTTP_LISTEN=:1", "PATH=/bin", "odd"})
	if want := []string{"SWITCHYARD_HTTP_LISTNE"}; !reflect.DeepEqual(got, want) {
		t.Errorf("unknown: %v, want %v", got, want)
	}
}
