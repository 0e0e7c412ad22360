package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestStagesRunInOrderEachWithinItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		step := func(name string, takes time.Duration, fault error) stage {
			return stage{name, time.Second, func(ctx context.Context) error {
				order = append(order, name)
				select {
				case <-time.After(takes):
					return fault
				case <-ctx.Done():
					return ctx.Err()
				}
			}}
		}
		begin := time.Now()
		err := end(t.Context(), slog.New(slog.DiscardHandler), []stage{
			step("one", 100*time.Millisecond, nil),
			step("two", time.Hour, nil),
			step("three", 0, errors.New("broken")),
			step("four", 0, nil),
		})
		if want := []string{"one", "two", "three", "four"}; !slices.Equal(order, want) {
			t.Errorf("order %v", order)
		}
		if took := time.Since(begin); took != 1100*time.Millisecond {
			t.Errorf("took %v", took)
		}
		if err == nil || !strings.Contains(err.Error(), "two: context deadline exceeded") || !strings.Contains(err.Error(), "three: broken") {
			t.Errorf("error %v", err)
		}
		var coded *exitError
		if !errors.As(err, &coded) || coded.code != exitCut {
			t.Errorf("exit code of %v", err)
		}
	})
}

func TestCutLeavesNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cut, cancel := context.WithCancel(t.Context())
		begin := time.Now()
		var ran int
		waiting := stage{"waits", time.Hour, func(ctx context.Context) error {
			ran++
			<-ctx.Done()
			return nil
		}}
		time.AfterFunc(time.Second, cancel)
		err := end(cut, slog.New(slog.DiscardHandler), []stage{waiting, waiting, waiting})
		if ran != 3 || time.Since(begin) != time.Second || err == nil || !strings.Contains(err.Error(), "second signal") {
			t.Errorf("%d stages in %v: %v", ran, time.Since(begin), err)
		}
	})
}

func TestAnOrderlyEndIsNoFault(t *testing.T) {
	if err := end(t.Context(), slog.New(slog.DiscardHandler), []stage{{"one", time.Second, func(context.Context) error { return nil }}}); err != nil {
		t.Error(err)
	}
}
