package eventlog_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/db/powercut"
)

const (
	crashURL    = "EVENTLOG_CRASH_URL" // makes this test binary the program that is killed
	powercutVFS = "powercut"
)

// crashChild writes about 200 transactions a second until it is killed, and says which
// were acknowledged.
func crashChild(url string) int {
	if strings.HasSuffix(url, powercutVFS) {
		if _, err := powercut.Register(powercutVFS); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	ctx := context.Background()
	d, err := db.Open(ctx, url, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	const writers = 4
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			if err := crashWriter(ctx, d, w); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		})
	}
	all.Wait()
	return 1
}

func crashWriter(ctx context.Context, d *db.DB, w int) error {
	l := newLog(d, &wakes{})
	refused := errors.New("rolled back")
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	for i := w; ; i++ {
		ids := []string{rand.Text(), rand.Text()}
		err := d.Write(ctx, func(tx *db.Tx) error {
			for n, id := range ids {
				if err := addIn(ctx, tx, l, fmt.Sprint("tenant", (w+n)%3), id); err != nil {
					return err
				}
			}
			if i%8 == 7 {
				return refused
			}
			return nil
		})
		switch {
		case err == nil: // in one system call: half a line would be a change that is not there
			fmt.Print(strings.Join(ids, "\n") + "\n")
		case !errors.Is(err, refused):
			return err
		}
		<-pace.C
	}
}
