package configs

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// maxFile bounds the configuration file, in bytes.
const maxFile = 1 << 20

// Sources are where a configuration comes from, weakest first.
type Sources struct {
	File    string        // path of a YAML file; empty: none
	Environ []string      // as os.Environ returns it
	Flags   func(*Config) // what the command line says; may be nil
}

// Load returns the configuration that the sources make together. The error
// joins all faults.
func Load(s Sources) (Config, error) {
	cfg := Default()
	var faults []error
	if s.File != "" {
		faults = append(faults, loadFile(&cfg, s.File))
	}
	faults = append(faults, applyEnviron(&cfg, s.Environ))
	if s.Flags != nil {
		s.Flags(&cfg)
	}
	faults = append(faults, cfg.Validate())
	return cfg, errors.Join(faults...)
}

func loadFile(cfg *Config, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open the configuration: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	if len(text) > maxFile {
		return fmt.Errorf("read the configuration: %s is larger than %d bytes", path, maxFile)
	}
	return decode(cfg, path, text)
}
