package main

import (
	"io"
	"log/slog"
	"os"

	"golang.org/x/sys/unix"

	"switchyard/configs"
)

// newLogger writes text to a terminal and JSON to everything else, unless told
// which.
func newLogger(cfg configs.Log, w io.Writer) *slog.Logger {
	var level slog.Level
	// The configuration was validated: its levels are slog's.
	_ = level.UnmarshalText([]byte(cfg.Level))
	options := &slog.HandlerOptions{Level: level}
	if cfg.Format == "text" || cfg.Format == "auto" && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
