package main

import (
	"fmt"
	"strings"

	"switchyard/configs"
)

type configCommands struct {
	Check   configCheck   `cmd:"" help:"Check a configuration file and the environment; every fault is listed."`
	Print   configPrint   `cmd:"" help:"Print the configuration as it takes effect, secrets redacted."`
	Default configDefault `cmd:"" help:"Print the commented configuration file with every key at its default."`
}

// configFile is the --config flag of every command that reads a configuration.
type configFile struct {
	Config string `short:"c" placeholder:"FILE" help:"YAML configuration file (environment SWITCHYARD_CONFIG)."`
}

func (f configFile) load(p process, flags func(*configs.Config)) (configs.Config, error) {
	file := f.Config
	for _, entry := range p.environ {
		if value, ok := strings.CutPrefix(entry, configs.EnvFile+"="); ok && file == "" {
			file = value
		}
	}
	cfg, err := configs.Load(configs.Sources{File: file, Environ: p.environ, Flags: flags})
	if err != nil {
		return cfg, usage(fmt.Errorf("the configuration is wrong:\n%w", err))
	}
	return cfg, nil
}

type configCheck struct{ configFile }

// Run says whether the configuration is right.
func (c configCheck) Run(p process) error {
	if _, err := c.load(p, nil); err != nil {
		return err
	}
	for _, name := range configs.UnknownEnviron(p.environ) {
		fmt.Fprintf(p.stderr, "warning: environment variable %s names no key\n", name)
	}
	_, err := fmt.Fprintln(p.stdout, "the configuration is right")
	return err
}

type configPrint struct{ configFile }

// Run prints the configuration as it takes effect.
func (c configPrint) Run(p process) error {
	cfg, err := c.load(p, nil)
	if err != nil {
		return err
	}
	text, err := cfg.Print()
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(p.stdout, text)
	return err
}

type configDefault struct{}

// Run prints the example file.
func (configDefault) Run(p process) error {
	_, err := fmt.Fprint(p.stdout, configs.Example)
	return err
}
