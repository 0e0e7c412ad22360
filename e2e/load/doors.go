package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// token is a token for a room, signed as the program itself would.
func (s *server) token(room, identity string) (string, error) {
	claims := jwt.MapClaims{"room": room, "sub": identity, "exp": time.Now().Add(time.Hour).Unix()}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(s.key)
}

// post hands an offer to one of the two doors, whip or whep, and returns the
// answer. The client remembers its session.
func (s *server) post(ctx context.Context, c *client, door, room, identity, offer string) (answer string, err error) {
	if c.token, err = s.token(room, identity); err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	body, headers, err := s.request(ctx, http.MethodPost, s.base+"/"+door+"/"+room, c.token, offer, http.StatusCreated)
	if err != nil {
		return "", err
	}
	at, err := url.Parse(s.base)
	if err == nil {
		at, err = at.Parse(headers.Get("Location"))
	}
	if err != nil {
		return "", fmt.Errorf("read where the session is: %w", err)
	}
	c.location = at.String()
	return body, nil
}

// hangUp ends the client's session.
func (s *server) hangUp(ctx context.Context, c *client) error {
	_, _, err := s.request(ctx, http.MethodDelete, c.location, c.token, "", http.StatusOK)
	return err
}

func (s *server) request(ctx context.Context, method, address, token, body string, want int) (string, http.Header, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return "", nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/sdp")
	resp, err := s.http.Do(r)
	if err != nil {
		return "", nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", nil, fmt.Errorf("%s %s: %w", method, address, err)
	}
	if resp.StatusCode != want {
		return "", nil, fmt.Errorf("%s %s: %s: %.200s", method, address, resp.Status, text)
	}
	return string(text), resp.Header, nil
}

// join takes a client through a door and waits until it is connected.
func (s *server) join(ctx context.Context, c *client, door, room, identity string) error {
	offer, err := c.offer(ctx)
	if err != nil {
		return err
	}
	answer, err := s.post(ctx, c, door, room, identity, offer)
	if err != nil {
		return err
	}
	return c.answered(ctx, answer)
}
