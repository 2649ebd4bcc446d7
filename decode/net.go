package decode

import (
	"strconv"
	"unsafe"

	"github.com/ebtrace/ebtrace/bpf"
)

// netOp is how an operation of a socket is shown.
type netOp struct {
	name string
	arg  workArg
	// moment: it happens to the socket, and has no duration and no result
	moment bool
}

// netOps by enum eb_net_op of bpf/record.h.
var netOps = [...]netOp{
	bpf.VfsEbNetOpEB_NET_SOCKET:     {name: "socket", arg: flagsOf("flags", "sock_flags")},
	bpf.VfsEbNetOpEB_NET_BIND:       {name: "bind"},
	bpf.VfsEbNetOpEB_NET_LISTEN:     {name: "listen", arg: workArg{name: "backlog", kind: Int}},
	bpf.VfsEbNetOpEB_NET_CONNECT:    {name: "connect", arg: flagsOf("flags", "open")},
	bpf.VfsEbNetOpEB_NET_CONNECTED:  {name: "connected"},
	bpf.VfsEbNetOpEB_NET_ACCEPT:     {name: "accept"},
	bpf.VfsEbNetOpEB_NET_SEND:       {name: "send", arg: flagsOf("flags", "msg_flags")},
	bpf.VfsEbNetOpEB_NET_RECV:       {name: "recv", arg: flagsOf("flags", "msg_flags")},
	bpf.VfsEbNetOpEB_NET_SHUTDOWN:   {name: "shutdown"},
	bpf.VfsEbNetOpEB_NET_CLOSE:      {name: "close"},
	bpf.VfsEbNetOpEB_NET_STATE:      {name: "state", moment: true},
	bpf.VfsEbNetOpEB_NET_RETRANSMIT: {name: "retransmit", moment: true},
	bpf.VfsEbNetOpEB_NET_RESET:      {name: "reset", moment: true},
	bpf.VfsEbNetOpEB_NET_DROP:       {name: "drop", moment: true},
	bpf.VfsEbNetOpEB_NET_SOCKETPAIR: {name: "socketpair", arg: flagsOf("flags", "sock_flags")},
}

// tcpStates are the states of sockets without their prefix: enum of
// include/net/tcp_states.h (6.18).
var tcpStates = [...]string{
	"", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT",
	"LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV", "BOUND_INACTIVE",
}

// dnsPort is that of a server of names: RFC 1035, 4.2.
const dnsPort = 53

const (
	sockDgram = 2 // include/linux/net.h
	accMode   = 3 // O_ACCMODE, of which every socket has both: nothing to show
)

// decodeNet decodes an operation of a socket.
func (d *Decoder) decodeNet(w *Work, k *bpf.VfsEbWork) {
	d.netPeer(w)
	if m, ok := d.workMem(workAddress); ok {
		d.sockaddr("address", m)
		w.Address = d.nodes[:len(d.nodes):len(d.nodes)]
	}
	if int(k.Op) >= len(netOps) || netOps[k.Op].name == "" {
		return
	}
	op := &netOps[k.Op]
	w.Name, w.Moment = op.name, op.moment
	n, v := len(d.nodes), k.Args[0]
	switch bpf.VfsEbNetOp(k.Op) {
	case bpf.VfsEbNetOpEB_NET_CONNECT:
		if v&^accMode == 0 {
			v = 0
		}
	case bpf.VfsEbNetOpEB_NET_SHUTDOWN:
		d.addSet(Enum, "how", setShutdown, v)
	case bpf.VfsEbNetOpEB_NET_STATE:
		w.OldState, w.NewState = d.stateName(v), d.stateName(k.Args[1])
	case bpf.VfsEbNetOpEB_NET_RETRANSMIT:
		d.addWord("state", d.stateName(v))
		w.Moment = w.Errno == 0
	case bpf.VfsEbNetOpEB_NET_RESET:
		d.addWord("direction", direction(v))
	case bpf.VfsEbNetOpEB_NET_DROP:
		d.dropReason(w, v)
	case bpf.VfsEbNetOpEB_NET_SEND, bpf.VfsEbNetOpEB_NET_RECV:
		w.moved()
		d.netData(w)
	}
	if op.arg.name != "" && (v != 0 || op.arg.kind == Int) {
		d.workArg(op.arg, v)
	}
	w.Args = d.nodes[n:]
}

// stateName is the name of a socket's state.
func (d *Decoder) stateName(v uint64) string {
	if v > 0 && v < uint64(len(tcpStates)) {
		return tcpStates[v]
	}
	n := len(d.chars)
	d.chars = strconv.AppendUint(append(d.chars, "STATE_"...), v, 10)
	return d.textFrom(n)
}

// direction is who reset a connection.
func direction(sent uint64) string {
	if sent != 0 {
		return "sent"
	}
	return "received"
}

// dropReason appends why a packet was dropped: the kernel's name of it, or its
// number, which differs from kernel to kernel.
func (d *Decoder) dropReason(w *Work, v uint64) {
	x := Value{Kind: Uint, Flags: FlagNamed, Name: "reason", Num: v, Span: 1}
	if len(w.Text) > 0 {
		x.Kind, x.Text = Word, unsafe.String(unsafe.SliceData(w.Text), len(w.Text))
		w.Text = nil
	}
	d.nodes = append(d.nodes, x)
}

// netPeer takes over who is at the other end.
func (d *Decoder) netPeer(w *Work) {
	for i := range d.secs {
		s := &d.secs[i]
		if bpf.TraceEbSecKind(s.Kind) != bpf.TraceEbSecKindEB_SEC_PEER || s.Arg != workFile {
			continue
		}
		p, ok := s.Peer()
		if !ok || p.Pid == 0 {
			return
		}
		d.peer = Peer{PID: p.Pid, UID: p.Uid, Comm: d.kernelText(p.Comm[:])}
		w.Peer = &d.peer
	}
}

// netData decodes the beginning of a message, where its form is known: a
// datagram from or to a server of names.
func (d *Decoder) netData(w *Work) {
	m, ok := d.workMem(workData)
	if !ok || w.File == nil || w.File.Sock == nil {
		return
	}
	s := w.File.Sock
	inet := s.Family == afInet || s.Family == afInet6
	if !inet || s.Type != sockDgram || (s.RPort != dnsPort && s.LPort != dnsPort && addressPort(w.Address) != dnsPort) {
		return
	}
	if d.decodeDNS(m.b, !m.whole()) {
		w.DNS = &d.dns
	}
}

// addressPort is the port of an address, 0 if it has none.
func addressPort(addr []Value) uint64 {
	for i := range addr {
		if addr[i].Kind == Port {
			return addr[i].Num
		}
	}
	return 0
}
