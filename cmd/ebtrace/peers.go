package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode"
)

// peers finds the process at the other end of a connection within this host
// where the kernel half does not know it: that process is not traced. It is
// looked up in /proc when the event is shown, so it is who has that end then;
// where none has, or to look would take too much of ebtrace's time, nothing is said.
type peers struct {
	began time.Time
	spent time.Duration
	found decode.Peer
}

// Bounds of looking: of the table of sockets that is read, and of the share of
// time, as one of so many.
const (
	maxSockets = 8 << 20 // bytes
	peerShare  = 20
)

// add puts the peer into work that has made a connection.
func (p *peers) add(pid uint32, w *decode.Work) {
	s := connection(w)
	if s == nil {
		return
	}
	now := time.Now()
	if p.began.IsZero() {
		p.began = now.Add(-time.Second)
	}
	if p.spent*peerShare > now.Sub(p.began) {
		return
	}
	if p.find(pid, s) {
		w.Peer = &p.found
	}
	p.spent += time.Since(now)
}

// connection is the socket that an operation has connected to another one of
// this host, nil if it has not, or if the peer is known.
func connection(w *decode.Work) *decode.Socket {
	f := w.File
	if w.Name == "accept" {
		f = w.File2
	}
	if w.Layer != decode.LayerNet || w.Errno != 0 || w.Peer != nil || f == nil || f.Sock == nil ||
		w.Name != "accept" && w.Name != "connect" && w.Name != "connected" {
		return nil
	}
	s := f.Sock
	local, ok1 := netip.AddrFromSlice(s.LAddr)
	remote, ok2 := netip.AddrFromSlice(s.RAddr)
	if !ok1 || !ok2 || s.Type != unix.SOCK_STREAM || s.LPort == 0 || s.RPort == 0 || !remote.Unmap().IsLoopback() && local != remote {
		return nil
	}
	return s
}

// find looks in the sockets of the network namespace of process pid for the
// other end of s, and then for who has it open.
func (p *peers) find(pid uint32, s *decode.Socket) bool {
	ino := p.inode(pid, s)
	if ino == "" {
		return false
	}
	want := "socket:[" + ino + "]"
	procs, err := os.ReadDir("/proc")
	if err != nil {
		return false
	}
	for _, d := range procs {
		peer, err := strconv.ParseUint(d.Name(), 10, 32)
		if err != nil || !hasOpen(d.Name(), want) {
			continue
		}
		dir := filepath.Join("/proc", d.Name())
		var st unix.Stat_t
		comm, err := os.ReadFile(filepath.Join(dir, "comm"))
		if err != nil || unix.Stat(dir, &st) != nil {
			return false
		}
		p.found = decode.Peer{PID: uint32(peer), UID: st.Uid, Comm: bytes.TrimSuffix(comm, []byte("\n")), Later: true}
		return true
	}
	return false
}

// hasOpen says whether a process has a descriptor of which readlink says want.
func hasOpen(pid, want string) bool {
	dir := filepath.Join("/proc", pid, "fd")
	fds, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, fd := range fds {
		if to, err := os.Readlink(filepath.Join(dir, fd.Name())); err == nil && to == want {
			return true
		}
	}
	return false
}

// inode is that of the other end of s, "" if there is none.
func (p *peers) inode(pid uint32, s *decode.Socket) string {
	ends := [2]string{procAddr(s.RAddr, s.RPort), procAddr(s.LAddr, s.LPort)}
	names := []string{"tcp", "tcp6"}
	if len(s.LAddr) == 16 {
		names = names[1:]
	}
	for _, name := range names {
		if name == "tcp6" && len(s.LAddr) == 4 { // a socket of IPv6 that has the address of IPv4
			ends = [2]string{procAddr(mapped(s.RAddr), s.RPort), procAddr(mapped(s.LAddr), s.LPort)}
		}
		f, err := os.Open(filepath.Join("/proc", strconv.FormatUint(uint64(pid), 10), "net", name))
		if err != nil {
			continue
		}
		ino := socketInode(io.LimitReader(f, maxSockets), ends)
		f.Close()
		if ino != "" {
			return ino
		}
	}
	return ""
}

func mapped(ip []byte) []byte {
	b := netip.AddrFrom4([4]byte(ip)).As16()
	return b[:]
}

// procAddr is an address as /proc/net/tcp has it: words of 32 bits as this
// machine's numbers (net/ipv4/tcp_ipv4.c, get_tcp4_sock).
func procAddr(ip []byte, port uint16) string {
	var b []byte
	for i := 0; i+4 <= len(ip); i += 4 {
		b = binary.BigEndian.AppendUint32(b, binary.NativeEndian.Uint32(ip[i:]))
	}
	return fmt.Sprintf("%X:%04X", b, port)
}

// socketInode is the inode of the socket with these ends, local and remote, in
// a table such as /proc/net/tcp; "" if it is not there or nobody has it.
func socketInode(r io.Reader, ends [2]string) string {
	for sc := bufio.NewScanner(r); sc.Scan(); {
		f := strings.Fields(sc.Text())
		if len(f) > 9 && f[1] == ends[0] && f[2] == ends[1] && f[9] != "0" {
			return f[9]
		}
	}
	return ""
}
