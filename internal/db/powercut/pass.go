package powercut

import (
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// What follows has nothing to do with content: the file below does it.

func xLock(tls *libc.TLS, f uintptr, level int32) int32 {
	real := handleOf(f).real
	return call[fileInt](methods(real).FxLock)(tls, real, level)
}

func xUnlock(tls *libc.TLS, f uintptr, level int32) int32 {
	real := handleOf(f).real
	return call[fileInt](methods(real).FxUnlock)(tls, real, level)
}

func xCheckReservedLock(tls *libc.TLS, f, result uintptr) int32 {
	real := handleOf(f).real
	return call[filePointer](methods(real).FxCheckReservedLock)(tls, real, result)
}

func xFileControl(tls *libc.TLS, f uintptr, op int32, arg uintptr) int32 {
	switch op {
	case sqlite3.SQLITE_FCNTL_SIZE_HINT, sqlite3.SQLITE_FCNTL_CHUNK_SIZE, sqlite3.SQLITE_FCNTL_MMAP_SIZE,
		sqlite3.SQLITE_FCNTL_BEGIN_ATOMIC_WRITE, sqlite3.SQLITE_FCNTL_COMMIT_ATOMIC_WRITE, sqlite3.SQLITE_FCNTL_ROLLBACK_ATOMIC_WRITE:
		return sqlite3.SQLITE_NOTFOUND // they would go around the image
	}
	real := handleOf(f).real
	return call[fileControl](methods(real).FxFileControl)(tls, real, op, arg)
}

func xSectorSize(tls *libc.TLS, f uintptr) int32 {
	real := handleOf(f).real
	return call[fileFunc](methods(real).FxSectorSize)(tls, real)
}

func xDeviceCharacteristics(tls *libc.TLS, f uintptr) int32 {
	real := handleOf(f).real
	return call[fileFunc](methods(real).FxDeviceCharacteristics)(tls, real)
}

func xShmMap(tls *libc.TLS, f uintptr, region, size, extend int32, result uintptr) int32 {
	real := handleOf(f).real
	return call[shmMap](methods(real).FxShmMap)(tls, real, region, size, extend, result)
}

func xShmLock(tls *libc.TLS, f uintptr, offset, n, flags int32) int32 {
	real := handleOf(f).real
	return call[shmLock](methods(real).FxShmLock)(tls, real, offset, n, flags)
}

func xShmBarrier(tls *libc.TLS, f uintptr) {
	real := handleOf(f).real
	call[func(*libc.TLS, uintptr)](methods(real).FxShmBarrier)(tls, real)
}

func xShmUnmap(tls *libc.TLS, f uintptr, remove int32) int32 {
	real := handleOf(f).real
	return call[fileInt](methods(real).FxShmUnmap)(tls, real, remove)
}
