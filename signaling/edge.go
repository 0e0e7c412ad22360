package signaling

import (
	"runtime/debug"

	"switchyard/signaling/protocol"
)

// recovered is deferred at the edge of every goroutine: a fault in it ends the
// session that it works for, if any, and nothing else.
func (srv *Server) recovered(where string, s *session) {
	fault := recover()
	if fault == nil {
		return
	}
	srv.metrics.panics.Inc()
	srv.log.Error("recovered from a fault", "where", where, "fault", fault, "stack", string(debug.Stack()))
	if s != nil {
		s.end(failing(protocol.Errorf(protocol.Internal, "something went wrong in the server"), 0))
	}
}
