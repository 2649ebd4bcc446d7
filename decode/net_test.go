package decode

import (
	"testing"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/events"
)

const peerInfo = uint8(bpf.TraceEbSecKindEB_SEC_PEER)

// netRec is a record of an operation on a TCP socket.
func netRec(op bpf.VfsEbNetOp, k bpf.VfsEbWork) *rec {
	k.Layer, k.Op = uint8(bpf.VfsEbLayerEB_LAYER_NET), uint16(op)
	return workRec(k)
}

// inet is a socket of the internet.
func inet(typ, lport, rport uint16) bpf.TraceEbFdinfo {
	return bpf.TraceEbFdinfo{Fd: -1, Ino: 9, Flags: uint32(bpf.TraceEbFdFlagEB_FD_SOCK), Family: 2, Type: typ, Lport: lport, Rport: rport,
		Laddr: [16]uint8{127, 0, 0, 1}, Raddr: [16]uint8{127, 0, 0, 2}}
}

func netWork(t *testing.T, r *rec) *Work {
	t.Helper()
	return decodeOther(t, New(Options{StrSize: 32}), events.Work, 7, r).Work
}

func TestNet(t *testing.T) {
	r := netRec(bpf.VfsEbNetOpEB_NET_CONNECT, bpf.VfsEbWork{Begin: 5, Cause: 3, Ret: -115, Offset: -1, Args: [2]uint64{0o4002}, Context: uint8(bpf.VfsEbContextEB_BY_CALL)})
	r.head.Nr = 42 // connect, of amd64
	r.fd(0, 0, inet(1, 51000, 80), "").sec(memory, 3, 0, 0x1000, "\x02\x00\x00\x50\x7f\x00\x00\x02"+string(make([]byte, 8)))
	r.sec(peerInfo, 0, 0, 0, string(bytesOf(bpf.VfsEbPeer{Pid: 99, Uid: 33, Comm: fsName("nginx")})))
	w := netWork(t, r)
	if w.Layer != LayerNet || w.Name != "connect" || w.Call != "connect" || w.Errno != 115 || w.Moment || w.File.Sock.RPort != 80 || w.Peer == nil ||
		w.Peer.PID != 99 || string(w.Peer.Comm) != "nginx" {
		t.Errorf("%+v %+v", w, w.Peer)
	}
	if got := list(w.Address, 0, " "); got != "address={sa_family=AF_INET, sin_port=port 80, sin_addr=ip 7f000002}" {
		t.Error(got)
	}
	if got := list(w.Args, 0, " "); got != "flags=O_RDWR|O_NONBLOCK!named" {
		t.Error(got)
	}
	checkSpans(t, w.Address)
	w = netWork(t, netRec(bpf.VfsEbNetOpEB_NET_CONNECT, bpf.VfsEbWork{Args: [2]uint64{2}}).sec(peerInfo, 0, 0, 0, string(bytesOf(bpf.VfsEbPeer{}))).sec(memory, 3, 0, 0, "\x02"))
	if len(w.Args) != 0 || w.Peer != nil || len(w.Address) != 1 {
		t.Errorf("%+v", w)
	}
}

// TestNetHappens: what happens to a socket has no duration and no result.
func TestNetHappens(t *testing.T) {
	w := netWork(t, netRec(bpf.VfsEbNetOpEB_NET_STATE, bpf.VfsEbWork{Args: [2]uint64{2, 1}, Context: uint8(bpf.VfsEbContextEB_BY_KERNEL)}))
	if w.Name != "state" || !w.Moment || w.OldState != "SYN_SENT" || w.NewState != "ESTABLISHED" || w.Context != "kernel" {
		t.Errorf("%+v", w)
	}
	if w = netWork(t, netRec(bpf.VfsEbNetOpEB_NET_STATE, bpf.VfsEbWork{Args: [2]uint64{0, 77}})); w.OldState != "STATE_0" || w.NewState != "STATE_77" {
		t.Errorf("%+v", w)
	}
	for want, r := range map[string]*rec{
		"state=ESTABLISHED":          netRec(bpf.VfsEbNetOpEB_NET_RETRANSMIT, bpf.VfsEbWork{Args: [2]uint64{1}}),
		"direction=sent":             netRec(bpf.VfsEbNetOpEB_NET_RESET, bpf.VfsEbWork{Args: [2]uint64{1}}),
		"direction=received":         netRec(bpf.VfsEbNetOpEB_NET_RESET, bpf.VfsEbWork{}),
		"reason=NO_SOCKET\x1b!named": netRec(bpf.VfsEbNetOpEB_NET_DROP, bpf.VfsEbWork{Args: [2]uint64{3}}).sec(str, 2, 0, 0, "NO_SOCKET\x1b"),
		"reason=3!named":             netRec(bpf.VfsEbNetOpEB_NET_DROP, bpf.VfsEbWork{Args: [2]uint64{3}}),
	} {
		if w = netWork(t, r); list(w.Args, 0, " ") != want || !w.Moment || w.Text != nil {
			t.Errorf("%s: %q %+v", want, list(w.Args, 0, " "), w)
		}
	}
	if w = netWork(t, netRec(bpf.VfsEbNetOpEB_NET_RETRANSMIT, bpf.VfsEbWork{Ret: -105})); w.Moment || w.Errno != 105 {
		t.Errorf("%+v", w)
	}
	w = netWork(t, netRec(bpf.VfsEbNetOpEB_NET_SHUTDOWN, bpf.VfsEbWork{Args: [2]uint64{1}}))
	if got := list(w.Args, 0, " "); got != "how=SHUT_WR" {
		t.Error(got)
	}
}

