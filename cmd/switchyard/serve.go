package main

import (
	"context"
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
	h, err := build(cfg, log)
	if err != nil {
		return err
	}
	if err := h.listen(); err != nil {
		return &exitError{exitListen, err}
	}
	fmt.Fprint(p.stdout, h.greeting())
	return h.run(stop, cut)
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
