package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// figure is one measured value. Its name is stable from run to run.
type figure struct {
	name  string
	value float64
	unit  string
	goal  float64 // at most; NaN: there is none
}

// figures are those of a run, in order.
type figures struct{ list []figure }

func (f *figures) add(name string, value float64, unit string) {
	f.list = append(f.list, figure{name, value, unit, math.NaN()})
}

// atMost adds a figure that has a goal.
func (f *figures) atMost(name string, value float64, unit string, goal float64) {
	f.list = append(f.list, figure{name, value, unit, goal})
}

// print writes a table for people and a line each for programs.
func (f *figures) print(out io.Writer) {
	if len(f.list) == 0 {
		return
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, x := range f.list {
		goal := ""
		switch {
		case math.IsNaN(x.goal):
		case x.value <= x.goal:
			goal = fmt.Sprintf("goal <= %s", number(x.goal))
		default:
			goal = fmt.Sprintf("goal <= %s, missed", number(x.goal))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", strings.ReplaceAll(x.name, "_", " "), number(x.value), x.unit, goal)
	}
	w.Flush()
	fmt.Fprintln(out)
	for _, x := range f.list {
		fmt.Fprintf(out, "figure %s %s %s\n", x.name, number(x.value), x.unit)
	}
}

// judge is the error of a run that missed goals, if those are conditions.
func (f *figures) judge(strict bool) error {
	var missed []string
	for _, x := range f.list {
		if x.value > x.goal {
			missed = append(missed, fmt.Sprintf("%s is %s %s, more than %s", x.name, number(x.value), x.unit, number(x.goal)))
		}
	}
	if !strict || len(missed) == 0 {
		return nil
	}
	return fmt.Errorf("goals were missed: %s", strings.Join(missed, "; "))
}

// number writes four significant digits, and all of an integer part.
func number(v float64) string {
	if math.Abs(v) >= 1000 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
