package controlapi

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"testing"

	"switchyard/access"
	"switchyard/services/accounts"
)

// TestPicturesForGuests: who was told the address of a picture sees it without an account, until the picture is replaced.
func TestPicturesForGuests(t *testing.T) {
	r := newRig(t, "sqlite")
	bob := r.user(t, "Bob", access.RoleUser)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	file, err := w.CreateFormFile("file", "me.png")
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(file, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	set := func() string {
		t.Helper()
		var u accounts.User
		bob.must(http.StatusOK, "PUT", "/me/avatar", form.String(), &u, "Content-Type", w.FormDataContentType())
		return "/users/" + u.ID + "/avatar/" + u.Avatar + "/48"
	}
	guest := r.stranger(t)
	first := set()
	response := guest.must(http.StatusOK, "GET", first, "", nil)
	if kind, cache := response.Header.Get("Content-Type"), response.Header.Get("Cache-Control"); kind != "image/png" || cache != "private, max-age=31536000, immutable" {
		t.Errorf("%s, %s", kind, cache)
	}
	guest.refused(http.StatusNotFound, "not_found", "GET", "/users/"+bob.user.ID+"/avatar/abcdefghijklmnopqrstuvwxyz/48", "")
	guest.refused(http.StatusUnauthorized, "unauthenticated", "GET", "/users/"+bob.user.ID+"/card", "")
	second := set()
	guest.refused(http.StatusNotFound, "not_found", "GET", first, "")
	guest.must(http.StatusOK, "GET", second, "", nil)
}
