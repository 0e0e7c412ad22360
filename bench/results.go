package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// results are the windows of all rows.
type results struct {
	rows    []row // in the order in which they came first
	windows map[row][]sample
}

func newResults() *results { return &results{windows: make(map[row][]sample)} }

func (r *results) add(at row, s sample) {
	if r.windows[at] == nil {
		r.rows = append(r.rows, at)
	}
	r.windows[at] = append(r.windows[at], s)
}

// What makes the windows of a row doubtful.
const (
	wantDelivery = 0.003 // delivered packets may differ from those to be delivered by this share
	wantFull     = 0.95  // share of its core that a saturated server uses
	wantAlone    = 0.05  // share of the core that others may use
	wantPunctual = 0.01  // share of the packets that the publisher may send late
)

// doubts are what is wrong with a row, to be told with it.
func (r *results) doubts(at row) (list []string) {
	windows := r.windows[at]
	if d := spreadOf(windows, delivery); d.median < 1-wantDelivery || d.median > 1+wantDelivery {
		list = append(list, "delivery")
	}
	if full := at.kind != kindFloor && at.rate == 0 && !at.half; full && spreadOf(windows, busy).median < wantFull {
		list = append(list, "not full")
	}
	if spreadOf(windows, lateness).median > wantPunctual {
		list = append(list, "late publisher")
	}
	if spreadOf(windows, damaged).most > 0 {
		list = append(list, "damaged packets")
	}
	if spreadOf(windows, others).median > wantAlone {
		list = append(list, "not alone")
	}
	return list
}

// print writes the table, the ratios and the figures.
func (r *results) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "row\tns/packet\tmin-max\tallocs\tB\tpackets/s\tcore\tp50 us\tp99 us\tloss\tdelivered\t")
	for _, at := range r.rows {
		windows := r.windows[at]
		median := func(f figure) float64 { return spreadOf(windows, f).median }
		ns := spreadOf(windows, cost)
		fmt.Fprintf(w, "%v\t%.0f\t%.0f-%.0f\t%.3f\t%.1f\t%.0f\t%.0f%%\t%.0f\t%.0f\t%.2f%%\t%.2f%%", at,
			ns.median, ns.least, ns.most, median(allocs), median(bytes), median(perSecond), 100*median(busy),
			median(p50), median(p99), 100*median(loss), 100*median(delivery))
		for i, d := range r.doubts(at) {
			separator := ", "
			if i == 0 {
				separator = "\t! "
			}
			fmt.Fprint(w, separator, d)
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	r.printFigures(out)
	return nil
}
