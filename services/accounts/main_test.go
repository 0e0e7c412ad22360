package accounts

import (
	"os"
	"testing"

	"github.com/alexedwards/argon2id"

	"switchyard/internal/db/dbtest"
)

// production is what a hash costs there; tests pay less, benchmarks all of it.
var production = hashParams

func TestMain(m *testing.M) {
	hashParams = &argon2id.Params{Memory: 4 << 10, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	os.Exit(dbtest.Main(m))
}
