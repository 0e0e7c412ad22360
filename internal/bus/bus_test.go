package bus_test

import (
	"fmt"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"

	"switchyard/internal/bus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, urls string) *bus.Bus {
	t.Helper()
	b, err := bus.Open(urls, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// serve runs a NATS server; port -1 is any that is free.
func serve(t *testing.T, port int) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server does not start")
	}
	return s
}

// each runs f with two ends of a bus: one embedded, and two nodes of a cluster.
func each(t *testing.T, f func(t *testing.T, from, to *bus.Bus)) {
	t.Run("embedded", func(t *testing.T) {
		b := open(t, "")
		f(t, b, b)
	})
	t.Run("cluster", func(t *testing.T) {
		url := serve(t, server.RANDOM_PORT).ClientURL()
		f(t, open(t, url), open(t, "nats://127.0.0.1:1,"+url)) // one of them is down
	})
}

// subscribe has messages come as texts.
func subscribe(t *testing.T, b *bus.Bus, subject string) (messages <-chan string, cancel func()) {
	t.Helper()
	c := make(chan string, 1000)
	cancel, err := b.Subscribe(subject, func(subject string, data []byte) { c <- subject + " " + string(data) })
	if err != nil {
		t.Fatal(err)
	}
	return c, cancel
}

func publish(t *testing.T, b *bus.Bus, subject, text string) {
	t.Helper()
	if err := b.Publish(subject, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, messages <-chan string, text string) {
	t.Helper()
	select {
	case got := <-messages:
		if got != text {
			t.Errorf("%q came, want %q", got, text)
		}
	case <-time.After(10 * time.Second):
		t.Errorf("%q does not come", text)
	}
}

func TestPublishAndSubscribe(t *testing.T) {
	each(t, func(t *testing.T, from, to *bus.Bus) {
		exact, _ := subscribe(t, to, "room.1.speaking")
		word, _ := subscribe(t, to, "room.*.speaking")
		rest, cancel := subscribe(t, to, "room.>")
		for i := range 100 {
			publish(t, from, "room.1.speaking", fmt.Sprint(i))
		}
		for i := range 100 { // in their order
			for _, c := range []<-chan string{exact, word, rest} {
				want(t, c, fmt.Sprint("room.1.speaking ", i))
			}
		}
		publish(t, from, "room.2.speaking", "x")
		want(t, word, "room.2.speaking x")
		want(t, rest, "room.2.speaking x")
		cancel()
		// Whoever subscribes after it proves that the cancelling has come through.
		again, _ := subscribe(t, to, "room.3.>")
		publish(t, from, "room.3.hands", "y")
		want(t, again, "room.3.hands y")
		select {
		case m := <-rest:
			t.Errorf("%q came after it was cancelled", m)
		case m := <-exact:
			t.Errorf("%q came to another subject", m)
		default:
		}
	})
}

func TestWake(t *testing.T) {
	each(t, func(t *testing.T, from, to *bus.Bus) {
		woken := make(chan string, 10)
		cancel, err := to.OnWake(func(tenant string) { woken <- tenant })
		if err != nil {
			t.Fatal(err)
		}
		defer cancel()
		from.Wake("01J0000000000000000000000A")
		from.Wake("default")
		want(t, woken, "01J0000000000000000000000A")
		want(t, woken, "default")
	})
}

func TestSlowSubscriberDelaysNobody(t *testing.T) {
	each(t, func(t *testing.T, from, to *bus.Bus) {
		blocked, release := make(chan struct{}), make(chan struct{})
		defer close(release)
		cancel, err := to.Subscribe("x", func(string, []byte) {
			select {
			case blocked <- struct{}{}:
			default:
			}
			<-release
		})
		if err != nil {
			t.Fatal(err)
		}
		defer cancel()
		publish(t, from, "x", "")
		<-blocked
		quick, _ := subscribe(t, to, "x")
		for i := range 500 {
			publish(t, from, "x", fmt.Sprint(i))
		}
		for i := range 500 {
			want(t, quick, fmt.Sprint("x ", i))
		}
	})
}

func TestErrors(t *testing.T) {
	if b, err := bus.Open("nats://127.0.0.1:1", slog.New(slog.DiscardHandler)); err == nil {
		b.Close()
		t.Error("a bus without a server was opened")
	}
	b := open(t, "")
	if err := b.Publish("x", make([]byte, 1<<20+1)); err == nil {
		t.Error("more than 1 MiB was published")
	}
	if err := b.Publish("", nil); err == nil {
		t.Error("something was published to no subject")
	}
	b.Close()
	if err := b.Publish("x", nil); err == nil {
		t.Error("something was published to a bus that is closed")
	}
	if _, err := b.OnWake(func(string) {}); err == nil {
		t.Error("somebody subscribed to a bus that is closed")
	}
	b.Wake("a") // is lost
}

// TestClusterGoneAndBack: subscriptions last, and what is said meanwhile is lost, not kept.
func TestClusterGoneAndBack(t *testing.T) {
	s := serve(t, server.RANDOM_PORT)
	from, to := open(t, s.ClientURL()), open(t, s.ClientURL())
	woken := make(chan string, 1)
	cancel, err := to.OnWake(func(tenant string) {
		select {
		case woken <- tenant:
		default:
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer cancel()
	from.Wake("before")
	want(t, woken, "before")
	port := s.Addr().(*net.TCPAddr).Port
	s.Shutdown()
	s.WaitForShutdown()
	from.Wake("meanwhile")
	serve(t, port)
	limit := time.After(30 * time.Second)
	for {
		from.Wake("after")
		select {
		case tenant := <-woken:
			if tenant != "after" {
				t.Errorf("%q came", tenant)
			}
			return
		case <-time.After(20 * time.Millisecond): // until both are there again
		case <-limit:
			t.Fatal("the nodes do not come back")
		}
	}
}
