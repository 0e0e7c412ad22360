package accounts

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/tiff"
)

// Limits of a picture that is uploaded. A decoder may need 16 bytes for a pixel.
const (
	MaxAvatar       = 10 << 20 // bytes
	maxAvatarPixels = 26_000_000
	maxAvatarSide   = 12_000
)

// Crop is the square of a picture that is kept, in its pixels as it is shown; the zero Crop is the largest one in the
// middle.
type Crop struct{ X, Y, Size int }

func readAvatar(file io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(file, MaxAvatar+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxAvatar {
		return nil, fault("file", "", "has more than %d bytes", MaxAvatar)
	}
	return data, nil
}

// decodeAvatar looks at the size before it decodes: a few bytes can declare any.
func decodeAvatar(data []byte) (image.Image, orientation, error) {
	kinds := []struct {
		magic  string
		config func(io.Reader) (image.Config, error)
		decode func(io.Reader) (image.Image, error)
		turned bool
	}{
		{"\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode, true},
		{"\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode, false},
		{"II*\x00", tiff.DecodeConfig, tiff.Decode, true},
		{"MM\x00*", tiff.DecodeConfig, tiff.Decode, true},
	}
	for _, kind := range kinds {
		if !bytes.HasPrefix(data, []byte(kind.magic)) {
			continue
		}
		cfg, err := kind.config(bytes.NewReader(data))
		if err != nil {
			return nil, 0, fault("file", "", "is a damaged picture")
		}
		if cfg.Width < 1 || cfg.Height < 1 || cfg.Width > maxAvatarSide || cfg.Height > maxAvatarSide || cfg.Width*cfg.Height > maxAvatarPixels {
			return nil, 0, fault("file", fmt.Sprintf("%d x %d", cfg.Width, cfg.Height), "is too large; at most %d pixels a side and %d in all are allowed", maxAvatarSide, maxAvatarPixels)
		}
		picture, err := kind.decode(bytes.NewReader(data))
		if err != nil || picture.Bounds().Size() != image.Pt(cfg.Width, cfg.Height) {
			return nil, 0, fault("file", "", "is a damaged picture")
		}
		o := upright
		if kind.turned {
			o = orientationOf(data)
		}
		return picture, o, nil
	}
	return nil, 0, fault("file", "", "is not a JPEG, PNG or TIFF picture")
}

// of is the square in a picture that is shown in a size.
func (c Crop) of(size image.Point) (image.Rectangle, error) {
	if c == (Crop{}) {
		c.Size = min(size.X, size.Y)
		c.X, c.Y = (size.X-c.Size)/2, (size.Y-c.Size)/2
	}
	if c.Size < 1 || c.X < 0 || c.Y < 0 || c.X > size.X-c.Size || c.Y > size.Y-c.Size {
		return image.Rectangle{}, fault("crop", fmt.Sprintf("%d,%d,%d", c.X, c.Y, c.Size), "is not a square inside the picture of %d x %d", size.X, size.Y)
	}
	return image.Rect(c.X, c.Y, c.X+c.Size, c.Y+c.Size), nil
}

// makeAvatar cuts, turns and makes smaller: PNG files by the length of their sides, with nothing of the file but its
// pixels.
func makeAvatar(data []byte, crop Crop) (map[int][]byte, error) {
	picture, o, err := decodeAvatar(data)
	if err != nil {
		return nil, err
	}
	bounds := picture.Bounds()
	square, err := crop.of(o.seen(bounds.Size()))
	if err != nil {
		return nil, err
	}
	square = o.storedSquare(square, bounds.Size()).Add(bounds.Min)
	files := map[int][]byte{}
	for i, size := range AvatarSizes { // the largest first: the others are made of it
		small := image.NewNRGBA(image.Rect(0, 0, size, size))
		draw.CatmullRom.Scale(small, small.Bounds(), picture, square, draw.Src, nil)
		if i == 0 {
			small = o.turn(small)
		}
		var encoded bytes.Buffer
		if err := png.Encode(&encoded, small); err != nil {
			return nil, err
		}
		files[size] = encoded.Bytes()
		picture, square = small, small.Bounds()
	}
	return files, nil
}
