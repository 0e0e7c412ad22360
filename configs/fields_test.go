package configs

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// TestEveryKeyCanBeLoadedAndPrinted: a new field of a part's Config must be of
// a type that the loader, the environment and the printer know.
func TestEveryKeyCanBeLoadedAndPrinted(t *testing.T) {
	cfg := Default()
	key := regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`)
	seen := map[string]string{}
	for _, leaf := range leaves(reflect.ValueOf(&cfg).Elem(), "") {
		if !key.MatchString(leaf.path) {
			t.Errorf("key %q: is a yaml tag missing?", leaf.path)
		}
		if other, taken := seen[EnvName(leaf.path)]; taken {
			t.Errorf("%s and %s have one environment variable", leaf.path, other)
		}
		seen[EnvName(leaf.path)] = leaf.path
		kind := leaf.value.Kind()
		switch {
		case kind == reflect.Slice && leaf.value.Type().Elem().Kind() == reflect.String:
		case kind == reflect.String, kind == reflect.Bool, leaf.value.CanInt(), leaf.value.CanFloat():
		default:
			t.Errorf("%s: a %s can't be loaded", leaf.path, leaf.value.Type())
		}
	}
}

// TestPrintIsLoadable: what `config print` shows is a configuration.
func TestPrintIsLoadable(t *testing.T) {
	want := Default()
	want.RTC.Advertise = []string{"192.0.2.1", "2001:db8::1"}
	want.HTTP.PublicURL = "https://meet.example.org: #1"
	text, err := want.Print()
	if err != nil {
		t.Fatal(err)
	}
	var got Config
	if err := decode(&got, "printed", []byte(text)); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	again, err := got.Print()
	if err != nil {
		t.Fatal(err)
	}
	if again != text {
		t.Errorf("printed:\n%s\nand again:\n%s", text, again)
	}
	if got.HTTP.PublicURL != want.HTTP.PublicURL || !reflect.DeepEqual(got.RTC.Advertise, want.RTC.Advertise) {
		t.Errorf("printed and loaded: %+v", got)
	}
}

func TestSecretsAreRedacted(t *testing.T) {
	type section struct {
		Shown  string   `yaml:"shown"`
		Secret string   `yaml:"secret" secret:"true"`
		Unset  string   `yaml:"unset" secret:"true"`
		Keys   []string `yaml:"keys" secret:"true"`
	}
	type top struct {
		Section section `yaml:"section"`
	}
	node := printable(reflect.ValueOf(top{section{"visible", "hunter2", "", []string{"hunter3"}}}))
	var b strings.Builder
	for _, n := range node.Content[1].Content {
		b.WriteString(n.Value + "\n")
	}
	text := b.String()
	if strings.Contains(text, "hunter") || strings.Count(text, redacted) != 2 || !strings.Contains(text, "visible") {
		t.Errorf("printed:\n%s", text)
	}
}

// FuzzDecode: no text makes the loader panic, and what it accepts can be printed.
func FuzzDecode(f *testing.F) {
	f.Add(Example)
	f.Add("rtc: {listen: [1, 2]}\n")
	f.Add("a: &x 1\nb: *x\n")
	f.Add("- 1\n---\n- 2\n")
	f.Fuzz(func(t *testing.T, text string) {
		cfg := Default()
		if decode(&cfg, "fuzz", []byte(text)) != nil {
			return
		}
		if _, err := cfg.Print(); err != nil {
			t.Errorf("print: %v", err)
		}
	})
}
