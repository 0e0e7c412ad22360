package protocol

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestDecode(t *testing.T) {
	h, r, err := Decode([]byte(`{"type":"demand","id":7,"ack":3,"later":{"x":[1]},"demands":[
		{"slot":"2","source":"participant","id":"p","width":640,"height":360.0,"priority":0,"new":null},
		{"slot":"3","source":"none","id":null}]}`))
	if err != nil {
		t.Fatal(err)
	}
	d, ok := r.(*DemandRequest)
	if !ok || h != (Header{"demand", 7, 3}) || len(d.Demands) != 2 {
		t.Fatalf("%+v %+v", h, r)
	}
	first, second := d.Demands[0], d.Demands[1]
	if first.Slot != "2" || first.ID != "p" || first.Width != 640 || first.Height != 360 || first.Priority == nil || *first.Priority != 0 {
		t.Errorf("first demand %+v", first)
	}
	if second.Priority != nil || second.Source != "none" {
		t.Errorf("second demand %+v", second)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, c := range []struct {
		message string
		code    Code
		field   string
		says    string
	}{
		{``, BadMessage, "", "not a JSON object"},
		{`hello`, BadMessage, "", "not a JSON object"},
		{`null`, BadMessage, "", "not a JSON object"},
		{`[]`, BadMessage, "", "not a JSON object"},
		{`{"type":"ping","id":1} {}`, BadMessage, "", "not a JSON object"},
		{"{\"type\":\"ping\",\"id\":1,\"x\":\"\xff\"}", BadMessage, "", "UTF-8"},
		{strings.Repeat("[", 20000), BadMessage, "", "not a JSON object"},
		{`{"type":"ping"}`, BadMessage, "id", "positive integer"},
		{`{"type":"ping","id":0}`, BadMessage, "id", "positive integer"},
		{`{"type":"ping","id":-1}`, BadMessage, "id", "positive integer"},
		{`{"type":"ping","id":"1"}`, BadMessage, "id", "positive integer"},
		{`{"type":"ping","id":1.5}`, BadMessage, "id", "positive integer"},
		{`{"type":"ping","id":1e300}`, BadMessage, "id", "positive integer"},
		{`{"id":1}`, BadMessage, "type", "not a text"},
		{`{"type":5,"id":1}`, BadMessage, "type", "not a text"},
		{`{"TYPE":"ping","id":1}`, BadMessage, "type", "not a text"},
		{`{"type":"ping","id":1,"ack":"x"}`, BadMessage, "ack", "a text, not an integer"},
		{`{"type":"teleport","id":1}`, Unsupported, "type", `"teleport" is not a request`},
		{`{"type":"welcome","id":1}`, Unsupported, "type", "not a request"},
		{`{"type":"offer","id":1,"sdp":5}`, BadMessage, "sdp", "sdp is a number, not a text"},
		{`{"type":"offer","id":1}`, BadField, "sdp", "sdp is missing"},
		{`{"type":"offer","id":1,"sdp":"","tracks":{}}`, BadMessage, "tracks", "an object, not an array"},
		{`{"type":"offer","id":1,"sdp":"","tracks":[null]}`, BadMessage, "tracks[0]", "null, not an object"},
		{`{"type":"offer","id":1,"sdp":"","tracks":[{"mid":"0","track":"t","source":"camera"},{"mid":1}]}`, BadMessage, "tracks[1].mid", "a number"},
		{`{"type":"offer","id":1,"sdp":"","tracks":[{"mid":"0","track":"t","source":"camera","encodings":[{"rid":"q","width":"x"}]}]}`, BadMessage, "tracks[0].encodings[0].width", "a text, not an integer"},
		{`{"type":"offer","id":1,"sdp":"","tracks":[{"mid":"0","track":"t","source":"camera","encryption":[]}]}`, BadMessage, "tracks[0].encryption", "an array, not an object"},
		{`{"type":"demand","id":1,"demands":[{"slot":"1","source":"none","width":1e18}]}`, BadField, "demands[0].width", "out of range"},
		{`{"type":"demand","id":1,"demands":[{"slot":"1","source":"none","width":0.5}]}`, BadMessage, "demands[0].width", "not an integer"},
		{`{"type":"mute","id":1,"publication":"p"}`, BadField, "muted", "muted is missing"},
		{`{"type":"mute","id":1,"publication":"p","muted":1}`, BadMessage, "muted", "a number, not true or false"},
		{`{"type":"hello","id":1,"caps":["a",2]}`, BadMessage, "caps[1]", "a number, not a text"},
		{`{"type":"resume","id":1,"session":"s","seq":-1}`, BadField, "seq", "out of range"},
	} {
		_, r, err := Decode([]byte(c.message))
		if err == nil || r != nil || err.Code != c.code || err.Field != c.field || !strings.Contains(err.Message, c.says) {
			t.Errorf("%.80s: %v, want %s %s with %q", c.message, err, c.code, c.field, c.says)
		}
	}
}

func TestEncode(t *testing.T) {
	at := Time{time.Date(2026, 3, 1, 12, 0, 0, 5e6, time.FixedZone("CET", 3600))}
	for _, c := range []struct {
		m       Message
		seq, re uint64
		want    string
	}{
		{&OK{}, 3, 9, `{"type":"ok","seq":3,"re":9}`},
		{&Pong{at}, 4, 1, `{"type":"pong","seq":4,"re":1,"at":"2026-03-01T11:00:00.005Z"}`},
		{&Participants{}, 5, 0, `{"type":"participants","seq":5,"joined":[],"updated":[],"left":[]}`},
		{Fieldf(BadField, "name", "long"), 6, 2, `{"type":"error","seq":6,"re":2,"code":"bad_field","message":"long","field":"name"}`},
		{&State{}, 7, 0, `{"type":"state","seq":7,"state":{"version":0,"locked":false,"public":false,"recording":{"state":""},"consent":{"required":false},"metadata":""}}`},
	} {
		got, err := Encode(c.m, c.seq, c.re)
		if err != nil || string(got) != c.want {
			t.Errorf("got  %s (%v)\nwant %s", got, err, c.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"type":"demand","id":7,"ack":3,"demands":[{"slot":"2","source":"none","width":640}]}`))
	f.Add([]byte(`{"type":"offer","id":1,"sdp":"v=0","tracks":[{"mid":"0","track":"t","source":"camera","encodings":[{"rid":"q"}]}]}`))
	f.Add([]byte(`{"type":"react","id":3,"emoji":"❤️"}`))
	f.Add([]byte(`{"type":"lowerHand","id":4,"participant":"p"}`))
	f.Add([]byte(`{"type":"setState","id":1e2,"locked":null,"pinned":""}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, r, err := Decode(data)
		if (err == nil) == (r == nil) {
			t.Fatalf("request %v, error %v", r, err)
		}
		if err != nil {
			if err.Message == "" || len(err.Message) > 4*len(data)+200 {
				t.Fatalf("message %q", err.Message)
			}
			return
		}
		// What was read reads the same once written.
		again, _ := json.Marshal(r)
		if h.Type != r.name() || h.ID == 0 || !json.Valid(again) {
			t.Fatalf("header %+v, request %s", h, again)
		}
	})
}
