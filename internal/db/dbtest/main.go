package dbtest

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// Main runs the tests of a package, ends the PostgreSQL that they started and fails if
// goroutines are left: for TestMain, which hands its result to os.Exit.
func Main(m *testing.M) int {
	code := m.Run()
	err := stop()
	if code == 0 {
		err = errors.Join(err, goleak.Find())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dbtest:", err)
		return max(code, 1)
	}
	return code
}
