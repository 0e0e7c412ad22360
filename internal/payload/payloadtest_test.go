package payload_test

import (
	"testing"

	"switchyard/internal/payload"
	"switchyard/internal/payload/payloadtest"
)

// TestMadeUpStreams checks the parsers against the writers of package payloadtest.
func TestMadeUpStreams(t *testing.T) {
	for _, codec := range []string{"vp8", "vp9", "av1", "h264"} {
		for temporal := 1; temporal <= 3; temporal++ {
			s := payloadtest.Stream{Codec: codec, Temporal: temporal, Packets: 3, Wide: temporal > 1, PictureID: 120}
			var deps payload.Dependencies
			pattern := [][]uint8{{0, 0, 0, 0}, {0, 1, 0, 1}, {0, 2, 1, 2}}[temporal-1]
			for i := range 20 {
				for k, p := range s.Frame(i == 12) {
					var f payload.Facts
					ok := false
					switch codec {
					case "vp8":
						ok = payload.VP8(p.Payload, &f)
					case "vp9":
						ok = payload.VP9(p.Payload, &f)
					case "av1":
						ok = payload.AV1(p.Payload, p.Dependency, &deps, &f)
					case "h264":
						ok = payload.H264(p.Payload, &f)
					}
					if !ok {
						t.Fatalf("%s picture %d packet %d is refused", codec, i, k)
					}
					if want := i%12 == 0 && k == 0; f.Flags.Has(payload.KeyframeStart) != want {
						t.Errorf("%s picture %d packet %d: keyframe start %v", codec, i, k, !want)
					}
					if codec == "h264" {
						continue
					}
					if want := pattern[i%4]; f.Temporal != want {
						t.Errorf("%s picture %d packet %d: temporal layer %d, not %d", codec, i, k, f.Temporal, want)
					}
					if want := k == 0; f.Flags.Has(payload.FrameStart) != want {
						t.Errorf("%s picture %d packet %d: start %v", codec, i, k, !want)
					}
				}
			}
		}
	}
}
