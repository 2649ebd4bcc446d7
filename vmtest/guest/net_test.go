package guest

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/events"
	"github.com/ebtrace/ebtrace/loader"
	"github.com/ebtrace/ebtrace/test/testenv"
	"github.com/ebtrace/ebtrace/vmtest/workload"
)

// took is how a line of work ends.
const took = ` <\d+\.\d+>$`

// TestNet: each operation is seen once, with its socket, addresses, numbers
// and result, below the call that it was done for.
func TestNet(t *testing.T) {
	needVFS(t)
	everySocket(t, &loader.Net{})
}

// TestNetKprobes is TestNet by kprobes.
func TestNetKprobes(t *testing.T) {
	testenv.NeedRoot(t)
	needKprobes(t)
	everySocket(t, &loader.Net{Kprobes: true})
}

func everySocket(t *testing.T, o *loader.Net) {
	dir := t.TempDir()
	s := trace(t, loader.Options{Times: true, Net: o}, "net", dir)
	s.ended(workload.Status)
	s.sockets(dir)
	s.connections("TCP", `127\.0\.0\.1`)
	s.connections("TCPv6", `\[::1\]`)
	s.messages()
	s.happened()
}

// sockets checks what is done with sockets beside messages.
func (s *seen) sockets(dir string) {
	s.t.Helper()
	for label, n := range map[string]int{"TCP": 6, "TCPv6": 2, "UDP": 5, "UDPv6": 2, "UNIX-STREAM": 2, "UNIX": 2, "NETLINK": 1} {
		s.work(n, `^    net_socket\(`+label+`:\[.*\) = \d+`+took)
	}
	s.work(1, `^    net_socketpair\(UNIX:\[.*\) = 0`+took)
	s.work(1, `^    net_connect\(TCP:\[.*, addr=127\.0\.0\.1:8081.*\) = -1 ECONNREFUSED .*`+took)
	s.work(1, `^    net_connect\(TCP:\[.*, addr=127\.0\.0\.1:8081.*O_NONBLOCK.*\) = -1 EINPROGRESS .*`+took)
	s.work(1, `^    net_connect\(TCP:\[.*, addr=127\.0\.0\.1:8082.*O_NONBLOCK.*\) = -1 EINPROGRESS .*`+took)
	q := regexp.QuoteMeta(dir)
	s.work(1, `^    net_bind\(UNIX-STREAM:\[.*, addr="`+q+`/stream"\) = 0`+took)
	s.work(1, `^    net_listen\(UNIX-STREAM:\[.*"`+q+`/stream"\], backlog=1\) = 0`+took)
	s.work(1, `^    net_connect\(UNIX-STREAM:\[.*, addr="`+q+`/stream".*\) = 0`+took)
	s.work(1, `^    net_accept\(UNIX-STREAM:\[.*"`+q+`/stream"\], new=UNIX-STREAM:\[.*\) = \d+`+took)
	s.work(1, `^    net_send\(UNIX:\[.*, addr="`+q+`/datagram", bytes=77\) = 77`+took)
	s.work(1, `^    net_send\(UDP:\[.*, addr=127\.0\.0\.1:53, bytes=33, dns="query A `+regexp.QuoteMeta(workload.DNSName)+`"\) = 33`+took)
	s.work(1, `^    net_recv\(UDP:\[.*, bytes=600, dns="answer A .*: A 192\.0\.2\.1"\) = 49`+took)
	s.under(`net_connect\(UNIX-STREAM`, `^connect\(`)
	s.under(`net_send\(UNIX-STREAM`, `^sendmsg\(`)
}

