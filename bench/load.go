package main

import "fmt"

// load is how a server is loaded.
type load struct {
	size  int  // of a published packet as UDP carries it, in bytes
	burst int  // packets that leave together; of a floor, for one receiver in a row
	rate  int  // packets a second to all receivers together; 0: as many as the server takes
	half  bool // half as many as it takes
}

func (l load) String() string {
	how := fmt.Sprintf("%d B, bursts of %d", l.size, l.burst)
	if l.burst == 1 {
		how = fmt.Sprintf("%d B, single", l.size)
	}
	switch {
	case l.half:
		return how + ", half load"
	case l.rate == 0:
		return how + ", saturated"
	}
	return fmt.Sprintf("%s, %d k/s", how, l.rate/1000)
}
