package sfu

// eventStream is one reader's queue. Its channel is written and closed under
// the participant's streamMu only.
type eventStream struct {
	ch chan Event
}

// Events opens the participant's event stream, ending an earlier one. Its first
// event is a Snapshot; all later ones are changes to that. The channel is
// closed after Left, or without it when another stream is opened. Whoever falls
// Config.EventQueue events behind makes the participant leave with LeftSlow.
func (p *Participant) Events() <-chan Event {
	r := p.lockRoom()
	defer r.mu.Unlock()
	p.streamMu.Lock()
	defer p.streamMu.Unlock()
	p.closeStream()
	s := &eventStream{ch: make(chan Event, r.sfu.cfg.EventQueue+1)} // one place is kept for Left
	if p.left != "" {
		s.ch <- Left{p.left}
		close(s.ch)
		return s.ch
	}
	s.ch <- r.snapshot(p)
	p.stream = s
	// Slots that were filled before are told to the new reader.
	p.post(p.seat.announce)
	return s.ch
}

// StopEvents ends the stream that ch is of, if it still is the participant's.
func (p *Participant) StopEvents(ch <-chan Event) {
	p.streamMu.Lock()
	defer p.streamMu.Unlock()
	if p.stream != nil && p.stream.ch == ch {
		p.closeStream()
	}
}

// tell queues an event. It may be called under the room's mu and on the loop.
func (p *Participant) tell(ev Event) {
	p.streamMu.Lock()
	defer p.streamMu.Unlock()
	if p.stream == nil {
		return
	}
	if len(p.stream.ch) < cap(p.stream.ch)-1 {
		p.stream.ch <- ev
		return
	}
	// The reader is too slow to be told more: what it missed can't be made up.
	p.stream.ch <- Left{LeftSlow}
	p.closeStream()
	p.Loop().Post(p.leaveSlow)
}

// mention is tell for what nobody misses: it is left out once a quarter of the
// queue is taken, so that it never makes a slow reader leave.
func (p *Participant) mention(ev Event) {
	p.streamMu.Lock()
	defer p.streamMu.Unlock()
	if p.stream != nil && len(p.stream.ch) < cap(p.stream.ch)/4 {
		p.stream.ch <- ev
	}
}

// leaveSlow makes p leave whose reader was too slow, unless another has come.
func (p *Participant) leaveSlow() {
	r := p.lockRoom()
	defer r.mu.Unlock()
	p.streamMu.Lock()
	unread := p.stream == nil
	p.streamMu.Unlock()
	if unread {
		p.depart(r, LeftSlow)
	}
}

func (p *Participant) endStream(last Left) {
	p.streamMu.Lock()
	defer p.streamMu.Unlock()
	if p.stream != nil {
		p.stream.ch <- last
		p.closeStream()
	}
}

func (p *Participant) closeStream() {
	if p.stream != nil {
		close(p.stream.ch)
		p.stream = nil
	}
}