// connections checks the one connection of a family.
func (s *seen) connections(label, host string) {
	s.t.Helper()
	client, server := label+`:\[`+host+`:\d+->`+host+`:8080\]`, label+`:\[`+host+`:8080->`+host+`:\d+\]`
	s.work(1, `^    net_bind\(`+label+`:\[.*, addr=`+host+`:8080\) = 0`+took)
	s.work(1, `^    net_listen\(`+label+`:\[`+host+`:8080\], backlog=5\) = 0`+took)
	s.work(1, `^    net_connect\(`+client+`, addr=`+host+`:8080.*\) = 0`+took)
	s.work(1, `^    net_accept\(`+label+`:\[`+host+`:8080\], new=`+server+`, peer=\d+<.*>\) = \d+`+took)
	s.work(1, `^    net_send\(`+client+`, bytes=1000, peer=\d+<.*>\) = 1000`+took)
	s.work(1, `^    net_send\(`+client+`, bytes=500, peer=\d+<.*>\) = 500`+took)
	s.work(1, `^    net_recv\(`+server+`, bytes=4096, peer=\d+<.*>\) = 500`+took)
	s.work(1, `^    net_send\(`+server+`, bytes=12, peer=\d+<.*>\) = 12`+took)
	s.work(1, `^    net_shutdown\(`+client+`, .*SHUT_WR\) = 0`+took)
	s.work(1, `^(    )?net_close\(`+client+`\) = 0`+took)
	s.work(1, `^(    )?net_close\(`+server+`\) = 0`+took)
	s.work(1, `^(    )?net_close\(`+label+`:\[`+host+`:8080\]\) = 0`+took)
	s.under(`net_send\(`+client+`, bytes=1000`, `^write\(`)
}

// TestNetPeers: who is at the other end, each end seen from the other.
func TestNetPeers(t *testing.T) {
	testenv.NeedRoot(t)
	s := trace(t, loader.Options{Times: true, Net: messagesOnly(t)}, "peers", t.TempDir())
	s.ended(workload.Status)
	for _, label := range []string{"TCP", "UNIX-STREAM"} {
		// the first message may go out before the connection is accepted
		there, back := s.peerOf(`net_recv\(`+label+`:.*\) = 4`), s.peerOf(`net_send\(`+label+`:.*\) = 4`)
		if back != s.peerOf(`net_recv\(`+label+`:.*\) = 3`) || there == "" || back == "" || there == back {
			t.Errorf("%s: %q sends to %q", label, back, there)
			s.dump("net_")
		}
	}
}

// peerOf is the peer in the one line that matches.
func (s *seen) peerOf(expr string) string {
	s.t.Helper()
	s.work(1, expr)
	for _, line := range s.lines {
		if regexp.MustCompile(expr).MatchString(line) {
			return regexp.MustCompile(`peer=[^,)]*|$`).FindString(line)
		}
	}
	return ""
}

// TestNetHappens: what no call makes is seen by tracepoints, on every kernel.
func TestNetHappens(t *testing.T) {
	testenv.NeedRoot(t)
	s := trace(t, loader.Options{Times: true, Net: &loader.Net{Ops: []string{"connected", "state", "reset"}}}, "net", t.TempDir())
	s.ended(workload.Status)
	s.happened()
	s.work(0, `net_(send|recv|socket|close)\(`)
}

// happened checks states, resets and outcomes of the workload "net".
func (s *seen) happened() {
	s.t.Helper()
	for label, host := range map[string]string{"TCP": `127\.0\.0\.1`, "TCPv6": `\[::1\]`} {
		listener, client, server := `\(`+label+`:\[`+host+`:8080\], `, `\(`+label+`:\[`+host+`:\d+->`+host+`:8080\], `, `\(`+label+`:\[`+host+`:8080->`+host+`:\d+\], `
		s.work(1, `^ +net_state`+listener+`CLOSE->LISTEN\)$`)
		s.work(1, `^ +net_state`+client+`SYN_SENT->ESTABLISHED\)$`)
		s.work(1, `^ +net_state`+client+`ESTABLISHED->FIN_WAIT1\)$`)
		s.work(1, `^net_state`+server+`ESTABLISHED->CLOSE_WAIT\)$`)
		s.work(1, `^ *net_state`+server+`CLOSE_WAIT->LAST_ACK\)$`)
		s.work(1, `^net_state`+client+`FIN_WAIT1->FIN_WAIT2\)$`)
		s.work(1, `^net_state`+client+`FIN_WAIT2->CLOSE\)$`)
		s.work(1, `^net_state`+server+`LAST_ACK->CLOSE\)$`)
		s.work(1, `^ *net_state`+listener+`LISTEN->CLOSE\)$`)
	}
	s.work(2, `^ +net_reset\(TCP:\[127\.0\.0\.1:\d+->127\.0\.0\.1:8081\], received\)$`)
	s.work(2, `^ +net_state\(TCP:\[127\.0\.0\.1:\d+->127\.0\.0\.1:8081\], SYN_SENT->CLOSE\)$`)
	s.work(1, `^ +net_connected\(TCP:\[127\.0\.0\.1:\d+->127\.0\.0\.1:8081\]\) = -1 ECONNREFUSED .*`+took)
	s.work(1, `^ +net_connected\(TCP:\[127\.0\.0\.1:\d+->127\.0\.0\.1:8082\]\) = 0`+took)
	s.work(2, `net_connected`)
}

