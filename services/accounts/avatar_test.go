package accounts

import (
	"bytes"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/tiff"

	"switchyard/access"
)

// wantPictures checks how many pictures of a user are kept.
func wantPictures(t *testing.T, r *rig, user string, want int) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(r.deps.Avatars, user, "*"))
	if err != nil || len(found) != want {
		t.Errorf("%q, %v, want %d", found, err, want)
	}
}

func TestAvatar(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bob := r.user("bob", access.RoleUser)
		var asPNG, asTIFF bytes.Buffer
		if err := errors.Join(png.Encode(&asPNG, quarters(60, 40)), tiff.Encode(&asTIFF, quarters(60, 40), nil)); err != nil {
			t.Fatal(err)
		}
		photo := withExif(jpegOf(t, 640, 480).Bytes(), exif(1))
		if !bytes.Contains(photo, []byte("52.3731")) {
			t.Fatal("the picture tells no place")
		}
		seen := map[string]bool{}
		for name, data := range map[string][]byte{"JPEG": photo, "PNG": asPNG.Bytes(), "TIFF": asTIFF.Bytes()} {
			u, err := r.SetAvatar(t.Context(), bob, bytes.NewReader(data), Crop{})
			if err != nil || u.Avatar == "" || seen[u.Avatar] {
				t.Fatalf("%s: %+v, %v", name, u, err)
			}
			seen[u.Avatar] = true
			wantPictures(t, r, bob.ID, len(AvatarSizes))
			for _, size := range AvatarSizes {
				file, err := r.Avatar(stranger, bob.ID, u.Avatar, size)
				if err != nil {
					t.Fatal(err)
				}
				kept, err := io.ReadAll(file)
				file.Close()
				if err != nil || bytes.Contains(kept, []byte("52.3731")) || bytes.Contains(kept, []byte("Exif")) {
					t.Errorf("%s, %d: the place is still in it, or %v", name, size, err)
				}
				m, err := png.Decode(bytes.NewReader(kept))
				if err != nil || m.Bounds().Dx() != size || m.Bounds().Dy() != size {
					t.Errorf("%s, %d: %v", name, size, err)
				}
			}
		}
		for version := range seen { // all but the newest were replaced
			if file, err := r.Avatar(stranger, bob.ID, version, 48); err == nil {
				file.Close()
				delete(seen, version)
			}
			if len(version) < 26 { // 26 of 32 letters are 130 bits
				t.Errorf("%q can be guessed", version)
			}
		}
		if len(seen) != 2 {
			t.Errorf("of three pictures %d are gone, want two", len(seen))
		}
		u, err := r.DropAvatar(t.Context(), bob)
		if err != nil || u.Avatar != "" {
			t.Errorf("%+v, %v", u, err)
		}
		wantPictures(t, r, bob.ID, 0)
		if told := r.events(access.DefaultTenant, "user.updated"); len(told) != 4 || field(t, told[0], "avatar") == nil {
			t.Errorf("told: %+v", told)
		}
	})
}

func TestAvatarIsAskedFor(t *testing.T) {
	r := newRig(t, "sqlite")
	outside := filepath.Join(filepath.Dir(r.deps.Avatars), "x-512.png")
	if err := os.WriteFile(outside, []byte("a secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(outside) })
	for _, c := range []struct {
		user, version string
		size          int
	}{{"..", "x", 512}, {".", "x", 512}, {"", "x", 512}, {"x", "../../x", 512}, {"\x00", "x", 512}, {"x", "\x00", 48}, {"x", "y", 48}, {"x", "y", 7}, {strings.Repeat("x", 10_000), "y", 48}} {
		if file, err := r.Avatar(stranger, c.user, c.version, c.size); !errors.Is(err, access.ErrNotFound) || file != nil {
			t.Errorf("%.20q, %.20q, %d: %v", c.user, c.version, c.size, err)
		}
	}
}

func TestAvatarsThatAreRefused(t *testing.T) {
	r := newRig(t, "sqlite")
	bob := r.user("bob", access.RoleUser)
	whole := jpegOf(t, 400, 300).Bytes()
	var lossless bytes.Buffer
	if err := png.Encode(&lossless, quarters(400, 300)); err != nil {
		t.Fatal(err)
	}
	cases := map[string][]byte{
		"nothing": nil, "text": []byte("hello"), "GIF": []byte("GIF89a"), "SVG": []byte("<svg/>"), "too large": append(append([]byte{}, whole...), make([]byte, MaxAvatar)...),
		"a JPEG cut in the middle": whole[:len(whole)/2], "a PNG cut in the middle": lossless.Bytes()[:lossless.Len()/2], "a JPEG's first bytes": whole[:20], "a TIFF's first bytes": []byte("II*\x00\x08\x00\x00\x00"),
	}
	for kind, data := range declared(t, 100_000, 100_000) {
		cases[kind+" of 100000 x 100000"] = data
	}
	for kind, data := range declared(t, 11_999, 11_999) {
		cases[kind+" of 12000 x 12000"] = data
	}
	for name, data := range cases {
		allocated := testing.AllocsPerRun(1, func() {
			if _, err := r.SetAvatar(t.Context(), bob, bytes.NewReader(data), Crop{}); !isFault(err, "file") {
				t.Errorf("%s: %v", name, err)
			}
		})
		if allocated > 100_000 {
			t.Errorf("%s: %v allocations", name, allocated)
		}
	}
	for _, crop := range []Crop{{0, 0, 301}, {-1, 0, 10}, {0, -1, 10}, {391, 0, 10}, {0, 291, 10}, {0, 0, -1}, {5, 5, 0}, {1 << 62, 0, 1 << 62}, {0, 0, 1 << 62}} {
		if _, err := r.SetAvatar(t.Context(), bob, bytes.NewReader(whole), crop); !isFault(err, "crop") {
			t.Errorf("%v: %v", crop, err)
		}
	}
	if _, err := r.SetAvatar(t.Context(), bob, bytes.NewReader(whole), Crop{390, 290, 10}); err != nil {
		t.Error(err)
	}
	wantPictures(t, r, bob.ID, len(AvatarSizes))
}

// TestAvatarThatCannotBeKept leaves nothing behind, and the one before.
func TestAvatarThatCannotBeKept(t *testing.T) {
	r := newRig(t, "sqlite")
	bob := r.user("bob", access.RoleUser)
	if _, err := r.SetAvatar(t.Context(), bob, jpegOf(t, 10, 10), Crop{}); err != nil {
		t.Fatal(err)
	}
	gone := bob
	gone.ID = newID() // was deleted meanwhile
	if _, err := r.SetAvatar(t.Context(), gone, jpegOf(t, 10, 10), Crop{}); !errors.Is(err, access.ErrNotFound) {
		t.Error(err)
	}
	wantPictures(t, r, gone.ID, 0)
	wantPictures(t, r, bob.ID, len(AvatarSizes))
	blocked := filepath.Join(r.deps.Avatars, gone.ID)
	if err := os.RemoveAll(blocked); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(blocked, nil, 0o600); err != nil { // where the directory should be
		t.Fatal(err)
	}
	if _, err := r.SetAvatar(t.Context(), gone, jpegOf(t, 10, 10), Crop{}); err == nil {
		t.Error("it is kept in no directory")
	}
}
