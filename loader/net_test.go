package loader

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/ebtrace/ebtrace/bpf"
)

var netObjects = map[string]string{"amd64": "../bpf/net_x86_bpfel.o", "arm64": "../bpf/net_arm64_bpfel.o"}

// TestNetSavedKernels checks the object of the network as TestVFSSavedKernels
// does that of the file system.
func TestNetSavedKernels(t *testing.T) {
	onSavedKernels(t, func(t *testing.T, arch string, raw []byte) {
		spec, err := ebpf.LoadCollectionSpec(netObjects[arch])
		if err != nil {
			t.Fatal(err)
		}
		checkLayer(t, spec, netPoints, raw)
	})
}

func TestNetAddrs(t *testing.T) {
	in := func(a NetAddr, addr string, port uint16) bool {
		r, b := a.inKernel(), netip.MustParseAddr(addr).As16()
		x, y := binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])
		return uint32(port) >= r.First && uint32(port) <= r.Last && x&r.Mask[0] == r.Net[0] && y&r.Mask[1] == r.Net[1]
	}
	for _, c := range []struct {
		prefix      string
		first, last uint16
		addr        string
		port        uint16
		want        bool
	}{
		{"127.0.0.0/8", 80, 80, "127.1.2.3", 80, true},
		{"127.0.0.0/8", 80, 80, "127.1.2.3", 81, false},
		{"127.0.0.0/8", 0, 65535, "128.0.0.1", 80, false},
		{"127.0.0.0/8", 0, 65535, "::ffff:127.0.0.1", 80, true},
		{"10.1.2.3/32", 0, 65535, "10.1.2.3", 0, true},
		{"10.1.2.3/31", 0, 65535, "10.1.2.2", 0, true},
		{"10.1.2.3/31", 0, 65535, "10.1.2.4", 0, false},
		{"0.0.0.0/0", 0, 65535, "::1", 9, false},
		{"0.0.0.0/0", 0, 65535, "1.2.3.4", 9, true},
		{"::/0", 0, 65535, "1.2.3.4", 9, true},
		{"2001:db8::/33", 1, 9, "2001:db8:7fff::1", 9, true},
		{"2001:db8::/33", 1, 9, "2001:db8:8000::1", 9, false},
	} {
		if got := in(NetAddr{netip.MustParsePrefix(c.prefix), c.first, c.last}, c.addr, c.port); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestNetRefused(t *testing.T) {
	one := NetAddr{Prefix: netip.MustParsePrefix("::/0")}
	for _, c := range []struct {
		o    Net
		want string
	}{
		{Net{Addrs: slices.Repeat([]NetAddr{one}, 17)}, "at most 16"},
		{Net{Addrs: []NetAddr{{First: 1, Last: 2}}}, "must be a prefix"},
		{Net{Addrs: []NetAddr{{Prefix: one.Prefix, First: 2, Last: 1}}}, "ascending"},
	} {
		o := Options{Net: &c.o}
		if err := o.check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, not: %s", c.o, err, c.want)
		}
	}
	o := Options{Net: &Net{Addrs: slices.Repeat([]NetAddr{one}, 16)}}
	if err := o.check(); err != nil {
		t.Error(err)
	}
}

// TestNetOperations: every operation has its number, and no other has one.
func TestNetOperations(t *testing.T) {
	ops, numbers := NetOperations(), map[uint32]string{}
	for name, n := range netOps {
		if !slices.Contains(ops, name) || n == 0 || n >= uint32(bpf.NetEbNetOpEB_NET_OPS) || numbers[n] != "" {
			t.Errorf("%s has number %d", name, n)
		}
		numbers[n] = name
	}
	if len(ops) != len(netOps) || len(ops) != int(bpf.NetEbNetOpEB_NET_OPS)-1 {
		t.Errorf("%d operations, %d numbers", len(ops), len(netOps))
	}
}
