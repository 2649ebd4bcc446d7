package loader

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
)

// Net asks for the operations of sockets below the calls, and for what happens
// to the sockets of traced threads.
type Net struct {
	Ops      []string        // of NetOperations; nil: all
	Best     bool            // go on without those that this kernel does not let be seen
	Kprobes  bool            // not by fentry, even where that is to be had
	MinTime  time.Duration   // operations that took at least so long
	MinBytes uint64          // operations that moved at least so many bytes
	Addrs    []NetAddr       // of one end or as it was asked for; empty: any; at most 16
	Errnos   *table.ErrnoSet // nil: any result
}

// NetAddr is a set of addresses and ports. Prefixes of IPv4 are those of
// mapped addresses too.
type NetAddr struct {
	Prefix      netip.Prefix
	First, Last uint16 // ports; 0, 65535: any
}

const maxNetAddrs = 16 // EB_MAX_ADDRS in bpf/netsel.h

// NetMissing is what was asked for and is not to be had; with Net.Best only.
func (s *Session) NetMissing() []Missing {
	if s.net == nil {
		return nil
	}
	return s.net.missing
}

// NetMeans says by what each operation is seen: fentry, kprobe or tracepoint.
// Of send and recv a tracepoint shows no begin, no size asked for and no address
// of a datagram without connection, which every selection by address lets pass.
func (s *Session) NetMeans() map[string]string {
	if s.net == nil {
		return nil
	}
	return s.net.means
}

func (o *Net) check() error {
	if len(o.Addrs) > maxNetAddrs {
		return fmt.Errorf("%d addresses of the network: at most %d", len(o.Addrs), maxNetAddrs)
	}
	for _, a := range o.Addrs {
		if !a.Prefix.IsValid() || a.First > a.Last {
			return fmt.Errorf("address %v, ports %d to %d: must be a prefix and an ascending range", a.Prefix, a.First, a.Last)
		}
	}
	return nil
}

// openNet attaches what the options ask for.
func (s *Session) openNet(o *Options) error {
	if s.net != nil { // the second attempt
		s.net.end()
	}
	s.net = &layer{
		name: "net", what: "the network", points: netPoints,
		ops: o.Net.Ops, best: o.Net.Best, kprobes: o.Net.Kprobes, settings: o.Net.settings(),
		own: []string{"scratch", "works", "socks", "ends", "net_lost", "reasons", ".rodata"},
	}
	if o.Net.MinTime > 0 {
		s.net.untimed = errors.New("a tracepoint does not show how long it takes, and a least time is asked for")
	}
	s.net.adapt = func(l *layer) error {
		l.settings["kfree_args"] = tracepointSize(l.kernel, "kfree_skb")
		l.settings["retransmit_args"] = tracepointSize(l.kernel, "tcp_retransmit_skb")
		return nil
	}
	s.net.fill = func(l *layer) error { return putReasons(l.kernel, l.maps["reasons"]) }
	return s.net.open(s, o, bpf.LoadNet)
}

// settings are the constants of bpf/net.h, netsel.h and probe.h that select.
func (o *Net) settings() map[string]any {
	var ops uint32
	for name, op := range netOps {
		if o.Ops == nil {
			ops |= 1 << op
		}
		for _, asked := range o.Ops {
			if asked == name {
				ops |= 1 << op
			}
		}
	}
	var ranges [maxNetAddrs]bpf.NetEbAddrRange
	for i, a := range o.Addrs {
		ranges[i] = a.inKernel()
	}
	c := map[string]any{
		"net_ops": ops, "net_addrs": ranges, "naddrs": uint32(len(o.Addrs)),
		"min_work_time": uint64(o.MinTime), "min_work_bytes": o.MinBytes, "by_errno": flag(o.Errnos != nil),
	}
	if o.Errnos != nil {
		c["errno_set"] = [64]uint64(*o.Errnos)
	}
	return c
}

// inKernel is the range as struct eb_addr_range has it.
func (a NetAddr) inKernel() (r bpf.NetEbAddrRange) {
	bits := a.Prefix.Bits()
	if a.Prefix.Addr().Is4() {
		bits += 96
	}
	addr := a.Prefix.Addr().As16()
	var mask [16]byte
	for i := range mask {
		switch left := bits - 8*i; {
		case left >= 8:
			mask[i] = 0xff
		case left > 0:
			mask[i] = 0xff << (8 - left)
		}
		addr[i] &= mask[i]
	}
	for i := range r.Net {
		r.Net[i], r.Mask[i] = binary.LittleEndian.Uint64(addr[8*i:]), binary.LittleEndian.Uint64(mask[8*i:])
	}
	r.First, r.Last = uint32(a.First), uint32(a.Last)
	return r
}

// tracepointSize is how many arguments a tracepoint has on this kernel, 0 if
// there is none of that name.
func tracepointSize(kernel *btf.Spec, name string) uint32 {
	var def *btf.Typedef
	if kernel.TypeByName("btf_trace_"+name, &def) != nil {
		return 0
	}
	p, ok := btf.UnderlyingType(def).(*btf.Pointer)
	if !ok {
		return 0
	}
	proto, ok := p.Target.(*btf.FuncProto)
	if !ok {
		return 0
	}
	return uint32(len(proto.Params) - 1) // the first is the tracepoint's own
}

// putReasons tells the kernel half its own names of why packets are dropped
// (enum skb_drop_reason, from Linux 5.17 on). Reasons of subsystems have none.
func putReasons(kernel *btf.Spec, m *ebpf.Map) error {
	var names *btf.Enum
	if kernel.TypeByName("skb_drop_reason", &names) != nil {
		return nil
	}
	for _, v := range names.Values {
		var name [40]byte // EB_REASON in bpf/netevent.h
		if v.Value >= uint64(m.MaxEntries()) {
			continue
		}
		copy(name[:len(name)-1], strings.TrimPrefix(strings.TrimPrefix(v.Name, "SKB_DROP_REASON_"), "SKB_"))
		if err := m.Put(uint32(v.Value), name); err != nil {
			return fmt.Errorf("name the reasons of drops: %w", err)
		}
	}
	return nil
}

// netLost is what of the network was not recorded: events without a number,
// and sockets that no place was left for.
func (s *Session) netLost() (events, sockets uint64) {
	if s.net == nil || s.net.maps["net_lost"] == nil {
		return 0, 0
	}
	_ = s.net.maps["net_lost"].Lookup(uint32(0), &events)
	_ = s.net.maps["net_lost"].Lookup(uint32(1), &sockets)
	return events, sockets
}