// TestNetLate: packets that are sent again, as many as the kernel counts, and
// the outcome of a connect that times out long after it has returned.
func TestNetLate(t *testing.T) {
	testenv.NeedRoot(t)
	s := trace(t, loader.Options{Times: true, Net: &loader.Net{Ops: []string{"connected", "retransmit"}}}, "late", "")
	s.ended(workload.Status)
	again := s.said(`sent again`)
	if again < 1 {
		t.Errorf("the kernel counts %d packets sent again", again)
	}
	s.work(again, `^net_retransmit\(TCP:\[127\.0\.0\.1:\d+->127\.0\.0\.1:8080\], SYN_SENT\)$`)
	s.work(1, `^(    )?net_connected\(TCP:\[127\.0\.0\.1:\d+->127\.0\.0\.1:8080\]\) = -1 ETIMEDOUT .* <[2-9]\.\d+>$`)
	s.work(again+1, `net_(re|co)`)
	if t.Failed() {
		t.Logf("%q", s.lines)
	}
}

// said is a number that the workload has written to its standard output.
func (s *seen) said(what string) int {
	for _, line := range s.lines {
		if m := regexp.MustCompile(`^write\(1, "` + what + `: (\d+)\\n"`).FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[1])
			return n
		}
	}
	return -1
}

// TestNetDrop: datagrams that do not fit, as many as the kernel counts.
func TestNetDrop(t *testing.T) {
	testenv.NeedRoot(t)
	o := messagesOnly(t)
	o.Ops = append(o.Ops, "drop")
	s := trace(t, loader.Options{Times: true, Net: o}, "flood", "")
	s.ended(workload.Status)
	n := s.said("dropped")
	if n < 1 {
		t.Errorf("the kernel counts %d datagrams that did not fit", n)
	}
	s.work(n, `^ *net_drop\(UDP:\[127\.0\.0\.1:9090\].*\)$`)
	s.work(31, `net_send\(UDP:`)
}

// moved counts messages of one kind of socket.
type moved struct{ sends, sent, recvs, received, empty int }

// TestNetMessages: every message is seen once with its bytes, also where only
// tracepoints show them.
func TestNetMessages(t *testing.T) {
	testenv.NeedRoot(t)
	none := calls(t, "none")
	s := trace(t, loader.Options{Enter: none, Exit: none, Net: messagesOnly(t)}, "net", t.TempDir())
	s.ended(workload.Status)
	s.messages()
	if s.kinds[events.Whole] != 0 {
		t.Errorf("%d calls", s.kinds[events.Whole])
	}
	s.work(0, `net_(socket|state|close|connect)`)
}

// messagesOnly asks for messages, and skips where nothing shows them.
func messagesOnly(t *testing.T) *loader.Net {
	o := &loader.Net{Ops: []string{"send", "recv"}}
	sess, err := loader.Open(loader.Options{Net: o, Threads: 1})
	if err != nil {
		needVFS(t)
		t.Fatal(err)
	}
	t.Logf("by %v", sess.NetMeans())
	sess.Close()
	return o
}

