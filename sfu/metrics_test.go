package sfu_test

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	core, err := sfu.New(sfu.DefaultConfig(), sfutest.NewLoop(), slog.New(slog.DiscardHandler), registry)
	if err != nil {
		t.Fatal(err)
	}
	room, err := core.Open("room")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"browser", "browser", "what nobody knows"} {
		p, _, err := room.Join(sfu.Join{Identity: fmt.Sprint(len(room.Participants())), Kind: kind, Grants: sfu.DefaultGrants})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Publish(sfu.Track{ID: "x", Kind: sfu.Audio, Source: sfu.Microphone}, sfutest.NewSource()); err != nil {
			t.Fatal(err)
		}
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range families {
		for _, m := range family.Metric {
			name := family.GetName()
			for _, label := range m.Label {
				name += " " + label.GetValue()
			}
			got[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	for name, want := range map[string]float64{
		"switchyard_sfu_rooms": 1, "switchyard_sfu_participants browser": 2, "switchyard_sfu_participants other": 1,
		"switchyard_sfu_participants phone": 0, "switchyard_sfu_publications audio": 3, "switchyard_sfu_publications video": 0,
	} {
		if value, ok := got[name]; !ok || value != want {
			t.Errorf("%s is %v (%v), want %v", name, value, ok, want)
		}
	}
}
