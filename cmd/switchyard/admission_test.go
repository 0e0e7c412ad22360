package main

import (
	"errors"
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
}
