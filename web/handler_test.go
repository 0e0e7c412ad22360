package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

var built = fstest.MapFS{
	".gitkeep":           {},
	"index.html":         {Data: []byte(`<meta name="csp-nonce" content="__CSP_NONCE__">`)},
	"rtc.js":             {Data: []byte("export {}")},
	"favicon.svg":        {Data: []byte("<svg/>")},
	"icon.png":           {Data: []byte("png")},
	"x.webmanifest":      {Data: []byte("{}")},
	"assets/main-1a2.js": {Data: []byte(strings.Repeat("console.log(1);", 200))},
}

func get(t *testing.T, assets fstest.MapFS, path string, headers ...string) *http.Response {
	t.Helper()
	h, err := newHandler(assets)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestCaching(t *testing.T) {
	for _, tt := range []struct{ path, contentType, cache string }{
		{"/", "text/html; charset=utf-8", "no-cache"},
		{"/index.html", "text/html; charset=utf-8", "no-cache"},
		{"/rtc.js", "text/javascript; charset=utf-8", "no-cache"},
		{"/favicon.svg", "image/svg+xml", "no-cache"},
		{"/icon.png", "image/png", "no-cache"},
		{"/x.webmanifest", "application/manifest+json", "no-cache"},
		{"/assets/main-1a2.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
	} {
		res := get(t, built, tt.path)
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", tt.path, res.StatusCode)
		}
		if got := res.Header.Get("Content-Type"); got != tt.contentType {
			t.Errorf("%s: Content-Type %q, want %q", tt.path, got, tt.contentType)
		}
		if got := res.Header.Get("Cache-Control"); got != tt.cache {
			t.Errorf("%s: Cache-Control %q, want %q", tt.path, got, tt.cache)
		}
	}
}

func TestUnchangedFileIsNotSentAgain(t *testing.T) {
	etag := get(t, built, "/rtc.js").Header.Get("ETag")
	res := get(t, built, "/rtc.js", "If-None-Match", etag)
	if res.StatusCode != http.StatusNotModified || body(t, res.Body) != "" {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestCompression(t *testing.T) {
	res := get(t, built, "/assets/main-1a2.js", "Accept-Encoding", "br, gzip")
	if got := res.Header.Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("Content-Encoding %q", got)
	}
	r, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := body(t, r); got != string(built["assets/main-1a2.js"].Data) {
		t.Errorf("unpacked to %d bytes", len(got))
	}
	if got := get(t, built, "/assets/main-1a2.js").Header.Get("Content-Encoding"); got != "" {
		t.Errorf("compressed for a client that did not ask: %q", got)
	}
}

func TestPagesAndMissingFiles(t *testing.T) {
	const page = "text/html,application/xhtml+xml"
	for _, tt := range []struct {
		path, accept string
		status       int
	}{
		{"/", "*/*", http.StatusOK},
		{"/signin", page, http.StatusOK},
		{"/signin", "*/*", http.StatusOK},
		{"/signin/", page, http.StatusOK},
		{"/m/041988241", page, http.StatusOK},
		{"/m/041988241", "*/*", http.StatusOK}, // who fetches the link for a preview
		{"/m/0419882411", page, http.StatusNotFound},
		{"/m/041988241/people", page, http.StatusNotFound},
		{"/meetings/new", page, http.StatusOK},
		{"/meetings/01J0ABCDEF/edit", page, http.StatusOK},
		{"/meetings/01J0ABCDEF/edit", "*/*", http.StatusOK},
		{"/admin/users", page, http.StatusOK},
		{"/admin", page, http.StatusNotFound},
		{"/rooms/standup", page, http.StatusNotFound},
		{"/rooms/standup", "*/*", http.StatusNotFound},
		{"/signin.js", page, http.StatusNotFound},
		{"/assets/gone-9z8.js", page, http.StatusNotFound},
		{"/../../etc/passwd", "*/*", http.StatusNotFound},
		{"/.gitkeep", "*/*", http.StatusNotFound},
	} {
		if got := get(t, built, tt.path, "Accept", tt.accept).StatusCode; got != tt.status {
			t.Errorf("%s (%s): status %d, want %d", tt.path, tt.accept, got, tt.status)
		}
	}
}

// TestPagesAreTheClientsRoutes: a route that the server does not know could not be
// opened or loaded again.
func TestPagesAreTheClientsRoutes(t *testing.T) {
	source, err := os.ReadFile("src/pages/Pages.tsx")
	if err != nil {
		t.Fatal(err)
	}
	routes := regexp.MustCompile(`<Route path="/([^"]*)"`).FindAllStringSubmatch(string(source), -1)
	if len(routes) < 10 {
		t.Fatalf("only %d routes found: the test looks in the wrong place", len(routes))
	}
	parameters := strings.NewReplacer(":number", "041988241", ":id", "01J0ABCDEF")
	for _, m := range routes {
		name := parameters.Replace(m[1])
		if name != "" && !slices.Contains(pages, name) && !meetingPage.MatchString(name) {
			t.Errorf("the client has a page at /%s, which the server does not know", m[1])
		}
	}
	for _, name := range pages {
		res := get(t, built, "/"+name)
		if res.StatusCode != http.StatusOK || !strings.Contains(body(t, res.Body), "csp-nonce") || res.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("/%s: status %d, not the page", name, res.StatusCode)
		}
	}
}

func TestUnknownPageIsToldByTheClient(t *testing.T) {
	res := get(t, built, "/rooms/standup", "Accept", "text/html")
	if res.StatusCode != http.StatusNotFound || !strings.Contains(body(t, res.Body), "csp-nonce") {
		t.Errorf("status %d, not the page", res.StatusCode)
	}
}

func TestMethods(t *testing.T) {
	h, err := newHandler(built)
	if err != nil {
		t.Fatal(err)
	}
	for method, status := range map[string]int{http.MethodHead: http.StatusOK, http.MethodPost: http.StatusMethodNotAllowed} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, "/rtc.js", nil))
		if w.Code != status {
			t.Errorf("%s: status %d, want %d", method, w.Code, status)
		}
		if method == http.MethodHead && w.Body.Len() != 0 {
			t.Errorf("HEAD has a body")
		}
	}
}

