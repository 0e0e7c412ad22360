package rtc

import (
	"bufio"
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
	tcpFirstSTUN  = 10 * time.Second // a new connection must belong to a peer by then
	tcpWriteLimit = 10 * time.Second // a client that takes nothing for so long is cut
	tcpQueue      = 128              // packets to or from one connection; what comes when it is full is dropped
	strangerQueue = 4                // packets from one that belongs to no peer yet
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
	queued atomic.Int32 // packets in the inbox

	mu    sync.Mutex
	idle  time.Duration // 0: no peer's yet
	until time.Time     // by when it must be

	peer atomic.Pointer[Peer] // since a check of its client's came here
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

// admitted gives the connection the time between two packets that a peer's has.
func (c *tcpConn) admitted(idle time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = idle
	c.conn.SetReadDeadline(time.Now().Add(idle))
}

// strange reports whether the connection belongs to no peer, and until when it may.
func (c *tcpConn) strange() (until time.Time, strange bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.until, c.idle == 0
}

// wait sets the limit for the next packet.
func (c *tcpConn) wait() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idle > 0 {
		c.until = time.Now().Add(c.idle)
	}
	c.conn.SetReadDeadline(c.until)
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
	loop     *loop
	// On the loop, set before run.
	handle func(tcpPacket)
	flush  func() // after a run of handle
	gone   func(*tcpConn)

	refused atomic.Uint64 // connections beyond max, or cut for a newer one
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
		listener: listener, max: cfg.MaxTCP, loop: l,
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

// admit registers a connection. If there are too many, the oldest that belongs
// to no peer gives way; nil if all belong to peers.
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
		until:  time.Now().Add(tcpFirstSTUN),
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.conns) >= t.max {
		t.refused.Add(1)
		if !t.cutStranger() {
			return nil
		}
	}
	t.conns[c] = struct{}{}
	return c
}

// cutStranger closes the oldest connection that belongs to no peer; false if
// there is none. t.mu is held.
func (t *tcpSide) cutStranger() bool {
	var oldest *tcpConn
	var until time.Time
	for c := range t.conns {
		if at, stranger := c.strange(); stranger && (oldest == nil || at.Before(until)) {
			oldest, until = c, at
		}
	}
	if oldest == nil {
		return false
	}
	delete(t.conns, oldest)
	oldest.close()
	return true
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
	in := bufio.NewReaderSize(c.conn, maxFrame)
	for first := true; ; first = false {
		c.wait()
		b, err := readFrame(in, maxFrame)
		if err != nil {
			return
		}
		if first && classify(b) != stunPacket {
			return
		}
		t.put(tcpPacket{b, c})
	}
}

// put queues a packet for the loop.
func (t *tcpSide) put(p tcpPacket) {
	limit := int32(tcpQueue)
	if _, strange := p.from.strange(); strange {
		limit = strangerQueue
	}
	if p.from.queued.Load() >= limit {
		t.dropped.Add(1)
		return
	}
	t.mu.Lock()
	if len(t.inbox) >= inboxSize {
		t.mu.Unlock()
		t.dropped.Add(1)
		return
	}
	p.from.queued.Add(1)
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
		p.from.queued.Add(-1)
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
