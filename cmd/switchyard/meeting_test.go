package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// configFileWith writes a configuration file.
func configFileWith(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "switchyard.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// session is a client's side of GET /rtc.
type session struct{ conn *websocket.Conn }

// join takes the invitation and joins the room main.
func (s *running) join(t *testing.T, name string) *session {
	t.Helper()
	body, err := json.Marshal(map[string]string{"code": s.code, "room": "main", "name": name})
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.client.Post(s.http+"/invite", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var invited struct{ Token, Identity, Room string }
	if err := json.NewDecoder(response.Body).Decode(&invited); err != nil || response.StatusCode != http.StatusOK || invited.Token == "" {
		t.Fatalf("POST /invite: %s, %+v, %v", response.Status, invited, err)
	}
	ws := s.enter(t, invited.Token, name)
	ws.until(t, "joined")
	return ws
}

// enter knocks at the door of a token's room.
func (s *running) enter(t *testing.T, token, name string) *session {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	address := "ws" + strings.TrimPrefix(s.http, "http") + "/rtc"
	conn, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{Subprotocols: []string{"switchyard.v1"}, HTTPClient: s.client})
	if err != nil {
		t.Fatalf("dial %s: %v", address, err)
	}
	t.Cleanup(func() { conn.CloseNow() })
	ws := &session{conn}
	ws.send(t, map[string]any{"type": "hello", "id": 1, "token": token, "caps": []string{}})
	ws.send(t, map[string]any{"type": "join", "id": 2, "name": name})
	return ws
}

func (ws *session) send(t *testing.T, message map[string]any) {
	t.Helper()
	text, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := ws.conn.Write(ctx, websocket.MessageText, text); err != nil {
		t.Fatalf("send %s: %v", text, err)
	}
}

// until reads messages to the first of a type, or to an error with that code.
func (ws *session) until(t *testing.T, kind string) map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		_, text, err := ws.conn.Read(ctx)
		if err != nil {
			t.Fatalf("waiting for %s: %v", kind, err)
		}
		var message map[string]any
		if err := json.Unmarshal(text, &message); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		switch message["type"] {
		case kind:
			return message
		case "error":
			if kind == message["code"] {
				return message
			}
			t.Fatalf("waiting for %s: %s", kind, text)
		}
	}
}

// leave leaves and waits until the server has closed the socket.
func (ws *session) leave(t *testing.T) {
	t.Helper()
	ws.send(t, map[string]any{"type": "leave", "id": 3})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		if _, _, err := ws.conn.Read(ctx); err != nil {
			if websocket.CloseStatus(err) != websocket.StatusNormalClosure {
				t.Errorf("after leave: %v", err)
			}
			return
		}
	}
}

// TestTwoMeet: the printed address, opened twice, is a meeting.
func TestTwoMeet(t *testing.T) {
	s := startServer(t)
	ann := s.join(t, "ann")
	ben := s.join(t, "ben")
	came := ann.until(t, "participants")
	if text, _ := json.Marshal(came["joined"]); !strings.Contains(string(text), `"name":"ben"`) {
		t.Errorf("ann is told %s", text)
	}
	ben.leave(t)
	gone := ann.until(t, "participants")
	if text, _ := json.Marshal(gone["left"]); !strings.Contains(string(text), `"reason":"left"`) {
		t.Errorf("ann is told %s", text)
	}
}
