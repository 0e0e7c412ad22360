package archtest

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rule says what a package may import from this module besides its own
// subfolders and internal/*, and which modules of others it may use.
type rule struct {
	dir     string   // the package and, unless they have a rule, its subfolders
	own     []string // packages of this module; "*" is all of them
	outside []string // modules of others, by prefix
	never   []string // packages that look allowed and are not
}

// rules are the table of docs/architecture.md, "Who may import whom". A new
// top-level folder gets its row here first.
var rules = []rule{
	{dir: "cmd", own: []string{"*"}, outside: []string{
		"github.com/alecthomas/kong", "filippo.io/age", "github.com/prometheus/client_golang", "golang.org/x/sys"}},
	{dir: "configs", own: []string{"sfu", "sfu/rtc", "signaling"}, outside: []string{"gopkg.in/yaml.v3"}},
	{dir: "controlapi", own: []string{"access", "sfu", "services/accounts", "services/meetings", "services/webhooks", "services/calendars"}, outside: []string{
		"github.com/coder/websocket", "github.com/danielgtaylor/huma/v2", "github.com/prometheus/client_golang", "golang.org/x/time"}},
	{dir: "services/meetings", own: []string{"access"}, outside: []string{
		"github.com/teambition/rrule-go", "github.com/emersion/go-ical", "github.com/oklog/ulid/v2"}},
	{dir: "services/webhooks", own: []string{"access"}, outside: []string{
		"github.com/oklog/ulid/v2", "github.com/prometheus/client_golang"}},
	{dir: "services/calendars", own: []string{"access"}, outside: []string{
		"github.com/emersion/go-ical", "github.com/emersion/go-webdav", "github.com/oklog/ulid/v2", "github.com/teambition/rrule-go", "golang.org/x/oauth2"}},
	{dir: "services/accounts", own: []string{"access"}, outside: []string{
		"github.com/alexedwards/argon2id", "github.com/coreos/go-oidc/v3", "github.com/oklog/ulid/v2", "github.com/pquerna/otp",
		"golang.org/x/image", "golang.org/x/oauth2", "golang.org/x/text"}},
	{dir: "signaling", own: []string{"sfu", "sfu/rtc", "access"}, outside: []string{
		"github.com/coder/websocket", "github.com/oklog/ulid/v2", "github.com/prometheus/client_golang",
		"github.com/pion/sdp/v3", "golang.org/x/time"}},
	{dir: "access", own: []string{"sfu"}, outside: []string{
		"github.com/golang-jwt/jwt/v5", "golang.org/x/time"}},
	{dir: "sfu/rtc", own: []string{"sfu"}, outside: []string{
		"github.com/pion/", "github.com/prometheus/client_golang", "golang.org/x/net", "golang.org/x/sys"}},
	{dir: "sfu/sfutest", own: []string{"sfu"}, outside: []string{
		"github.com/pion/rtp", "github.com/pion/rtcp", "github.com/prometheus/client_golang"}},
	{dir: "sfu", outside: []string{
		"github.com/pion/rtp", "github.com/pion/rtcp", "github.com/oklog/ulid/v2", "github.com/prometheus/client_golang"},
		never: []string{"net", "net/http"}},
	{dir: "internal/srtp", outside: []string{"golang.org/x/sys"}},
	{dir: "internal/db", outside: []string{
		"modernc.org/sqlite", "github.com/jackc/pgx/v5", "github.com/pressly/goose/v3", "golang.org/x/text"}},
	{dir: "internal/db/dbtest", own: []string{"internal/db"}, outside: []string{"go.uber.org/goleak"}},
	{dir: "internal/db/powercut", outside: []string{"modernc.org/sqlite", "modernc.org/libc"}},
	{dir: "internal/eventlog", own: []string{"internal/db"}, outside: []string{"github.com/oklog/ulid/v2"}},
	{dir: "internal/bus", outside: []string{"github.com/nats-io/nats-server/v2", "github.com/nats-io/nats.go"}},
	{dir: "internal/backup", own: []string{"internal/db"}, outside: []string{"filippo.io/age"}},
	{dir: "internal/mail", own: []string{"internal/db"}, outside: []string{"github.com/wneessen/go-mail", "github.com/oklog/ulid/v2"}},
	{dir: "internal/outbound"},
	{dir: "internal"},
	{dir: "bench", own: []string{"sfu", "sfu/rtc"}, outside: []string{
		"github.com/pion/", "github.com/prometheus/client_golang", "golang.org/x/sys"}},
	{dir: "e2e", outside: []string{
		"github.com/pion/", "github.com/coder/websocket", "github.com/golang-jwt/jwt/v5", "golang.org/x/sys"}},
	{dir: "web"},
}

