package main

import (
	"fmt"
	"path/filepath"
	"time"

	"switchyard/access"
	"switchyard/configs"
	"switchyard/sfu"
)

type tokenCommand struct {
	configFile
	Data     *string       `name:"data" placeholder:"DIR" help:"Data directory whose key signs (data, default ./data)."`
	Room     string        `required:"" help:"Room that the token opens."`
	Identity string        `required:"" help:"Stable id of its bearer."`
	Name     string        `help:"Shown name; without it the bearer chooses."`
	Grant    []string      `placeholder:"GRANT" help:"publish, subscribe, message, moderate; repeatable. Without it: publish and subscribe."`
	TTL      time.Duration `name:"ttl" default:"6h" help:"How long it is good for, at most a year."`
}

const maxTTL = 366 * 24 * time.Hour

// Run prints a token.
func (c tokenCommand) Run(p process) error {
	if c.TTL <= 0 || c.TTL > maxTTL {
		return usage(fmt.Errorf("--ttl: %v is not between 1s and %v", c.TTL, maxTTL))
	}
	grants := sfu.DefaultGrants
	if len(c.Grant) > 0 {
		var err error
		if grants, err = sfu.ParseGrants(c.Grant); err != nil {
			return usage(fmt.Errorf("--grant: %w", err))
		}
	}
	claims := access.Claims{Room: c.Room, Identity: c.Identity, Name: c.Name, Grants: grants, Expires: time.Now().Add(c.TTL)}
	if err := claims.Validate(); err != nil {
		return usage(err)
	}
	cfg, err := c.load(p, func(cfg *configs.Config) {
		if c.Data != nil {
			cfg.Data = *c.Data
		}
	})
	if err != nil {
		return err
	}
	keys, err := access.LoadOrCreateKey(keysDir(cfg))
	if err != nil {
		return err
	}
	token, err := keys.Sign(claims)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, token)
	return err
}

// keysDir holds the signing key and the invitation code.
func keysDir(cfg configs.Config) string { return filepath.Join(cfg.Data, "keys") }
