package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"switchyard/configs"
	"switchyard/internal/backup"
	"switchyard/internal/db"
)

// backedUp are the directories of the data directory that a backup holds besides the database.
var backedUp = []string{"keys", "avatars"}

type backupCommand struct {
	configFile
	To         string   `arg:"" placeholder:"FILE" help:"The archive to write; it must not be there."`
	Data       *string  `name:"data" placeholder:"DIR" help:"Directory of what the server keeps (data, default ./data)."`
	Recipient  []string `name:"recipient" placeholder:"AGE1…" help:"Public key of age (age-keygen) that can open the archive. May come several times."`
	Passphrase string   `name:"passphrase-file" placeholder:"FILE" help:"File with the passphrase that opens the archive, in place of recipients."`
}

// Run writes an archive of everything; the server may run meanwhile.
func (c backupCommand) Run(stop context.Context, p process) (err error) {
	cfg, log, err := c.prepare(p, c.Data)
	if err != nil {
		return err
	}
	recipients, err := recipientsOf(c.Recipient, c.Passphrase)
	if err != nil {
		return usage(err)
	}
	url, err := databaseURL(cfg)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(cfg.Data, "keys")); err != nil {
		return fmt.Errorf("there is nothing to back up in %s: %w", cfg.Data, err)
	}
	d, err := db.Open(stop, url, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	file, err := os.OpenFile(c.To, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	m, err := backup.Write(stop, file, backup.Source{DB: d, Data: cfg.Data, Dirs: backedUp, Version: version, Now: time.Now(), Spool: filepath.Dir(c.To)}, recipients...)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(c.To))
	}
	rows := int64(0)
	for _, table := range m.Dump.Tables {
		rows += table.Rows
	}
	fmt.Fprintf(p.stdout, "%s: %d tables with %d rows and %d files\n", c.To, len(m.Dump.Tables), rows, len(m.Files)-len(m.Dump.Tables))
	return nil
}

type restoreCommand struct {
	configFile
	From       string  `arg:"" placeholder:"FILE" help:"An archive of switchyard backup."`
	Data       *string `name:"data" placeholder:"DIR" help:"Directory to restore into; it must be empty or not there (data, default ./data)."`
	Identity   string  `name:"identity" placeholder:"FILE" help:"File with the secret key of age."`
	Passphrase string  `name:"passphrase-file" placeholder:"FILE" help:"File with the passphrase."`
}

// Run restores an archive onto an empty machine.
func (c restoreCommand) Run(stop context.Context, p process) (err error) {
	cfg, log, err := c.prepare(p, c.Data)
	if err != nil {
		return err
	}
	identities, err := identitiesOf(c.Identity, c.Passphrase)
	if err != nil {
		return usage(err)
	}
	file, err := os.Open(c.From)
	if err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	defer file.Close()
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return err
	}
	if entries, err := os.ReadDir(cfg.Data); err != nil || len(entries) > 0 {
		return errors.Join(fmt.Errorf("restore into %s: it is not empty", cfg.Data), err)
	}
	unpacked, err := os.MkdirTemp(cfg.Data, ".restore-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(unpacked)) }()
	archive, err := backup.Unpack(file, unpacked, identities...)
	if err != nil {
		return err
	}
	url, err := databaseURL(cfg)
	if err != nil {
		return err
	}
	d, err := db.Open(stop, url, log)
	if err != nil {
		return err
	}
	if err := errors.Join(archive.Restore(stop, d, migrations()...), d.Close()); err != nil {
		return err
	}
	if err := archive.Files(cfg.Data); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "restored what version %s had on %s\n", archive.Manifest.Version, archive.Manifest.Created.Format(time.RFC1123))
	return nil
}

func recipientsOf(keys []string, passphraseFile string) ([]age.Recipient, error) {
	if (len(keys) == 0) == (passphraseFile == "") {
		return nil, errors.New("give either --recipient or --passphrase-file: a backup is always encrypted")
	}
	if passphraseFile != "" {
		passphrase, err := readPassphrase(passphraseFile)
		if err != nil {
			return nil, err
		}
		r, err := age.NewScryptRecipient(passphrase)
		return []age.Recipient{r}, err
	}
	var recipients []age.Recipient
	for _, key := range keys {
		r, err := age.ParseX25519Recipient(key)
		if err != nil {
			return nil, fmt.Errorf("--recipient: %q is no public key of age", key)
		}
		recipients = append(recipients, r)
	}
	return recipients, nil
}

func identitiesOf(identityFile, passphraseFile string) ([]age.Identity, error) {
	if (identityFile == "") == (passphraseFile == "") {
		return nil, errors.New("give either --identity or --passphrase-file")
	}
	if passphraseFile != "" {
		passphrase, err := readPassphrase(passphraseFile)
		if err != nil {
			return nil, err
		}
		i, err := age.NewScryptIdentity(passphrase)
		return []age.Identity{i}, err
	}
	text, err := os.ReadFile(identityFile)
	if err != nil {
		return nil, fmt.Errorf("--identity: %w", err)
	}
	return age.ParseIdentities(bytes.NewReader(text))
}

const minPassphrase = 12 // bytes

func readPassphrase(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("--passphrase-file: %w", err)
	}
	passphrase := string(bytes.TrimRight(text, "\r\n"))
	if len(passphrase) < minPassphrase {
		return "", fmt.Errorf("--passphrase-file: %d bytes is less than %d", len(passphrase), minPassphrase)
	}
	return passphrase, nil
}

// prepare loads the configuration and its logger.
func (c configFile) prepare(p process, data *string) (configs.Config, *slog.Logger, error) {
	cfg, err := c.load(p, func(cfg *configs.Config) {
		if data != nil {
			cfg.Data = *data
		}
	})
	if err != nil {
		return cfg, nil, err
	}
	return cfg, newLogger(cfg.Log, p.stderr), nil
}
