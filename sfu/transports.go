package sfu

import "fmt"

// maxTransports of one participant, so that nobody can pile them up.
const maxTransports = 16

// transports is which of a participant's transports are there, and what
// follows when they fall silent. Guarded by the room's mu.
type transports struct {
	quiet        map[string]bool // by the transport's name
	reconnecting bool            // others have been told that something is amiss
	show         alarm           // tells them
	keep         alarm           // gives the participant up
}

func (t *transports) stop() {
	t.show.stop()
	t.keep.stop()
}

// state: amiss when there is no transport or one of them is quiet, alone when
// there is none that is not.
func (t *transports) state() (amiss, alone bool) {
	alone = true
	for _, quiet := range t.quiet {
		if quiet {
			amiss = true
		} else {
			alone = false
		}
	}
	return amiss || alone, alone
}

// Attach says that a transport serves the participant; a signaling session
// counts as one. The name is unique among its transports. Attaching a name
// again does nothing. ErrClosed once the participant has left, ErrLimit.
func (p *Participant) Attach(transport string) error {
	r := p.lockRoom()
	defer r.mu.Unlock()
	if p.left != "" {
		return ErrClosed
	}
	if _, ok := p.transports.quiet[transport]; ok {
		return nil
	}
	if len(p.transports.quiet) >= maxTransports {
		return fmt.Errorf("%d transports of a participant: %w", maxTransports, ErrLimit)
	}
	if p.transports.quiet == nil {
		p.transports.quiet = make(map[string]bool)
	}
	p.transports.quiet[transport] = false
	p.watchTransports(r)
	return nil
}

// Detach says that a transport is gone. A participant without any is shown as
// reconnecting after Config.ShowReconnecting and leaves after
// Config.KeepDetached.
func (p *Participant) Detach(transport string) {
	r := p.lockRoom()
	defer r.mu.Unlock()
	if _, ok := p.transports.quiet[transport]; !ok || p.left != "" {
		return
	}
	delete(p.transports.quiet, transport)
	p.watchTransports(r)
}

// Quiet says that a transport has fallen silent but may come back, or that it
// is back. While one is quiet the participant is shown as reconnecting; while
// all are, the time of Config.KeepDetached runs.
func (p *Participant) Quiet(transport string, quiet bool) {
	r := p.lockRoom()
	defer r.mu.Unlock()
	if was, ok := p.transports.quiet[transport]; !ok || was == quiet || p.left != "" {
		return
	}
	p.transports.quiet[transport] = quiet
	p.watchTransports(r)
}

// Attached tells how many transports the participant has.
func (p *Participant) Attached() int {
	r := p.lockRoom()
	defer r.mu.Unlock()
	return len(p.transports.quiet)
}

// watchTransports starts and stops the alarms that follow from the state of
// the transports. Under the mu of r, which is p's room.
func (p *Participant) watchTransports(r *Room) {
	t := &p.transports
	amiss, alone := t.state()
	if !amiss {
		t.stop()
		if t.reconnecting {
			t.reconnecting = false
			r.tellUpdated(p)
		}
		return
	}
	if !t.reconnecting && !t.show.running() {
		t.show.start(r.loop, r.sfu.cfg.ShowReconnecting, p.showReconnecting)
	}
	switch {
	case !alone:
		t.keep.stop()
	case !t.keep.running():
		t.keep.start(r.loop, r.sfu.cfg.KeepDetached, p.giveUp)
	}
}

func (p *Participant) showReconnecting(run int) {
	r := p.lockRoom()
	defer r.mu.Unlock()
	if p.transports.show.rang(run) {
		p.transports.reconnecting = true
		r.tellUpdated(p)
	}
}

func (p *Participant) giveUp(run int) {
	r := p.lockRoom()
	defer r.mu.Unlock()
	if p.transports.keep.rang(run) {
		p.depart(r, LeftTimeout)
	}
}
