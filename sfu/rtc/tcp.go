package rtc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	tcpFirstSTUN  = 10 * time.Second // a new connection must say who it is by then
	tcpWriteLimit = 10 * time.Second // a client that takes nothing for so long is cut
	tcpQueue      = 128              // packets to one connection; what comes when it is full is dropped
	inboxSize     = 1024             // packets from all connections to the loop; likewise
)

// tcpConn is one ICE-TCP connection (RFC 6544) with RFC 4571 framing. A reader
// passes what comes to the loop, a writer takes what the loop sends, so that a
// slow connection delays nobody.
type tcpConn struct {
	conn   net.Conn
	addr   netip.AddrPort
	out    chan []byte
	closed chan struct{}
	once   sync.Once

	peer *Peer // since the ICE agent answered here; belongs to the loop
}

// send queues a copy of b; false if the queue is full.
func (c *tcpConn) send(b []byte) bool {
	select {
	case c.out <- appendFrame(make([]byte, 0, 2+len(b)), b):
		return true
	default:
		return false
	}
}

func (c *tcpConn) close() {
	c.once.Do(func() {
		close(c.closed)
		c.conn.Close()
	})
}

func (c *tcpConn) isClosed() bool {
	select {
	case <-c.closed:
		return true
	default:
		return false
	}
}

// write sends what is queued until the connection ends.
func (c *tcpConn) write() {
	defer c.close()
	for {
		select {
		case b := <-c.out:
			c.conn.SetWriteDeadline(time.Now().Add(tcpWriteLimit))
			if _, err := c.conn.Write(b); err != nil {
				return
			}
		case <-c.closed:
			return
		}
	}
}

// tcpPacket is a packet that came over TCP.
type tcpPacket struct {
	b    []byte
	from *tcpConn
}

// tcpSide accepts ICE-TCP connections.
type tcpSide struct {
	listener net.Listener
	max      int
	idle     time.Duration
	loop     *loop
	// On the loop, set before run.
	handle func(tcpPacket)
	flush  func() // after a run of handle
	gone   func(*tcpConn)

	refused atomic.Uint64 // connections beyond max
	dropped atomic.Uint64 // packets that found the inbox full

	mu    sync.Mutex
	conns map[*tcpConn]struct{}
	inbox []tcpPacket
	spare []tcpPacket // what the loop has emptied
}

func openTCP(addr netip.AddrPort, cfg Config, l *loop) (*tcpSide, error) {
	host := ""
	if addr.Addr().IsValid() {
		host = addr.Addr().String()
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(addr.Port())))
	if err != nil {
		return nil, fmt.Errorf("listen for media on TCP: %w", err)
	}
	return &tcpSide{
		listener: listener, max: cfg.MaxTCP, idle: cfg.IdleTimeout, loop: l,
		conns: make(map[*tcpConn]struct{}),
	}, nil
}

// run accepts until ctx ends and returns when all connections have ended.
func (t *tcpSide) run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	defer t.closeAll()
	defer context.AfterFunc(ctx, func() { t.listener.Close() })()
	for {
		conn, err := t.listener.Accept()
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return nil
		}
		if errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("accept ICE-TCP: %w", err)
		}
		if err != nil { // out of descriptors, aborted by the client
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
			}
			continue
		}
		c := t.admit(conn)
		if c == nil {
			conn.Close()
			continue
		}
		wg.Go(c.write)
		wg.Go(func() { t.read(c) })
	}
}

// admit registers a connection; nil if there are too many.
func (t *tcpSide) admit(conn net.Conn) *tcpConn {
	remote, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return nil
	}
	addr := remote.AddrPort()
	c := &tcpConn{
		conn:   conn,
		addr:   netip.AddrPortFrom(addr.Addr().Unmap().WithZone(""), addr.Port()),
		out:    make(chan []byte, tcpQueue),
		closed: make(chan struct{}),
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.conns) >= t.max {
		t.refused.Add(1)
		return nil
	}
	t.conns[c] = struct{}{}
	return c
}

// read passes packets to the loop until the connection ends.
func (t *tcpSide) read(c *tcpConn) {
	defer func() {
		c.close()
		t.mu.Lock()
		delete(t.conns, c)
		t.mu.Unlock()
		t.loop.Post(func() { t.gone(c) })
	}()
	limit := tcpFirstSTUN
	for {
		c.conn.SetReadDeadline(time.Now().Add(limit))
		b, err := readFrame(c.conn, make([]byte, maxFrame))
		if err != nil {
			return
		}
		if limit == tcpFirstSTUN {
			if classify(b) != stunPacket {
				return
			}
			limit = t.idle
		}
		t.put(tcpPacket{b, c})
	}
}

// put queues a packet for the loop.
func (t *tcpSide) put(p tcpPacket) {
	t.mu.Lock()
	if len(t.inbox) >= inboxSize {
		t.mu.Unlock()
		t.dropped.Add(1)
		return
	}
	t.inbox = append(t.inbox, p)
	first := len(t.inbox) == 1
	t.mu.Unlock()
	if first {
		t.loop.Post(t.empty)
	}
}

// empty handles what is queued, on the loop.
func (t *tcpSide) empty() {
	t.mu.Lock()
	t.inbox, t.spare = t.spare[:0], t.inbox
	t.mu.Unlock()
	for i, p := range t.spare {
		t.spare[i] = tcpPacket{}
		t.handle(p)
	}
	t.flush()
}

func (t *tcpSide) closeAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for c := range t.conns {
		c.close()
	}
}
