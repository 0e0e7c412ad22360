package signaling

import (
	"os"
	"strings"
	"testing"

	"switchyard/sfu"
)

// TestDocumentedWords: the values that the document lists for a field are those
// of the core.
func TestDocumentedWords(t *testing.T) {
	data, err := os.ReadFile("../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	list := func(words ...string) string { return "`" + strings.Join(words, "`, `") + "`" }
	grants := sfu.MayPublish | sfu.MaySubscribe | sfu.MayMessage | sfu.MayModerate
	for _, want := range []string{
		"| grants | string[] | " + list(grants.Names()...),
		"| source | string | " + list(string(sfu.Microphone), string(sfu.Camera), string(sfu.Screen), string(sfu.ScreenAudio), string(sfu.Playback), string(sfu.Prompt)) + " |",
		"| codec | string | " + list(sfu.Opus.String(), sfu.VP8.String(), sfu.VP9.String(), sfu.H264.String(), sfu.AV1.String()) + ";",
		"| state | string | " + list(sfu.RecordingOff, sfu.RecordingStarting, sfu.RecordingOn, sfu.RecordingPaused, sfu.RecordingStopping) + " |",
		"why nothing flows though a source is there: " + list(string(sfu.PausedHidden), string(sfu.PausedMuted), string(sfu.PausedCodec),
			string(sfu.PausedBandwidth), string(sfu.PausedInactive), string(sfu.PausedReconnecting)) + " |",
		"| reason | string | " + list(string(sfu.LeftByItself), string(leftReplaced), string(sfu.LeftRemoved), string(sfu.LeftTimeout), string(sfu.LeftSlow),
			string(sfu.LeftClosed), string(sfu.LeftShutdown)),
		"| emoji | string | one of " + strings.Join(sfu.Reactions(), " ") + ".",
		"| caps | string[] | what the server can do: " + list(caps()...) + " |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the document does not say %q", want)
		}
	}
	for reason := range departures {
		if !strings.Contains(text, "`"+string(reason)+"`") {
			t.Errorf("the reason %s is not in the document", reason)
		}
	}
	for _, reason := range []sfu.LeaveReason{sfu.LeftByItself, sfu.LeftRemoved, sfu.LeftTimeout, sfu.LeftSlow, sfu.LeftClosed, sfu.LeftShutdown} {
		if departures[reason] == "" {
			t.Errorf("nothing is said of the reason %s", reason)
		}
	}
}