func TestPolicy(t *testing.T) {
	res := get(t, built, "/")
	csp := res.Header.Get("Content-Security-Policy")
	_, rest, found := strings.Cut(csp, "'nonce-")
	nonce, _, _ := strings.Cut(rest, "'")
	if !found || !strings.Contains(body(t, res.Body), `content="`+nonce+`"`) {
		t.Errorf("the page does not have the nonce of %q", csp)
	}
	if again := get(t, built, "/").Header.Get("Content-Security-Policy"); again == csp {
		t.Error("the nonce does not change")
	}
	if strings.Contains(csp, "unsafe") {
		t.Errorf("unsafe policy: %q", csp)
	}
	for host, want := range map[string]string{
		"meet.example.org":      "connect-src 'self' ws://meet.example.org wss://meet.example.org;",
		"[::1]:8080":            "connect-src 'self' ws://[::1]:8080 wss://[::1]:8080;",
		"a; script-src *":       "connect-src 'self';",
		"evil.example *:443 '*": "connect-src 'self';",
	} {
		if got := policy(host, "n"); !strings.Contains(got, want) {
			t.Errorf("host %q: %q lacks %q", host, got, want)
		}
	}
}

func TestNotBuilt(t *testing.T) {
	res := get(t, fstest.MapFS{".gitkeep": {}}, "/")
	if text := body(t, res.Body); res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(text, "not built") {
		t.Errorf("status %d: %s", res.StatusCode, text)
	}
}

func TestAssetsLoad(t *testing.T) {
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if got := w.Header().Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
}
