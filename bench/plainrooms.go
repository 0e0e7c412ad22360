package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/pion/webrtc/v4"
)

// plainArgument makes this program a media server of plain pion, for load drivers
// that speak WHIP and WHEP.
const plainArgument = "plain"

// maxOffer bounds the body of a request, in bytes.
const maxOffer = 1 << 20

// plainRooms has the peer connections of plainServer, and rooms: everyone is sent
// what the others published before. It is for load drivers: there is no
// authorisation, and connections last until they fail.
type plainRooms struct {
	api *webrtc.API

	mu    sync.Mutex
	rooms map[string][]*plainTrack
}

type plainTrack struct {
	owner string
	*webrtc.TrackLocalStaticRTP
}

// servePlain serves POST /whip/{room}/{id} and /whep/{room}/{id} until a signal.
func servePlain(args []string, log io.Writer) error {
	if len(args) != 1 {
		return errors.New("usage: bench plain HTTP-ADDRESS")
	}
	if at, err := netip.ParseAddrPort(args[0]); err != nil || !at.Addr().IsLoopback() {
		return fmt.Errorf("%q is no address of the loopback interface with a port, like 127.0.0.1:18090", args[0])
	}
	sock, err := openSocket(nil)
	if err != nil {
		return err
	}
	defer sock.Close()
	api, err := plainAPI(sock.UDPConn, log)
	if err != nil {
		return err
	}
	p := &plainRooms{api: api, rooms: map[string][]*plainTrack{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /whip/{room}/{id}", p.answer((*plainRooms).publish))
	mux.HandleFunc("POST /whep/{room}/{id}", p.answer((*plainRooms).view))
	server := &http.Server{Addr: args[0], Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve HTTP: %w", err)
	}
	return nil
}

// answer makes a handler that answers an offer on a connection that prepare was
// given, after the offer.
func (p *plainRooms) answer(prepare func(p *plainRooms, pc *webrtc.PeerConnection, room, id string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		offer, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOffer))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		pc, err := p.api.NewPeerConnection(webrtc.Configuration{})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		sdp, err := answerPlain(pc, string(offer), func() error { return prepare(p, pc, r.PathValue("room"), r.PathValue("id")) })
		if err != nil {
			pc.Close()
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/sdp")
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, sdp)
	}
}

// publish adds a track to the room for each section of the offer.
func (p *plainRooms) publish(pc *webrtc.PeerConnection, room, id string) error {
	tracks := map[webrtc.RTPCodecType]*plainTrack{}
	for _, t := range pc.GetTransceivers() {
		mime := webrtc.MimeTypeVP8
		if t.Kind() == webrtc.RTPCodecTypeAudio {
			mime = webrtc.MimeTypeOpus
		}
		track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime}, t.Kind().String(), id)
		if err != nil {
			return err
		}
		tracks[t.Kind()] = &plainTrack{id, track}
	}
	pc.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		forwardPlain(remote, tracks[remote.Kind()].TrackLocalStaticRTP, nil)
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range tracks {
		p.rooms[room] = append(p.rooms[room], t)
	}
	return nil
}

// view adds all of the room's tracks that are not of id.
func (p *plainRooms) view(pc *webrtc.PeerConnection, room, id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.rooms[room] {
		if t.owner == id {
			continue
		}
		sender, err := pc.AddTrack(t.TrackLocalStaticRTP)
		if err != nil {
			return err
		}
		go readFeedback(sender)
	}
	return nil
}
