package powercut

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Disk is a registered VFS. Its methods may be called from any goroutine.
type Disk struct {
	real uintptr // the sqlite3_vfs below

	mu     sync.Mutex
	broken bool
	off    bool
	images map[string]*image // by path
}

// disks are never unregistered: SQLite keeps their addresses.
var disks struct {
	sync.Mutex
	byVFS   map[uintptr]*Disk
	handles map[uintptr]*handle
	last    uintptr
}

// Register makes a disk and registers it with SQLite under a name, for ?vfs=NAME.
func Register(name string) (*Disk, error) {
	tls := libc.NewTLS()
	defer tls.Close()
	real := sqlite3.Xsqlite3_vfs_find(tls, 0)
	if real == 0 {
		return nil, fmt.Errorf("register the disk %s: SQLite has no VFS", name)
	}
	vfs, err := newVFS(tls, real, name)
	if err != nil {
		return nil, fmt.Errorf("register the disk %s: %w", name, err)
	}
	d := &Disk{real: real, images: map[string]*image{}}
	disks.Lock()
	if disks.byVFS == nil {
		disks.byVFS, disks.handles = map[uintptr]*Disk{}, map[uintptr]*handle{}
	}
	disks.byVFS[vfs] = d
	disks.Unlock()
	if rc := sqlite3.Xsqlite3_vfs_register(tls, vfs, 0); rc != sqlite3.SQLITE_OK {
		return nil, fmt.Errorf("register the disk %s: SQLite's code %d", name, rc)
	}
	return d, nil
}

// Cut has everything fail from now on, and drops what was not synced. To see what is
// left, close the database and open it without this VFS.
func (d *Disk) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.off = true
	d.images = map[string]*image{}
}

// Break has all writes and syncs fail, or no longer.
func (d *Disk) Break(broken bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken = broken
}

// Unsynced is how many bytes would be lost now.
func (d *Disk) Unsynced() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, i := range d.images {
		for _, c := range i.unsynced {
			n += len(c.data)
		}
	}
	return n
}

// image is what the process sees of a file, and what of it the disk has not got yet.
type image struct {
	data     []byte
	unsynced []change
}

// change is a write or, without data, a truncation.
type change struct {
	at   int64
	data []byte
}

func (i *image) apply(c change) {
	if c.data == nil {
		if c.at < int64(len(i.data)) {
			i.data = i.data[:c.at]
		}
		return
	}
	if end := c.at + int64(len(c.data)); end > int64(len(i.data)) {
		i.data = append(i.data, make([]byte, end-int64(len(i.data)))...)
	}
	copy(i.data[c.at:], c.data)
}

const sector = 512

// early is the part of a write that the disk takes before it is told to: mostly none.
func (c change) early() change {
	switch rand.N(8) {
	case 0:
		return c
	case 1: // torn
		return change{c.at, c.data[:rand.N(1+len(c.data)/sector)*sector]}
	}
	return change{}
}
