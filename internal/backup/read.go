package backup

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"switchyard/internal/db"
)

// maxManifest bounds what is believed to be one, in bytes.
const maxManifest = 64 << 20

// Archive is an archive that was unpacked and found whole.
type Archive struct {
	Manifest Manifest
	dir      string
}

// Unpack decrypts an archive into a directory that is empty or not there, and checks that it is whole and nobody has changed it. What
// it leaves there is not encrypted: remove it.
func Unpack(r io.Reader, dir string, identities ...age.Identity) (*Archive, error) {
	opened, err := age.Decrypt(r, identities...)
	if err != nil {
		return nil, fmt.Errorf("open the backup: %w", err)
	}
	packed, err := gzip.NewReader(opened)
	if err != nil {
		return nil, fmt.Errorf("open the backup: %w", err)
	}
	a := &Archive{dir: dir}
	sums, err := a.unpack(tar.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("read the backup: %w", err)
	}
	m := a.Manifest
	switch {
	case m.Format == 0:
		return nil, errors.New("read the backup: it has no manifest: it is cut off")
	case m.Format != format:
		return nil, fmt.Errorf("read the backup: format %d is of a newer version (%s)", m.Format, m.Version)
	case len(sums) != len(m.Files):
		return nil, fmt.Errorf("read the backup: %d files, the manifest names %d", len(sums), len(m.Files))
	}
	for name, sum := range sums {
		if m.Files[name] != sum {
			return nil, fmt.Errorf("read the backup: %s is not what was backed up", name)
		}
	}
	return a, nil
}

func (a *Archive) unpack(t *tar.Reader) (map[string]string, error) {
	sums := map[string]string{}
	for {
		header, err := t.Next()
		if errors.Is(err, io.EOF) {
			return sums, nil
		}
		if err != nil {
			return nil, err
		}
		if header.Typeflag != tar.TypeReg || !filepath.IsLocal(header.Name) || path.Clean(header.Name) != header.Name {
			return nil, fmt.Errorf("%.60q is no name of a file in a backup", header.Name)
		}
		if header.Name == manifestName {
			text, err := io.ReadAll(io.LimitReader(t, maxManifest))
			if err == nil {
				err = json.Unmarshal(text, &a.Manifest)
			}
			if err != nil {
				return nil, fmt.Errorf("manifest: %w", err)
			}
			continue
		}
		if sums[header.Name], err = extract(filepath.Join(a.dir, filepath.FromSlash(header.Name)), t); err != nil {
			return nil, err
		}
	}
}

func extract(file string, r io.Reader) (sum string, err error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return "", err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, hash), r)
	if err == nil {
		err = f.Sync()
	}
	return hex.EncodeToString(hash.Sum(nil)), errors.Join(err, f.Close())
}

// Restore fills an empty database with the archive's rows and brings it up to date.
func (a *Archive) Restore(ctx context.Context, d *db.DB, all ...db.Migrations) error {
	var open *os.File
	defer func() {
		if open != nil {
			open.Close() // it was only read
		}
	}()
	return d.Restore(ctx, a.Manifest.Dump, func(table string) (io.Reader, error) {
		if open != nil {
			open.Close()
		}
		if strings.ContainsAny(table, `/\.`) {
			return nil, fmt.Errorf("%.40q is no name of a table", table)
		}
		var err error
		open, err = os.Open(filepath.Join(a.dir, tablesDir, table+".jsonl"))
		return open, err
	}, all...)
}

// Files moves the archive's directories into a data directory, where they must not be yet.
func (a *Archive) Files(data string) error {
	from := filepath.Join(a.dir, filesDir)
	entries, err := os.ReadDir(from)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		to := filepath.Join(data, entry.Name())
		if _, err := os.Lstat(to); err == nil {
			return fmt.Errorf("%s is there already", to)
		}
		if err := os.Rename(filepath.Join(from, entry.Name()), to); err != nil {
			return err
		}
	}
	return nil
}