// TestNetDNS: a message is one of the domain name system by its port.
func TestNetDNS(t *testing.T) {
	query := string(dnsMessage(0, 1, 0, exOrg, inA))
	to53 := "\x02\x00\x00\x35\x7f\x00\x00\x02" + string(make([]byte, 8))
	send := func(s bpf.TraceEbFdinfo, addr string) *Work {
		r := netRec(bpf.VfsEbNetOpEB_NET_SEND, bpf.VfsEbWork{Bytes: 29, Ret: 29}).fd(0, 0, s, "").sec(memory, 4, 0, 0x2000, query)
		if addr != "" {
			r.sec(memory, 3, 0, 0x1000, addr)
		}
		return netWork(t, r)
	}
	for i, w := range []*Work{send(inet(2, 4000, 53), ""), send(inet(2, 53, 0), ""), send(inet(2, 4000, 0), to53)} {
		if w.DNS == nil || w.DNS.Questions[0].Name != "example.org" || w.DNS.ID != 0x1234 {
			t.Errorf("%d: %+v", i, w)
		}
	}
	for i, w := range []*Work{send(inet(2, 4000, 5353), ""), send(inet(1, 4000, 53), ""), send(inet(2, 4000, 0), ""), send(bpf.TraceEbFdinfo{}, to53)} {
		if w.DNS != nil {
			t.Errorf("%d: %+v", i, w.DNS)
		}
	}
	r := netRec(bpf.VfsEbNetOpEB_NET_RECV, bpf.VfsEbWork{}).fd(0, 0, inet(2, 1, 53), "").sec(memory, 4, cut, 0x2000, string(dnsMessage(0x80, 1, 1, exOrg, inA, "\xc0")), 500)
	if w := netWork(t, r); w.DNS == nil || !w.DNS.Cut || w.DNS.Malformed {
		t.Errorf("%+v", w)
	}
}

// TestNetOperationNames: every operation of the wire has a name.
func TestNetOperationNames(t *testing.T) {
	for op := bpf.VfsEbNetOpEB_NET_SOCKET; op < bpf.VfsEbNetOpEB_NET_OPS; op++ {
		if int(op) >= len(netOps) || netOps[op].name == "" {
			t.Fatalf("operation %d has no name", op)
		}
		if a := netOps[op].arg; a.kind == Flags && a.set == nil {
			t.Errorf("operation %d: no set for %s", op, a.name)
		}
	}
	if w := netWork(t, netRec(999, bpf.VfsEbWork{})); w.Name != "unknown" || w.Layer != LayerNet {
		t.Errorf("%+v", w)
	}
}

// TestNetAllocates: an operation costs no memory in the long run.
func TestNetAllocates(t *testing.T) {
	d := New(Options{StrSize: 32})
	r := netRec(bpf.VfsEbNetOpEB_NET_SEND, bpf.VfsEbWork{Args: [2]uint64{0x4000}}).fd(0, 0, inet(2, 1, 53), "").sec(memory, 3, 0, 0x1000, "\x02\x00\x00\x50\x7f\x00\x00\x02"+string(make([]byte, 8))).
		sec(memory, 4, 0, 0x2000, string(dnsMessage(0, 1, 0, exOrg, inA)))
	ev := events.Event{Kind: events.Work, Rec: r.parse(t)}
	run := func() {
		if _, err := d.Decode(&ev); err != nil {
			t.Fatal(err)
		}
	}
	run()
	if n := testing.AllocsPerRun(100, run); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
