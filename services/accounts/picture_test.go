package accounts

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
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