// importedOnlyBy: packages that are the top of the house.
var importedOnlyBy = map[string]string{
	"cmd":     "",
	"configs": "cmd",
}

// testOnly may be imported by test files of any package.
var testOnly = []string{
	"switchyard/sfu/sfutest",
	"switchyard/internal/db/dbtest",
	"switchyard/internal/db/powercut",
	"go.uber.org/goleak",
	"github.com/prometheus/client_golang",
	"github.com/prometheus/client_model",
	"github.com/pion/",
	"github.com/coder/websocket",
	"github.com/golang-jwt/jwt/v5",
	"github.com/santhosh-tekuri/jsonschema/v6",
	"github.com/nats-io/",
	"gopkg.in/yaml.v3",
}

// tools are commands for developers: they are no part of the program.
var tools = []string{"bench", "e2e"}

func isTool(dir string) bool {
	return slices.ContainsFunc(tools, func(t string) bool { return under(dir, t) })
}

func under(pkg, dir string) bool {
	return pkg == dir || strings.HasPrefix(pkg, dir+"/")
}

func ruleOf(dir string) *rule {
	var best *rule
	for i, r := range rules {
		if under(dir, r.dir) && (best == nil || len(r.dir) > len(best.dir)) {
			best = &rules[i]
		}
	}
	return best
}

func prefixed(path string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool {
		return path == p || strings.HasPrefix(path, strings.TrimSuffix(p, "/")+"/")
	})
}

func TestImports(t *testing.T) {
	for _, f := range goFiles(t) {
		r := ruleOf(f.dir)
		if r == nil {
			t.Errorf("%s: folder %s has no row in the import rules", f.path, f.dir)
			continue
		}
		for _, spec := range f.syntax.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatalf("%s: %v", f.line(spec), err)
			}
			if fault := r.judge(f, path); fault != "" {
				t.Errorf("%s: %s imports %s: %s", f.line(spec), f.dir, path, fault)
			}
		}
	}
}

// judge returns what is wrong with the file's importing path, or nothing.
func (r *rule) judge(f *goFile, path string) string {
	if f.test && prefixed(path, testOnly) {
		return ""
	}
	if !f.test && slices.Contains(r.never, path) {
		return "never"
	}
	own, ours := strings.CutPrefix(path, module+"/")
	if !ours {
		standard := !strings.Contains(strings.SplitN(path, "/", 2)[0], ".")
		if standard || prefixed(path, r.outside) {
			return ""
		}
		return "this module is not listed for it in internal/archtest"
	}
	for top, importer := range importedOnlyBy {
		if under(own, top) && !under(f.dir, top) && (importer == "" || !under(f.dir, importer)) {
			return "nothing below cmd imports it"
		}
	}
	switch {
	case under(own, "sfu/sfutest") && !under(f.dir, "sfu/sfutest"):
		return "only tests may"
	case under(own, "internal/db/dbtest") || under(own, "internal/db/powercut"):
		return "only tests may"
	case under(own, "e2e"):
		return "e2e is nobody's dependency"
	case under(own, f.dir) || f.test && under(f.dir, own):
		return ""
	case under(own, "internal"):
		if under(f.dir, "internal") && !slices.Contains(r.own, own) {
			return "packages in internal are leaves, unless their rule says otherwise"
		}
		return ""
	case under(f.dir, r.dir) && r.dir != "internal" && under(own, r.dir) && ruleOf(own) == r:
		return "" // another subfolder of the same part
	case slices.Contains(r.own, "*") || slices.Contains(r.own, own):
		return ""
	}
	return "that is sideways or up; it may import " + strings.Join(append(r.own, "internal/*"), ", ")
}

// TestNobodyReadsMediaThroughPeerConnection: the media path is sfu/rtc's own.
func TestNobodyReadsMediaThroughPeerConnection(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test || isTool(f.dir) {
			continue
		}
		for _, spec := range f.syntax.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if under(path, "github.com/pion/webrtc/v4") || under(path, "github.com/pion/interceptor") {
				t.Errorf("%s imports %s: only tests may, as somebody else's client", f.line(spec), path)
			}
		}
	}
}
