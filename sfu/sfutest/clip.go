package sfutest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os/exec"
	"strconv"

	"switchyard/internal/payload/payloadtest"
	"switchyard/sfu"
)

// Clip is a short real encoded film.
type Clip struct {
	Codec  sfu.Codec
	Frames [][]byte // VP8, VP9: frames; H.264: access units in Annex B; AV1: temporal units
	Keys   []bool   // which of them a decoder can start at
}

// encoders are the arguments to ffmpeg that make what browsers send: no frames
// out of order, none hidden, the smallest profile.
var encoders = map[sfu.Codec][]string{
	sfu.VP8:  {"-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-auto-alt-ref", "0", "-f", "ivf"},
	sfu.VP9:  {"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-auto-alt-ref", "0", "-lag-in-frames", "0", "-f", "ivf"},
	sfu.H264: {"-c:v", "libx264", "-profile:v", "baseline", "-preset", "veryfast", "-tune", "zerolatency", "-x264-params", "scenecut=0", "-f", "h264"},
	sfu.AV1:  {"-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-lag-in-frames", "0", "-f", "ivf"},
}

// EncodeClip makes a film of 160 by 90 pixels by ffmpeg, with a keyframe every
// interval frames. Films with another hue, in degrees, are told apart by eye.
func EncodeClip(codec sfu.Codec, frames, interval, hue int) (Clip, error) {
	source := fmt.Sprintf("testsrc2=size=160x90:rate=30,hue=h=%d,format=yuv420p", hue)
	args := []string{"-v", "error", "-f", "lavfi", "-i", source, "-frames:v", strconv.Itoa(frames), "-threads", "1", "-g", strconv.Itoa(interval), "-b:v", "150k"}
	args = append(args, encoders[codec]...)
	var out, report bytes.Buffer
	cmd := exec.Command("ffmpeg", append(args, "-")...)
	cmd.Stdout, cmd.Stderr = &out, &report
	if err := cmd.Run(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return Clip{}, fmt.Errorf("encode a film: ffmpeg is not installed, which this test needs: %w", err)
		}
		return Clip{}, fmt.Errorf("encode a film as %v: %w: %s", codec, err, report.Bytes())
	}
	clip := Clip{Codec: codec}
	if codec == sfu.H264 {
		clip.Frames = accessUnits(out.Bytes())
	} else {
		var err error
		if clip.Frames, err = ReadIVF(out.Bytes()); err != nil {
			return Clip{}, fmt.Errorf("read a film as %v: %w", codec, err)
		}
	}
	if len(clip.Frames) != frames {
		return Clip{}, fmt.Errorf("a film of %d frames has %d as %v", frames, len(clip.Frames), codec)
	}
	for i := range clip.Frames {
		clip.Keys = append(clip.Keys, i%interval == 0)
	}
	return clip, nil
}

// ReadIVF splits an IVF file into its frames.
func ReadIVF(b []byte) ([][]byte, error) {
	if len(b) < 32 || string(b[:4]) != "DKIF" {
		return nil, errors.New("no IVF file")
	}
	var frames [][]byte
	for b = b[32:]; len(b) > 0; {
		if len(b) < 12 {
			return nil, errors.New("the IVF file ends within a frame header")
		}
		size := int(binary.LittleEndian.Uint32(b))
		if len(b) < 12+size {
			return nil, errors.New("the IVF file ends within a frame")
		}
		frames = append(frames, b[12:12+size])
		b = b[12+size:]
	}
	return frames, nil
}

// accessUnits splits Annex B where a slice begins a picture after another one,
// and leaves out what is neither picture nor parameters.
func accessUnits(b []byte) [][]byte {
	var units [][]byte
	var unit []byte
	slice := false
	for _, nal := range payloadtest.Units(b) {
		kind := nal[0] & 0x1F
		if kind == 6 || kind >= 9 {
			continue
		}
		// A slice begins a picture if first_mb_in_slice, its first number, is 0.
		begins := kind >= 6 || len(nal) > 1 && nal[1]&0x80 != 0
		if slice && begins {
			units = append(units, unit)
			unit, slice = nil, false
		}
		unit = append(append(unit, 0, 0, 0, 1), nal...)
		slice = slice || kind == 1 || kind == 5
	}
	return append(units, unit)
}

// Player plays a clip for ever, in packets. The zero value of the other fields
// is ready.
type Player struct {
	Clip   Clip
	Stream payloadtest.Stream
	at     int
}

// NewPlayer makes one with an identity of its own: its numbers begin where seed
// says.
func NewPlayer(clip Clip, seed uint32) *Player {
	return &Player{Clip: clip, Stream: payloadtest.Stream{
		Codec: clip.Codec.String(), Wide: seed%2 == 0, Width: 160, Height: 90,
		Timestamp: seed * 0x9E3779B9, PictureID: uint16(seed*77) & 0x7F, Number: uint16(seed * 40503),
	}}
}

// Next is the next frame in packets of at most mtu bytes; with key it goes on at
// the next keyframe.
func (p *Player) Next(key bool, mtu int) []payloadtest.Packet {
	for key && !p.Clip.Keys[p.at] {
		p.at = (p.at + 1) % len(p.Clip.Frames)
	}
	i := p.at
	p.at = (p.at + 1) % len(p.Clip.Frames)
	return p.Stream.Encoded(p.Clip.Frames[i], p.Clip.Keys[i], mtu)
}
