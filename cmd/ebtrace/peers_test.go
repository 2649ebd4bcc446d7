package main

import (
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ebtrace/ebtrace/decode"
)

// endpoints is a socket with these ends.
func endpoints(local, remote net.Addr) *decode.Socket {
	l, r := local.(*net.TCPAddr).AddrPort(), remote.(*net.TCPAddr).AddrPort()
	return &decode.Socket{Family: 2, Type: 1, LAddr: l.Addr().Unmap().AsSlice(), RAddr: r.Addr().Unmap().AsSlice(), LPort: l.Port(), RPort: r.Port()}
}

// TestPeers finds this process at the other end of its own connections.
func TestPeers(t *testing.T) {
	for _, at := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", at)
		if err != nil {
			t.Logf("%s: %v", at, err)
			continue
		}
		defer l.Close()
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		a, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		s := endpoints(c.LocalAddr(), c.RemoteAddr())
		w := &decode.Work{Layer: decode.LayerNet, Name: "connect", File: &decode.File{Sock: s}}
		new(peers).add(uint32(os.Getpid()), w)
		comm, _ := os.ReadFile("/proc/self/comm")
		if w.Peer == nil || w.Peer.PID != uint32(os.Getpid()) || w.Peer.UID != uint32(os.Getuid()) || string(w.Peer.Comm) != strings.TrimSpace(string(comm)) || !w.Peer.Later {
			t.Errorf("%s: %+v", at, w.Peer)
		}
		a.Close()
		c.Close()
		w.Peer = nil
		if new(peers).add(uint32(os.Getpid()), w); w.Peer != nil {
			t.Errorf("%s, closed: %+v", at, w.Peer)
		}
	}
}

// TestPeerConnections: only what has made a connection within the host is looked up.
func TestPeerConnections(t *testing.T) {
	sock := func(local, remote string) *decode.Socket {
		return endpoints(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(local)), net.TCPAddrFromAddrPort(netip.MustParseAddrPort(remote)))
	}
	for name, c := range map[string]struct {
		w    decode.Work
		want bool
	}{
		"connect":   {decode.Work{Name: "connect", File: &decode.File{Sock: sock("127.0.0.1:1", "127.0.0.1:2")}}, true},
		"own":       {decode.Work{Name: "connected", File: &decode.File{Sock: sock("10.0.0.1:1", "10.0.0.1:2")}}, true},
		"accept":    {decode.Work{Name: "accept", File2: &decode.File{Sock: sock("[::1]:1", "[::1]:2")}}, true},
		"elsewhere": {decode.Work{Name: "connect", File: &decode.File{Sock: sock("10.0.0.1:1", "10.0.0.2:2")}}, false},
		"failed":    {decode.Work{Name: "connect", Errno: 111, File: &decode.File{Sock: sock("127.0.0.1:1", "127.0.0.1:2")}}, false},
		"known":     {decode.Work{Name: "connect", Peer: &decode.Peer{}, File: &decode.File{Sock: sock("127.0.0.1:1", "127.0.0.1:2")}}, false},
		"send":      {decode.Work{Name: "send", File: &decode.File{Sock: sock("127.0.0.1:1", "127.0.0.1:2")}}, false},
		"listener":  {decode.Work{Name: "accept", File: &decode.File{Sock: sock("127.0.0.1:1", "127.0.0.1:2")}}, false},
		"no ends":   {decode.Work{Name: "connect", File: &decode.File{Sock: &decode.Socket{Type: 1}}}, false},
	} {
		c.w.Layer = decode.LayerNet
		if got := connection(&c.w) != nil; got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestPeerShare: looking takes a part of the time only.
func TestPeerShare(t *testing.T) {
	p := &peers{began: time.Now().Add(-time.Second), spent: time.Second}
	w := &decode.Work{Layer: decode.LayerNet, Name: "connect", File: &decode.File{Sock: &decode.Socket{Type: 1, LAddr: []byte{127, 0, 0, 1}, RAddr: []byte{127, 0, 0, 1}, LPort: 1, RPort: 2}}}
	if p.add(uint32(os.Getpid()), w); p.spent != time.Second {
		t.Error("it was looked up")
	}
}

func TestSocketInode(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1234 1 0 100 0 0 10 0
   1: 0100007F:0050 0100007F:C738 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0 100 0 0 10 0
   2: 0100007F:0050 0100007F:C739 01 00000000:00000000 00:00000000 00000000     0        0 77 1 0 100 0 0 10 0
`
	for ends, want := range map[[2]string]string{
		{procAddr([]byte{127, 0, 0, 1}, 80), procAddr([]byte{127, 0, 0, 1}, 51001)}: "77",
		{procAddr([]byte{127, 0, 0, 1}, 80), procAddr([]byte{127, 0, 0, 1}, 51000)}: "", // nobody's: TIME_WAIT
		{procAddr([]byte{127, 0, 0, 1}, 22), procAddr([]byte{127, 0, 0, 1}, 51000)}: "", // it listens
	} {
		if got := socketInode(strings.NewReader(table), ends); got != want {
			t.Errorf("%v: %q", ends, got)
		}
	}
}
