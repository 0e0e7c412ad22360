package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"switchyard/configs"
)

type serveCommand struct {
	configFile
	HTTP  *string `name:"http" placeholder:"ADDR" help:"Address of HTTP (http.listen, default :8080)."`
	HTTPS *string `name:"https" placeholder:"ADDR" help:"Address of HTTPS (tls.listen, default :8443); needs TLS."`
	TLS   *string `name:"tls" placeholder:"MODE" help:"self-signed, CERT,KEY (two PEM files) or off (tls.mode, default off)."`
	Media *string `name:"media" placeholder:"ADDR" help:"Address of media, UDP and TCP (rtc.listen, default :7882)."`
	Data  *string `name:"data" placeholder:"DIR" help:"Directory of what the server keeps (data, default ./data)."`
}

// Run serves until stop ends, then ends in order; cut ends the waiting.
func (c serveCommand) Run(stop context.Context, cut cutContext, p process) error {
	var flagFault error
	cfg, err := c.load(p, func(cfg *configs.Config) { flagFault = c.apply(cfg) })
	if flagFault != nil {
		return usage(flagFault)
	}
	if err != nil {
		return err
	}
	log := newLogger(cfg.Log, p.stderr)
	for _, name := range configs.UnknownEnviron(p.environ) {
		log.Warn("an environment variable names no key of the configuration", "variable", name)
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	store, err := openStore(stop, cfg, log)
	if stop.Err() != nil { // told to end before it began
		if store != nil {
			return store.close()
		}
		return nil
	}
	if err != nil {
		return err
	}
	h, err := build(cfg, log, store)
	if err != nil {
		return errors.Join(err, store.close())
	}
	if err := h.listen(); err != nil {
		return &exitError{exitListen, errors.Join(err, store.close())}
	}
	if err := h.meetings.Recover(stop); err != nil {
		log.Error("meetings that a crash interrupted could not be closed", "error", err)
	}
	setup, err := h.accounts.SetupLink(stop)
	if err != nil {
		log.Error("there is no link for a first administrator", "error", err)
	}
	fmt.Fprint(p.stdout, h.greeting(setup))
	return errors.Join(h.run(stop, cut), store.close())
}

// apply puts the flags over cfg.
func (c serveCommand) apply(cfg *configs.Config) error {
	set := func(into *string, flag *string) {
		if flag != nil {
			*into = *flag
		}
	}
	set(&cfg.HTTP.Listen, c.HTTP)
	set(&cfg.TLS.Listen, c.HTTPS)
	set(&cfg.RTC.Listen, c.Media)
	set(&cfg.Data, c.Data)
	if c.TLS == nil {
		return nil
	}
	cfg.TLS.Mode, cfg.TLS.Cert, cfg.TLS.Key = *c.TLS, "", ""
	switch mode := *c.TLS; mode {
	case configs.TLSOff, configs.TLSSelfSigned:
	default:
		cert, key, found := strings.Cut(mode, ",")
		if !found {
			return fmt.Errorf("--tls: %q is not self-signed, off or CERT,KEY", mode)
		}
		cfg.TLS.Mode, cfg.TLS.Cert, cfg.TLS.Key = configs.TLSFiles, cert, key
	}
	return nil
}
