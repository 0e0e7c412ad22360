package signaling

import (
	"switchyard/signaling/protocol"
)

// outbox is what a session has said and its client has not acknowledged. It is
// guarded by the session's mu.
type outbox struct {
	frames []frame
	next   int    // index of the first frame that the present socket has not been given
	seq    uint64 // of the newest frame
	bytes  int    // of the frames that count
}

type frame struct {
	seq   uint64
	data  []byte
	count int // bytes towards the limit; a snapshot of a large room does not count
}

// full reports whether the client is too far behind to be told more.
func (o *outbox) full() bool {
	return len(o.frames) >= protocol.MaxUnacked || o.bytes >= protocol.MaxUnackedBytes
}

// behind reports whether the client has a quarter of that still to acknowledge.
func (o *outbox) behind() bool {
	return len(o.frames) >= protocol.MaxUnacked/4 || o.bytes >= protocol.MaxUnackedBytes/4
}

func (o *outbox) add(data []byte, counts bool) {
	f := frame{seq: o.seq, data: data}
	if counts {
		f.count = len(data)
	}
	o.frames = append(o.frames, f)
	o.bytes += f.count
}

// forget drops what the client has handled; only what was given to a socket.
func (o *outbox) forget(seq uint64) {
	n := 0
	for n < o.next && o.frames[n].seq <= seq {
		o.bytes -= o.frames[n].count
		n++
	}
	if n == 0 {
		return
	}
	rest := copy(o.frames, o.frames[n:])
	clear(o.frames[rest:])
	o.frames = o.frames[:rest]
	o.next -= n
}

// rewind prepares for a socket whose client has handled seq; false if it lacks
// frames that were dropped, or claims to have what was never sent.
func (o *outbox) rewind(seq uint64) bool {
	oldest := o.seq + 1 - uint64(len(o.frames))
	if seq+1 < oldest || seq > o.seq {
		return false
	}
	o.next = len(o.frames)
	o.forget(seq)
	o.next = 0
	return true
}

// take returns the frames that the present socket is to be given.
func (o *outbox) take(into [][]byte) [][]byte {
	for ; o.next < len(o.frames); o.next++ {
		into = append(into, o.frames[o.next].data)
	}
	return into
}