func (s *seen) messages() {
	s.t.Helper()
	got := map[string]moved{}
	re := regexp.MustCompile(`net_(send|recv)\(([A-Za-z0-9-]+):\[.*\) = (-?\d+)`)
	for _, line := range s.lines {
		m := re.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		x, n := got[m[2]], 0
		n, _ = strconv.Atoi(m[3])
		switch {
		case n < 0:
			x.empty++
		case m[1] == "send":
			x.sends, x.sent = x.sends+1, x.sent+n
		default:
			x.recvs, x.received = x.recvs+1, x.received+n
		}
		got[m[2]] = x
	}
	const stream = workload.NetWrite + workload.NetSend + 12
	const datagrams = workload.NetDatagram + workload.NetConnected
	for label, want := range map[string]moved{
		"TCP": {3, stream, 4, stream, 0}, "TCPv6": {3, stream, 4, stream, 0},
		"UDP": {4, datagrams + 33 + 49, 4, datagrams + 33 + 49, 1}, "UDPv6": {2, datagrams, 2, datagrams, 1},
		"UNIX-STREAM": {1, 11, 1, 11, 0}, "UNIX": {2, 77 + 33, 2, 77 + 33, 0},
	} {
		if got[label] != want {
			s.t.Errorf("%s: %+v, not %+v", label, got[label], want)
			s.dump("net_")
		}
	}
	if n := got["NETLINK"]; n.sends != 1 || n.sent != 32 || n.recvs != 1 || n.received == 0 {
		s.t.Errorf("netlink: %+v", n)
	}
}

// TestNetSelection: addresses, ports, bytes and errors are tested in the kernel.
func TestNetSelection(t *testing.T) {
	testenv.NeedRoot(t)
	none := calls(t, "none")
	here := netip.MustParsePrefix("127.0.0.0/8")
	for name, c := range map[string]struct {
		o    loader.Net
		want map[string]int
	}{
		"port":    {loader.Net{Addrs: []loader.NetAddr{{Prefix: here, First: 9090, Last: 9090}}}, map[string]int{"UDP:": 5, "TCP": 0, "UNIX": 0, "UDPv6": 0}},
		"address": {loader.Net{Addrs: []loader.NetAddr{{Prefix: netip.MustParsePrefix("::1/128"), Last: 65535}}}, map[string]int{"TCPv6:": 7, "UDPv6:": 5, "UDP:": 0, "TCP:": 0}},
		"bytes":   {loader.Net{MinBytes: 400}, map[string]int{"TCP:": 4, "TCPv6:": 4, "UDP": 0, "UNIX": 0}},
	} {
		t.Run(name, func(t *testing.T) {
			o := messagesOnly(t)
			if c.o.Addrs != nil { // tracepoints show no address of a datagram
				needVFS(t)
			}
			c.o.Ops = o.Ops
			s := trace(t, loader.Options{Enter: none, Exit: none, Net: &c.o}, "net", t.TempDir())
			s.ended(workload.Status)
			for label, n := range c.want {
				s.work(n, `^net_(send|recv)\(`+label)
			}
		})
	}
}

// TestNetRefused: what cannot be had is refused by name, with the reason; best
// goes on without it and lists it.
func TestNetRefused(t *testing.T) {
	testenv.NeedRoot(t)
	s, err := loader.Open(loader.Options{Net: &loader.Net{Ops: []string{"bind"}}, Threads: 1})
	if err == nil {
		if m := s.NetMeans()["bind"]; m != "fentry" && m != "kprobe" {
			t.Errorf("bind is seen by %q", m)
		}
		s.Close()
		return
	}
	if !strings.Contains(err.Error(), "net: bind cannot be seen on this kernel: ") {
		t.Error(err)
	}
	s, err = loader.Open(loader.Options{Net: &loader.Net{Best: true}, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	found := false
	for _, m := range s.NetMissing() {
		found = found || m.Op == "bind" && m.Err != nil
	}
	if !found || s.NetMeans()["state"] != "tracepoint" {
		t.Errorf("missing %v, have %v", s.NetMissing(), s.NetMeans())
	}
}
