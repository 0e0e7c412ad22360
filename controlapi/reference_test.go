package controlapi

import (
	"net/http"
	"strings"
	"testing"
)

func TestTheReferenceShowsEveryOperation(t *testing.T) {
	r := newRig(t, "sqlite")
	response, text := r.stranger(t).do("GET", r.server.URL+"/docs", "")
	page := string(text)
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Fatalf("%s %v", response.Status, response.Header)
	}
	for id := range r.api.needs {
		if !strings.Contains(page, `id="`+id+`"`) {
			t.Errorf("%s is not in the reference", id)
		}
	}
	for _, c := range codeMeanings {
		if !strings.Contains(page, `id="problem-`+c[0]+`"`) {
			t.Errorf("problem %s is not explained", c[0])
		}
	}
	for _, outside := range []string{"src=\"http", "url(http", "<script"} {
		if strings.Contains(page, outside) {
			t.Errorf("the page has %s", outside)
		}
	}
	// Links inside the page lead somewhere.
	for _, part := range strings.Split(page, `href="#`)[1:] {
		anchor, _, _ := strings.Cut(part, `"`)
		if !strings.Contains(page, `id="`+anchor+`"`) {
			t.Errorf("a link leads to #%s, which is not there", anchor)
		}
	}
}
