package powercut

import (
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// at is what an address of SQLite's memory points to.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// call is a C function pointer as the Go function that it is.
func call[F any](pointer uintptr) F { return *(*F)(unsafe.Pointer(&struct{ uintptr }{pointer})) }

// pointer is the opposite of call, for a function that is not a closure.
func pointer(f any) uintptr { return (*[2]uintptr)(unsafe.Pointer(&f))[1] }

// The types of SQLite's methods that several functions have.
type (
	fileFunc     = func(*libc.TLS, uintptr) int32
	fileInt      = func(*libc.TLS, uintptr, int32) int32
	filePointer  = func(*libc.TLS, uintptr, uintptr) int32
	fileControl  = func(*libc.TLS, uintptr, int32, uintptr) int32
	fileTransfer = func(*libc.TLS, uintptr, uintptr, int32, int64) int32
	fileTruncate = func(*libc.TLS, uintptr, int64) int32
	shmMap       = func(*libc.TLS, uintptr, int32, int32, int32, uintptr) int32
	shmLock      = func(*libc.TLS, uintptr, int32, int32, int32) int32
	vfsOpen      = func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32
	vfsDelete    = func(*libc.TLS, uintptr, uintptr, int32) int32
	vfsAccess    = func(*libc.TLS, uintptr, uintptr, int32, uintptr) int32
)

func methods(file uintptr) *sqlite3.Tsqlite3_io_methods {
	return at[sqlite3.Tsqlite3_io_methods](at[sqlite3.Tsqlite3_file](file).FpMethods)
}

func realTruncate(tls *libc.TLS, file uintptr, size int64) int32 {
	return call[fileTruncate](methods(file).FxTruncate)(tls, file, size)
}

func realWrite(tls *libc.TLS, file uintptr, data []byte, offset int64) int32 {
	buffer := tls.Alloc(len(data))
	defer tls.Free(len(data))
	copy(unsafe.Slice(at[byte](buffer), len(data)), data)
	return call[fileTransfer](methods(file).FxWrite)(tls, file, buffer, int32(len(data)), offset)
}

// realContent reads a file through the handle that there is: closing another one
// would end the process's locks.
func realContent(tls *libc.TLS, file uintptr) ([]byte, int32) {
	result := tls.Alloc(8)
	defer tls.Free(8)
	if rc := call[filePointer](methods(file).FxFileSize)(tls, file, result); rc != sqlite3.SQLITE_OK {
		return nil, rc
	}
	size := int(*at[int64](result))
	if size == 0 {
		return nil, sqlite3.SQLITE_OK
	}
	buffer := tls.Alloc(size)
	defer tls.Free(size)
	if rc := call[fileTransfer](methods(file).FxRead)(tls, file, buffer, int32(size), 0); rc != sqlite3.SQLITE_OK {
		return nil, rc
	}
	return append([]byte(nil), unsafe.Slice(at[byte](buffer), size)...), sqlite3.SQLITE_OK
}
