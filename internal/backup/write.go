package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"filippo.io/age"

	"switchyard/internal/db"
)

// Manifest says what is in an archive.
type Manifest struct {
	Format  int               `json:"format"` // 1
	Version string            `json:"version"`
	Created time.Time         `json:"created"`
	Dialect string            `json:"dialect"` // of the database that was backed up
	Dump    db.Dump           `json:"dump"`
	Files   map[string]string `json:"files"` // path in the archive: SHA-256
}

const (
	format       = 1
	manifestName = "manifest.json"
	tablesDir    = "tables"
	filesDir     = "files"
)

// Source is what is backed up.
type Source struct {
	DB      *db.DB
	Data    string   // the data directory
	Dirs    []string // directories in it
	Version string   // of the program
	Now     time.Time
	Spool   string // a directory for temporary files, which hold what the database holds
}

// Write writes an archive that only the recipients can open. The database may be in use meanwhile.
func Write(ctx context.Context, w io.Writer, s Source, recipients ...age.Recipient) (Manifest, error) {
	sealed, err := age.Encrypt(w, recipients...)
	if err != nil {
		return Manifest{}, fmt.Errorf("encrypt the backup: %w", err)
	}
	packed := gzip.NewWriter(sealed)
	a := &writer{tar: tar.NewWriter(packed), now: s.Now, sums: map[string]string{}}
	m := Manifest{Format: format, Version: s.Version, Created: s.Now.UTC(), Dialect: s.DB.Dialect(), Files: a.sums}
	if m.Dump, err = a.tables(ctx, s); err != nil {
		return m, err
	}
	for _, dir := range s.Dirs {
		if err := a.directory(s.Data, dir); err != nil {
			return m, fmt.Errorf("back up %s: %w", dir, err)
		}
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, err
	}
	if err := a.add(manifestName, int64(len(text)), bytes.NewReader(text)); err != nil {
		return m, fmt.Errorf("write the manifest: %w", err)
	}
	return m, errors.Join(a.tar.Close(), packed.Close(), sealed.Close())
}

type writer struct {
	tar  *tar.Writer
	now  time.Time
	sums map[string]string
}

func (a *writer) add(name string, size int64, r io.Reader) error {
	if err := a.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: a.now}); err != nil {
		return err
	}
	sum := sha256.New()
	if n, err := io.Copy(io.MultiWriter(a.tar, sum), r); err != nil || n != size {
		return errors.Join(err, fmt.Errorf("%d bytes of %d", n, size))
	}
	if name != manifestName {
		a.sums[name] = hex.EncodeToString(sum.Sum(nil))
	}
	return nil
}

// tables dumps the database. A tar has to know sizes beforehand, so that tables go by temporary files, which nobody else
// can read and which have no name once they are open.
func (a *writer) tables(ctx context.Context, s Source) (db.Dump, error) {
	var spools []*spool
	defer func() {
		for _, f := range spools {
			f.file.Close() // it was only read
		}
	}()
	dump, err := s.DB.Dump(ctx, func(table string) (io.WriteCloser, error) {
		f, err := os.CreateTemp(s.Spool, ".backup-*")
		if err != nil {
			return nil, err
		}
		spools = append(spools, &spool{table, f})
		return spools[len(spools)-1], os.Remove(f.Name())
	})
	if err != nil {
		return dump, err
	}
	for _, f := range spools {
		size, err := f.file.Seek(0, io.SeekCurrent)
		if err == nil {
			_, err = f.file.Seek(0, io.SeekStart)
		}
		if err == nil {
			err = a.add(path.Join(tablesDir, f.table+".jsonl"), size, f.file)
		}
		if err != nil {
			return dump, fmt.Errorf("back up table %s: %w", f.table, err)
		}
	}
	return dump, nil
}

type spool struct {
	table string
	file  *os.File
}

func (f *spool) Write(b []byte) (int, error) { return f.file.Write(b) }

// Close leaves the file open for reading.
func (f *spool) Close() error { return nil }

// directory adds the regular files below a directory. One that vanishes meanwhile was not to be kept.
func (a *writer) directory(data, dir string) error {
	return filepath.WalkDir(filepath.Join(data, dir), func(file string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil || !entry.Type().IsRegular():
			return err
		}
		content, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(data, file)
		if err != nil {
			return err
		}
		return a.add(path.Join(filesDir, filepath.ToSlash(name)), int64(len(content)), bytes.NewReader(content))
	})
}
