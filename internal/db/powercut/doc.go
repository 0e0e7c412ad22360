// Package powercut is a disk for SQLite whose power can fail: a VFS over the one for
// Unix that keeps what is written in memory until it is synced, so that a process that
// is killed loses it, as a machine without power does. Writes may also reach the disk
// early, in parts and in any order, as they may on a real one. Making and removing
// files is durable at once, and so is the wal-index, which no recovery trusts.
//
// All connections of a process share what is not synced yet; other processes may open
// the file only after this one has ended. Only tests import it.
//
// Modules: modernc.org/sqlite, modernc.org/libc.
package powercut
