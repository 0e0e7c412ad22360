package powercut

import (
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// file is the sqlite3_file of this VFS; that of the one below follows it in memory.
type file struct {
	sqlite3.Tsqlite3_file
	handle uintptr // key in disks.handles
}

const fileSize = unsafe.Sizeof(file{})

var ioMethods = sqlite3.Tsqlite3_io_methods{
	FiVersion: 2, // without memory-mapped reading
	FxClose:   pointer(xClose), FxRead: pointer(xRead), FxWrite: pointer(xWrite), FxTruncate: pointer(xTruncate),
	FxSync: pointer(xSync), FxFileSize: pointer(xFileSize), FxLock: pointer(xLock), FxUnlock: pointer(xUnlock),
	FxCheckReservedLock: pointer(xCheckReservedLock), FxFileControl: pointer(xFileControl), FxSectorSize: pointer(xSectorSize),
	FxDeviceCharacteristics: pointer(xDeviceCharacteristics), FxShmMap: pointer(xShmMap), FxShmLock: pointer(xShmLock),
	FxShmBarrier: pointer(xShmBarrier), FxShmUnmap: pointer(xShmUnmap),
}

// newVFS is the one below with some methods of ours. What is not ours does not look at its
// first argument.
func newVFS(tls *libc.TLS, real uintptr, name string) (uintptr, error) {
	text, err := libc.CString(name)
	if err != nil {
		return 0, err
	}
	address := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
	vfs := at[sqlite3.Tsqlite3_vfs](address)
	*vfs = *at[sqlite3.Tsqlite3_vfs](real)
	vfs.FpNext, vfs.FzName = 0, text
	vfs.FszOsFile += int32(fileSize)
	vfs.FxOpen, vfs.FxDelete, vfs.FxAccess = pointer(xOpen), pointer(xDelete), pointer(xAccess)
	return address, nil
}

func diskOf(vfs uintptr) *Disk {
	disks.Lock()
	defer disks.Unlock()
	return disks.byVFS[vfs]
}

func handleOf(f uintptr) *handle {
	disks.Lock()
	defer disks.Unlock()
	return disks.handles[at[file](f).handle]
}

func xOpen(tls *libc.TLS, vfs, name, f uintptr, flags int32, out uintptr) int32 {
	d, real := diskOf(vfs), f+fileSize
	*at[file](f) = file{} // without methods it need not be closed
	if d.isOff() {
		return sqlite3.SQLITE_CANTOPEN
	}
	below := at[sqlite3.Tsqlite3_vfs](d.real)
	if rc := call[vfsOpen](below.FxOpen)(tls, d.real, name, real, flags, out); rc != sqlite3.SQLITE_OK {
		return rc
	}
	h := &handle{disk: d, real: real}
	if name != 0 && flags&sqlite3.SQLITE_OPEN_DELETEONCLOSE == 0 {
		var rc int32
		if h, rc = d.open(tls, libc.GoString(name), real); rc != sqlite3.SQLITE_OK {
			call[fileFunc](methods(real).FxClose)(tls, real)
			return rc
		}
	}
	disks.Lock()
	defer disks.Unlock()
	disks.last++
	disks.handles[disks.last] = h
	*at[file](f) = file{sqlite3.Tsqlite3_file{FpMethods: uintptr(unsafe.Pointer(&ioMethods))}, disks.last}
	return sqlite3.SQLITE_OK
}

func xDelete(tls *libc.TLS, vfs, name uintptr, sync int32) int32 {
	d := diskOf(vfs)
	if d.isOff() {
		return sqlite3.SQLITE_IOERR_DELETE
	}
	d.forget(libc.GoString(name))
	return call[vfsDelete](at[sqlite3.Tsqlite3_vfs](d.real).FxDelete)(tls, d.real, name, sync)
}

func xAccess(tls *libc.TLS, vfs, name uintptr, flags int32, result uintptr) int32 {
	d := diskOf(vfs)
	if flags == sqlite3.SQLITE_ACCESS_EXISTS && d.filled(libc.GoString(name)) {
		*at[int32](result) = 1
		return sqlite3.SQLITE_OK
	}
	return call[vfsAccess](at[sqlite3.Tsqlite3_vfs](d.real).FxAccess)(tls, d.real, name, flags, result)
}

func xClose(tls *libc.TLS, f uintptr) int32 {
	real := handleOf(f).real
	disks.Lock()
	delete(disks.handles, at[file](f).handle)
	disks.Unlock()
	return call[fileFunc](methods(real).FxClose)(tls, real)
}

func xRead(tls *libc.TLS, f, buffer uintptr, n int32, offset int64) int32 {
	h := handleOf(f)
	if h.image == nil {
		return call[fileTransfer](methods(h.real).FxRead)(tls, h.real, buffer, n, offset)
	}
	return h.read(tls, unsafe.Slice(at[byte](buffer), n), offset)
}

func xWrite(tls *libc.TLS, f, buffer uintptr, n int32, offset int64) int32 {
	h := handleOf(f)
	if h.image == nil {
		return call[fileTransfer](methods(h.real).FxWrite)(tls, h.real, buffer, n, offset)
	}
	data := append(make([]byte, 0, n), unsafe.Slice(at[byte](buffer), n)...)
	return h.change(tls, change{offset, data})
}

func xTruncate(tls *libc.TLS, f uintptr, size int64) int32 {
	h := handleOf(f)
	if h.image == nil {
		return realTruncate(tls, h.real, size)
	}
	return h.change(tls, change{at: size})
}

func xSync(tls *libc.TLS, f uintptr, flags int32) int32 {
	h := handleOf(f)
	if h.image == nil {
		return sqlite3.SQLITE_OK
	}
	return h.sync(tls)
}

func xFileSize(tls *libc.TLS, f, result uintptr) int32 {
	h := handleOf(f)
	if h.image == nil {
		return call[filePointer](methods(h.real).FxFileSize)(tls, h.real, result)
	}
	*at[int64](result) = h.size()
	return sqlite3.SQLITE_OK
}
