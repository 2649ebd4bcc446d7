package programs

import (
	"encoding/json"
	"strings"
	"testing"
)

// talk has connections and datagrams whose numbers the kernel counts in
// /proc/net/snmp: a part without loss, and one over a queue that loses some.
const talk = `
import json, os, socket, threading
def counters():
    c = {}
    lines = open("/proc/net/snmp").read().splitlines()
    for head, row in zip(lines[::2], lines[1::2]):
        kind, names = head.split(":"); values = row.split(":")[1]
        c.update((kind + n, int(v)) for n, v in zip(names.split(), values.split()))
    return c
before = counters()
l = socket.create_server(("127.0.0.1", 0))
pairs = []
for i in range(20):
    a = socket.create_connection(l.getsockname())
    b, _ = l.accept()
    pairs.append((a, b))
try: socket.create_connection(("127.0.0.1", 1))
except ConnectionRefusedError: pass
sent = 0
for i, (a, b) in enumerate(pairs):
    a.sendall(b"x" * (i * 1000 + 1)); a.shutdown(socket.SHUT_WR)
    while b.recv(4096): pass
    sent += i * 1000 + 1
u, v = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
v.bind(("127.0.0.1", 0))
for i in range(100):
    u.sendto(b"y" * i, v.getsockname()); v.recvfrom(1000)
a = socket.create_connection(l.getsockname()); b, _ = l.accept()
for s in (a, b): s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
assert os.system("tc qdisc add dev lo root netem loss 10%") == 0
for i in range(200):
    a.sendall(b"q" * 100); b.recv(100, socket.MSG_WAITALL)
    b.sendall(b"r" * 50); a.recv(50, socket.MSG_WAITALL)
os.system("tc qdisc del dev lo root")
after = counters()
print(json.dumps({k: after[k] - before[k] for k in after} | {"sent": sent + 200 * 150}))
`

// TestNetCounters: connections opened and accepted, datagrams, bytes and
// retransmissions are as many as the kernel counts.
func TestNetCounters(t *testing.T) {
	needPrograms(t)
	lines, said := traced(t, []string{"--net=connect,accept,send,recv,retransmit", "-e", "trace=none"}, "python3", "-c", talk)
	var kernel map[string]int64
	if err := json.Unmarshal([]byte(said), &kernel); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	got := map[string]int64{}
	for i := range lines {
		l := &lines[i]
		if l.Type != "net" || strings.HasPrefix(l.Socket.Protocol, "NETLINK") {
			continue
		}
		got[l.Operation+" "+l.Socket.Protocol]++
		if l.failed() {
			got[l.Operation+" failed"]++
		}
		got[l.Operation+" bytes "+l.Socket.Protocol] += l.result()
	}
	t.Logf("%v\n%v", got, kernel)
	for what, of := range map[string]string{
		"connect TCP": "TcpActiveOpens", "accept TCP": "TcpPassiveOpens", "retransmit TCP": "TcpRetransSegs",
		"send UDP": "UdpOutDatagrams", "recv UDP": "UdpInDatagrams", "send bytes TCP": "sent", "recv bytes TCP": "sent",
	} {
		if got[what] != kernel[of] {
			t.Errorf("%s: %d, the kernel counts %d %s", what, got[what], kernel[of], of)
		}
	}
	if kernel["TcpRetransSegs"] == 0 {
		t.Error("nothing was transmitted again, though one packet of ten was lost")
	}
}
