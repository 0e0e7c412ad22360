package accounts

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/tiff"

	"switchyard/access"
)

// quarters is a picture whose corners are red, green, blue and white.
func quarters(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	colors := []color.NRGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 255, 255}}
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, colors[x*2/w+2*(y*2/h)])
		}
	}
	return m
}

func jpegOf(t testing.TB, w, h int) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, quarters(w, h), &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return &b
}

// exif is what a camera adds: how it was held and where it was.
func exif(held uint16) []byte {
	b := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x02")
	entry := func(tag, kind uint16, count, value uint32) {
		b = binary.BigEndian.AppendUint16(b, tag)
		b = binary.BigEndian.AppendUint16(b, kind)
		b = binary.BigEndian.AppendUint32(b, count)
		b = binary.BigEndian.AppendUint32(b, value)
	}
	entry(271, 2, 30, 38)
	entry(274, 3, 1, uint32(held)<<16)
	return append(append(b, 0, 0, 0, 0), "taken at 52.3731 N 4.8926 E ..\x00"...)
}

func withExif(file, exif []byte) []byte {
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(exif)+2))
	return append(append(append([]byte{}, file[:2]...), append(segment, exif...)...), file[2:]...)
}

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
				file, err := r.Avatar(bob.ID, u.Avatar, size)
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
		if file, err := r.Avatar(c.user, c.version, c.size); !errors.Is(err, access.ErrNotFound) || file != nil {
			t.Errorf("%.20q, %.20q, %d: %v", c.user, c.version, c.size, err)
		}
	}
}

// declared is a picture's beginning that says it is of a size.
func declared(t testing.TB, w, h uint32) map[string][]byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), w), h)
	head = append(head, 8, 6, 0, 0, 0)
	p := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	p = binary.BigEndian.AppendUint32(p, crc32.ChecksumIEEE(head))
	j := jpegOf(t, 8, 8).Bytes()
	at := bytes.Index(j, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(j[at+5:], uint16(min(h, 65535)))
	binary.BigEndian.PutUint16(j[at+7:], uint16(min(w, 65535)))
	return map[string][]byte{"PNG": p, "JPEG": j}
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

// TestPicturesAreTurned as browsers turn them, and cut as they are seen.
func TestPicturesAreTurned(t *testing.T) {
	const red, green, blue, white = 0, 1, 2, 3
	// The corners as they are seen: top left, top right, bottom left, bottom right. Exif 2.32, table 6.
	want := [9][4]int{
		1: {red, green, blue, white}, 2: {green, red, white, blue}, 3: {white, blue, green, red}, 4: {blue, white, red, green},
		5: {red, blue, green, white}, 6: {blue, red, white, green}, 7: {white, green, blue, red}, 8: {green, white, red, blue},
	}
	stored := jpegOf(t, 80, 40).Bytes()
	for held := uint16(1); held <= 8; held++ {
		size := orientation(held).seen(image.Pt(80, 40))
		data := withExif(stored, exif(held))
		if got := orientationOf(data); got != orientation(held) {
			t.Fatalf("%d is read as %d", held, got)
		}
		corners := []image.Point{{0, 0}, {size.X - 20, 0}, {0, size.Y - 20}, {size.X - 20, size.Y - 20}}
		for _, i := range []int{int(held) % 4, int(held+held/4) % 4} { // two of them: the rest is seen below
			corner := corners[i]
			files, err := makeAvatar(data, Crop{corner.X, corner.Y, 20})
			if err != nil {
				t.Fatal(err)
			}
			m, err := png.Decode(bytes.NewReader(files[48]))
			if err != nil {
				t.Fatal(err)
			}
			r, g, b, _ := m.At(24, 24).RGBA()
			got := white
			switch {
			case r > 0xc000 && g < 0x4000:
				got = red
			case g > 0xc000 && r < 0x4000:
				got = green
			case b > 0xc000 && r < 0x4000:
				got = blue
			}
			if got != want[held][i] {
				t.Errorf("held as %d, corner %d is %d, want %d", held, i, got, want[held][i])
			}
		}
		// What is inside is turned, too.
		whole, err := makeAvatar(data, Crop{(size.X - 40) / 2, (size.Y - 40) / 2, 40})
		if err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(bytes.NewReader(whole[128]))
		if err != nil {
			t.Fatal(err)
		}
		for i, at := range []image.Point{{10, 10}, {118, 10}, {10, 118}, {118, 118}} {
			r, g, b, _ := m.At(at.X, at.Y).RGBA()
			got := [4]bool{r > 0xc000 && g < 0x4000, g > 0xc000 && r < 0x4000, b > 0xc000 && r < 0x4000, r > 0xc000 && b > 0xc000}
			if !got[want[held][i]] {
				t.Errorf("held as %d, quarter %d is %x %x %x", held, i, r, g, b)
			}
		}
	}
}
