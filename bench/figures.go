package main

import (
	"fmt"
	"io"
)

// ratios are the lines below the table: a figure of one row over one of another.
var ratios = []struct {
	name         string
	above, below row
	of, by       figure
}{
	{"floor", coreBursts, floorTurns, cost, cost},
	{"floor_single", coreSingle, floorTurns, cost, cost},
	{"floor_runs", coreBursts, floorRuns, cost, cost},
	{"floor_gso", coreGSO, floorGSO, cost, cost},
	{"floor_check", floorTurns, floorTurns, cost, parts},
	{"plain_gcm", plainSome, coreSome, cost, cost},
	{"plain_cm", plainSomeCM, coreSomeCM, cost, cost},
	{"plain_cm_gcm", plainSomeCM, coreSome, cost, cost},
	{"plain_gso", plainSome8, coreSomeGSO, cost, cost},
	{"saturated_plain", coreFull, plainFull, perSecond, perSecond},
	{"saturated_gso_plain", coreFullGSO, plainFull, perSecond, perSecond},
}

// figures are medians of one row.
var figures = []struct {
	name string
	at   row
	of   figure
}{
	{"saturated_pps", coreFull, perSecond},
	{"saturated_gso_pps", coreFullGSO, perSecond},
	{"delay_p50_us", coreHalf, p50},
	{"delay_p99_us", coreHalf, p99},
	{"delay_first_p50_us", coreFirst, p50},
	{"delay_first_p99_us", coreFirst, p99},
	{"delay_gso_p50_us", coreHalfGSO, p50},
	{"delay_gso_p99_us", coreHalfGSO, p99},
	{"allocs", coreBursts, allocs},
	{"ingest_ns", floorTurns, opening},
}

// printFigures writes a line for each ratio and figure whose rows were measured.
func (r *results) printFigures(out io.Writer) {
	for _, x := range ratios {
		above, below := r.windows[x.above], r.windows[x.below]
		if above != nil && below != nil {
			fmt.Fprintf(out, "ratio %s %.3f\n", x.name, spreadOf(above, x.of).median/spreadOf(below, x.by).median)
		}
	}
	if core, least := r.windows[coreBursts], r.windows[floorTurns]; core != nil && least != nil {
		ingest := spreadOf(least, opening).median / float64(coreBursts.receivers)
		fmt.Fprintf(out, "figure own_ns %.0f\n", spreadOf(core, cost).median-spreadOf(least, cost).median-ingest)
	}
	for _, x := range figures {
		if windows := r.windows[x.at]; windows != nil {
			fmt.Fprintf(out, "figure %s %s\n", x.name, plainNumber(spreadOf(windows, x.of).median))
		}
	}
	var all []sample
	for _, windows := range r.windows {
		all = append(all, windows...)
	}
	if len(all) > 0 {
		fmt.Fprintf(out, "figure others_on_core %.4f\n", spreadOf(all, others).median)
	}
}

// plainNumber writes large numbers whole and small ones with what matters.
func plainNumber(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3f", v)
}
