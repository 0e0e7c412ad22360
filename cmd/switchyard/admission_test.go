package main

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/configs"
	"switchyard/services/accounts"
	"switchyard/sfu"
	"switchyard/signaling"
	"switchyard/signaling/protocol"
)

// TestRoomsOfASuspendedOrganisation: a token that was made before it was suspended leads nowhere meanwhile.
func TestRoomsOfASuspendedOrganisation(t *testing.T) {
	cfg := configs.Default()
	cfg.Data, cfg.HTTP.Listen, cfg.RTC.Listen = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0"
	h := buildHouse(t, cfg)
	operator := accounts.Caller{Principal: access.Principal{Kind: access.User, Tenant: access.DefaultTenant, ID: "root", Role: access.RoleAdmin, AuthenticatedAt: time.Now()}}
	other, err := h.accounts.CreateTenant(t.Context(), operator, "Other", accounts.NewUser{Email: "zoe@other.example"})
	if err != nil {
		t.Fatal(err)
	}
	a := admitter{h.meetings, h.accounts, h.watch}
	enter := func(room string) error {
		claims := access.Claims{Room: room, Identity: "ben", Grants: sfu.DefaultGrants}
		_, err := a.Admit(t.Context(), claims, signaling.Want{Kind: "browser"}, func(signaling.Waiting) {})
		return err
	}
	theirs := "~" + other.ID + "~standup"
	for _, room := range []string{theirs, "standup"} {
		if err := enter(room); err != nil {
			t.Errorf("%s: %v", room, err)
		}
	}
	mine, theirsOpen := open(t, h, "standup"), open(t, h, theirs)
	no := false
	if _, err := h.accounts.UpdateTenant(t.Context(), operator, other.ID, accounts.TenantChange{Active: &no}, 0); err != nil {
		t.Fatal(err)
	}
	for _, room := range []string{theirs, "~nobodys~standup"} {
		var refused *signaling.Refusal
		if err := enter(room); !errors.As(err, &refused) || refused.Code != protocol.Suspended {
			t.Errorf("%s: %v", room, err)
		}
	}
	if err := enter("standup"); err != nil {
		t.Errorf("a room of another organisation: %v", err)
	}
	if err := h.closeSuspended(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h.rooms.Room(theirsOpen) != nil || h.rooms.Room(mine) == nil {
		t.Error("its room is open, or that of another organisation is not")
	}
}

func open(t *testing.T, h *house, room string) sfu.RoomID {
	t.Helper()
	r, err := h.rooms.Open(sfu.RoomID(room))
	if err == nil {
		_, _, err = r.Join(sfu.Join{Identity: "ben", Kind: "browser", Counted: true, Grants: sfu.DefaultGrants})
	}
	if err != nil {
		t.Fatal(err)
	}
	return r.ID()
}

// TestASuspensionIsHeardOf: who is in a room of an organisation that is suspended while the server runs is out at once.
func TestASuspensionIsHeardOf(t *testing.T) {
	dir := t.TempDir()
	s := startServer(t, "--data="+dir)
	root := s.administrator(t)
	other := root.call(t, http.StatusCreated, "POST", "/tenants", `{"name":"Other","admin_email":"zoe@other.example"}`)["id"].(string)
	code, token, faults := run(t, nil, "token", "--data="+dir, "--room=~"+other+"~standup", "--identity=ben")
	if code != exitOK {
		t.Fatal(faults)
	}
	token = strings.TrimSpace(token)
	ben := s.enter(t, token, "Ben")
	ben.until(t, "joined")
	root.call(t, http.StatusOK, "PATCH", "/tenants/"+other, `{"active":false}`, "If-Match", "*")
	if left := ben.until(t, "left"); left["reason"] != "closed" {
		t.Errorf("told %v", left)
	}
	if told := s.enter(t, token, "Ben").until(t, "refused"); told["reason"] != "suspended" {
		t.Errorf("told %v", told)
	}
}
