package signaling

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// A recorded conversation is a file of JSON lines that a server of every later
// version must still be able to hold:
//
//	{"note": …}                     for the reader
//	{"say": {…}} or {"raw": "…"}    the client sends
//	{"hear": {…}}                   the next message of the server
//	{"hear": [{…}, …]}              the next ones, in any order
//	{"cut": true}                   the client's socket is cut and another opened
//	{"closed": 4400}                the server ends the socket
//	{"beside": "bob"}               somebody else joins the room
//
// In what is heard "*" stands for any value, "$name" for any value the first
// time and for the same one after that, also in what is said. "$token" is a
// token of ann for the room team. Fields that are not in the recording are new
// ones, which clients ignore.
type recorded struct {
	Note   string
	Say    map[string]any
	Raw    string
	Hear   any
	Cut    bool
	Closed int
	Beside string
}

func TestRecordedConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/conversations/*.jsonl")
	if err != nil || len(files) < 5 {
		t.Fatalf("recordings: %v %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".jsonl"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			inHouse(t, nil, func(t *testing.T, h *house) { h.replay(data) })
		})
	}
}

func (h *house) replay(data []byte) {
	t := h.t
	names := map[string]any{"$token": h.token("team", "ann", "publish", "subscribe", "message", "moderate"), "$expired": h.expired()}
	c := h.dial()
	defer func() { c.hangUp() }()
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		var r recorded
		decoder := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&r); err != nil {
			t.Fatalf("line %d: %v", n, err)
		}
		switch {
		case r.Say != nil:
			text, err := json.Marshal(fill(r.Say, names))
			if err != nil {
				t.Fatal(err)
			}
			c.write(websocket.MessageText, text)
		case r.Raw != "":
			c.write(websocket.MessageText, []byte(r.Raw))
		case r.Hear != nil:
			wanted, ok := r.Hear.([]any)
			if !ok {
				wanted = []any{r.Hear}
			}
			for len(wanted) > 0 {
				m := c.next()
				if m == nil {
					t.Fatalf("line %d: nothing was heard (%v)", n, c.over)
				}
				i := max(0, slices.IndexFunc(wanted, func(w any) bool { return w.(map[string]any)["type"] == m.kind() }))
				if err := fits(map[string]any(m), wanted[i], names, "message"); err != nil {
					t.Fatalf("line %d: %v\nheard %v", n, err, m)
				}
				wanted = slices.Delete(wanted, i, i+1)
			}
		case r.Cut:
			settle()
			c.cut()
			c.connect(nil)
		case r.Closed != 0:
			if code := c.closed(); code != r.Closed {
				t.Errorf("line %d: closed with %d, not %d", n, code, r.Closed)
			}
		case r.Beside != "":
			other := h.join("team", r.Beside)
			defer other.hangUp()
			time.Sleep(rosterInterval)
		}
	}
}

// fill puts names' values in their places.
func fill(v any, names map[string]any) any {
	switch v := v.(type) {
	case string:
		if known, ok := names[v]; ok {
			return known
		}
	case []any:
		for i := range v {
			v[i] = fill(v[i], names)
		}
	case map[string]any:
		for k := range v {
			v[k] = fill(v[k], names)
		}
	}
	return v
}

// fits compares what was heard with a recording.
func fits(got, want any, names map[string]any, at string) error {
	switch want := want.(type) {
	case string:
		if want == "*" && got != nil {
			return nil
		}
		if strings.HasPrefix(want, "$") {
			if known, ok := names[want]; ok && known != got {
				return fmt.Errorf("%s: %v is not %s, %v", at, got, want, known)
			}
			names[want] = got
			return nil
		}
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return fmt.Errorf("%s: %v is not %v", at, got, want)
		}
		for i := range want {
			if err := fits(list[i], want[i], names, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: %v is not an object", at, got)
		}
		for _, k := range slices.Sorted(maps.Keys(want)) {
			if err := fits(object[k], want[k], names, at+"."+k); err != nil {
				return err
			}
		}
		return nil
	}
	if got != want {
		return fmt.Errorf("%s: %v is not %v", at, got, want)
	}
	return nil
}
