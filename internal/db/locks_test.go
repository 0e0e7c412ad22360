package db_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// lockedBytes counts the locks that processes hold on a SQLite database's file and its
// wal-index, as Linux lists them.
func lockedBytes(t *testing.T, path string) (n int) {
	t.Helper()
	list, err := os.ReadFile("/proc/locks")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		n += strings.Count(string(list), fmt.Sprintf(":%d ", info.Sys().(*syscall.Stat_t).Ino))
	}
	return n
}
