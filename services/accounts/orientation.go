package accounts

import (
	"bytes"
	"encoding/binary"
	"image"
)

// orientation is how a camera was held: 1 to 8, as in Exif and TIFF 6.0, tag 274. Browsers turn pictures by it, and so
// the crop that they send counts in the turned picture.
type orientation int

const upright orientation = 1

// orientationOf looks into a JPEG or TIFF file; upright if it does not say.
func orientationOf(data []byte) orientation {
	if !bytes.HasPrefix(data, []byte("\xff\xd8")) {
		return tiffOrientation(data)
	}
	for rest := data[2:]; len(rest) >= 4 && rest[0] == 0xff; {
		marker, size := rest[1], int(binary.BigEndian.Uint16(rest[2:]))
		if marker == 0xda || size < 2 || 2+size > len(rest) { // what follows is the picture
			break
		}
		if exif, found := bytes.CutPrefix(rest[4:2+size], []byte("Exif\x00\x00")); marker == 0xe1 && found {
			return tiffOrientation(exif)
		}
		rest = rest[2+size:]
	}
	return upright
}

func tiffOrientation(data []byte) orientation {
	if len(data) < 8 {
		return upright
	}
	var order binary.ByteOrder = binary.LittleEndian
	if data[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(data[4:]))
	if at+2 > int64(len(data)) {
		return upright
	}
	entries := data[at+2:]
	for range order.Uint16(data[at:]) {
		if len(entries) < 12 {
			break
		}
		if o := orientation(order.Uint16(entries[8:])); order.Uint16(entries) == 274 && o >= 1 && o <= 8 {
			return o
		}
		entries = entries[12:]
	}
	return upright
}

// seen is the size in which a stored picture is shown.
func (o orientation) seen(stored image.Point) image.Point {
	if o >= 5 {
		return image.Pt(stored.Y, stored.X)
	}
	return stored
}

// stored is where a pixel that is shown at p is in a stored picture of a size.
func (o orientation) stored(p, size image.Point) image.Point {
	right, bottom := size.X-1, size.Y-1
	switch o {
	case 2:
		return image.Pt(right-p.X, p.Y)
	case 3:
		return image.Pt(right-p.X, bottom-p.Y)
	case 4:
		return image.Pt(p.X, bottom-p.Y)
	case 5:
		return image.Pt(p.Y, p.X)
	case 6:
		return image.Pt(p.Y, bottom-p.X)
	case 7:
		return image.Pt(right-p.Y, bottom-p.X)
	case 8:
		return image.Pt(right-p.Y, p.X)
	}
	return p
}

// storedSquare is stored for a square, which stays one.
func (o orientation) storedSquare(r image.Rectangle, size image.Point) image.Rectangle {
	a, b := o.stored(r.Min, size), o.stored(r.Max.Sub(image.Pt(1, 1)), size)
	corner := image.Pt(min(a.X, b.X), min(a.Y, b.Y))
	return image.Rectangle{corner, corner.Add(r.Size())}
}

// turn returns a stored square as it is shown.
func (o orientation) turn(square *image.NRGBA) *image.NRGBA {
	if o == upright {
		return square
	}
	turned := image.NewNRGBA(square.Rect)
	for y := range square.Rect.Dy() {
		for x := range square.Rect.Dx() {
			from := o.stored(image.Pt(x, y), square.Rect.Size())
			turned.SetNRGBA(x, y, square.NRGBAAt(from.X, from.Y))
		}
	}
	return turned
}
