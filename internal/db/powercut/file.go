package powercut

import (
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// handle is an open file. SQLite serialises the calls of one.
type handle struct {
	disk  *Disk
	image *image  // nil: a temporary file, whose content nobody misses
	real  uintptr // the sqlite3_file below
}

func (h *handle) read(tls *libc.TLS, p []byte, at int64) int32 {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if h.disk.off {
		return sqlite3.SQLITE_IOERR_READ
	}
	n := 0
	if at < int64(len(h.image.data)) {
		n = copy(p, h.image.data[at:])
	}
	if n < len(p) {
		clear(p[n:])
		return sqlite3.SQLITE_IOERR_SHORT_READ
	}
	return sqlite3.SQLITE_OK
}

func (h *handle) change(tls *libc.TLS, c change) int32 {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if h.disk.off || h.disk.broken {
		return sqlite3.SQLITE_IOERR_WRITE
	}
	h.image.apply(c)
	h.image.unsynced = append(h.image.unsynced, c)
	if early := c.early(); len(early.data) > 0 {
		return h.store(tls, early)
	}
	return sqlite3.SQLITE_OK
}

// store has the disk take a change.
func (h *handle) store(tls *libc.TLS, c change) int32 {
	if c.data == nil {
		return realTruncate(tls, h.real, c.at)
	}
	return realWrite(tls, h.real, c.data, c.at)
}

func (h *handle) sync(tls *libc.TLS) int32 {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if h.disk.off || h.disk.broken {
		return sqlite3.SQLITE_IOERR_FSYNC
	}
	for _, c := range h.image.unsynced {
		if rc := h.store(tls, c); rc != sqlite3.SQLITE_OK {
			return rc
		}
	}
	h.image.unsynced = nil // the file below is the disk: it needs no sync itself
	return sqlite3.SQLITE_OK
}

func (h *handle) size() int64 {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	return int64(len(h.image.data))
}

// open gives a handle the image of its file, reading it if it is the first.
func (d *Disk) open(tls *libc.TLS, path string, real uintptr) (*handle, int32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := d.images[path]
	if i == nil {
		data, rc := realContent(tls, real)
		if rc != sqlite3.SQLITE_OK {
			return nil, rc
		}
		i = &image{data: data}
		d.images[path] = i
	}
	return &handle{disk: d, image: i, real: real}, sqlite3.SQLITE_OK
}

func (d *Disk) isOff() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.off
}

func (d *Disk) forget(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.images, path)
}

// filled reports whether the process sees a file that is not empty.
func (d *Disk) filled(path string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := d.images[path]
	return i != nil && len(i.data) > 0
}
