package decode

import "github.com/ebtrace/ebtrace/decode/xlat"

// Sets of sets.tbl that decoders of this package use by themselves. Where the
// kernel's UAPI headers have no constants to generate a set from, it stands
// here with the header it is from.
var (
	setFamilies   = xlat.Lookup("addrfams")
	setShutdown   = xlat.Lookup("shutdown")
	setEthProtos  = xlat.Lookup("ethernet_protocols")
	setARPHRD     = xlat.Lookup("arp_hardware")
	setPacketType = xlat.Lookup("packet_types")
	setXDPFlags   = xlat.Lookup("xdp_flags")
	setNFCProtos  = xlat.Lookup("nfc_protocols")
	setVsockCIDs  = xlat.Lookup("vsock_cids")
	setVsockPorts = xlat.Lookup("vsock_ports")
	setVsockFlags = xlat.Lookup("vsock_flags")

	setMsgFlags   = xlat.Lookup("msg_flags")
	setSockLevels = xlat.Lookup("sock_levels")
	setSCM        = xlat.Lookup("scm_types")
	setIPOptions  = xlat.Lookup("ip_options")
	setIPv6Opts   = xlat.Lookup("ipv6_options")

	setSICodes   = xlat.Lookup("si_codes")
	setSICHLD    = xlat.Lookup("sigchld_codes")
	setSIILL     = xlat.Lookup("sigill_codes")
	setSIFPE     = xlat.Lookup("sigfpe_codes")
	setSISEGV    = xlat.Lookup("sigsegv_codes")
	setSIBUS     = xlat.Lookup("sigbus_codes")
	setSITRAP    = xlat.Lookup("sigtrap_codes")
	setSIPOLL    = xlat.Lookup("sigpoll_codes")
	setSISYS     = xlat.Lookup("sigsys_codes")
	setAuditArch = xlat.Lookup("audit_arch")
	setSigaction = xlat.Lookup("sa_flags")
	setSigevent  = xlat.Lookup("sigev_notify")

	setPollEvents  = xlat.Lookup("poll_events")
	setEpollEvents = xlat.Lookup("epoll_events")

	setCloneFlags  = xlat.Lookup("clone_flags")
	setClone3Flags = xlat.Lookup("clone3_flags")
	setOpen        = xlat.Lookup("open")
	setFDFlags     = xlat.Lookup("fd_flags")
	setSeals       = xlat.Lookup("seals")
	setLockTypes   = xlat.Lookup("lock_types")
	setPersonality = xlat.Lookup("personality")
	setSched       = xlat.Lookup("sched")
	setMembarrier  = asFlags(xlat.Lookup("membarrier"))
	setTimexState  = xlat.Lookup("timex_state")
	setIoprioClass = xlat.Lookup("ioprio_class")
	setCapMask0    = xlat.Lookup("cap_mask0")
	setCapMask1    = xlat.Lookup("cap_mask1")
	setIoctls      = xlat.Lookup("ioctls")
	setIOCDir      = xlat.Lookup("ioc_dir")
	setIfFlags     = xlat.Lookup("ifreq_flags")
	setDirentTypes = xlat.Lookup("dirent_types")

	setDumpable    = xlat.Lookup("prctl_dumpable")
	setMCEPolicy   = xlat.Lookup("prctl_mce_policy")
	setSpecCtrl    = xlat.Lookup("prctl_spec_ctrl")
	setTagged      = xlat.Lookup("prctl_tagged")
	setSecurebits  = xlat.Lookup("securebits")
	setBPFMapType  = xlat.Lookup("bpf_map_types")
	setBPFMapFlags = xlat.Lookup("bpf_map_flags")
	setBPFProgType = xlat.Lookup("bpf_prog_types")
	setBPFAttach   = xlat.Lookup("bpf_attach_types")
	setBPFElem     = xlat.Lookup("bpf_map_update_flags")
)

// asFlags is an enumeration of bits as flags.
func asFlags(s *xlat.Set) *xlat.Set {
	if s == nil {
		return nil
	}
	f := *s
	f.Enum = false
	for abi := range f.ABI {
		f.ABI[abi] = nil
		for _, g := range s.ABI[abi] {
			f.ABI[abi] = append(f.ABI[abi], xlat.Group{Consts: g.Consts})
		}
	}
	return &f
}

// everywhere is a set with the same constants on every ABI; those of an
// enumeration ascend.
func everywhere(name, prefix, zero string, enum bool, consts ...xlat.Const) *xlat.Set {
	g := []xlat.Group{{Consts: consts}}
	if enum {
		g[0].Mask = ^uint64(0)
	}
	return &xlat.Set{Name: name, Prefix: prefix, Zero: zero, Enum: enum, ABI: [3][]xlat.Group{g, g, g}}
}

var (
	// include/linux/crypto.h: internal to the kernel, no names in user space.
	setAlgFlags = everywhere("crypto_flags", "CRYPTO_ALG_???", "", false)
	// include/net/bluetooth/{l2cap,hci_sock,bluetooth}.h.
	setL2PSM = everywhere("l2cap_psm", "L2CAP_PSM_???", "", true,
		xlat.Const{Name: "L2CAP_PSM_SDP", Val: 0x01}, xlat.Const{Name: "L2CAP_PSM_RFCOMM", Val: 0x03},
		xlat.Const{Name: "L2CAP_PSM_IPSP", Val: 0x23}, xlat.Const{Name: "L2CAP_PSM_3DSP", Val: 0x21},
		xlat.Const{Name: "L2CAP_PSM_DYN_START", Val: 0x1001})
	setL2CID = everywhere("l2cap_cid", "L2CAP_CID_???", "", true,
		xlat.Const{Name: "L2CAP_CID_SIGNALING", Val: 1}, xlat.Const{Name: "L2CAP_CID_CONN_LESS", Val: 2},
		xlat.Const{Name: "L2CAP_CID_A2MP", Val: 3}, xlat.Const{Name: "L2CAP_CID_ATT", Val: 4},
		xlat.Const{Name: "L2CAP_CID_LE_SIGNALING", Val: 5}, xlat.Const{Name: "L2CAP_CID_SMP", Val: 6},
		xlat.Const{Name: "L2CAP_CID_SMP_BREDR", Val: 7}, xlat.Const{Name: "L2CAP_CID_DYN_START", Val: 0x40})
	setBDAddr = everywhere("bdaddr_type", "BDADDR_???", "", true,
		xlat.Const{Name: "BDADDR_BREDR", Val: 0}, xlat.Const{Name: "BDADDR_LE_PUBLIC", Val: 1},
		xlat.Const{Name: "BDADDR_LE_RANDOM", Val: 2})
	setHCIChannel = everywhere("hci_channel", "HCI_CHANNEL_???", "", true,
		xlat.Const{Name: "HCI_CHANNEL_RAW", Val: 0}, xlat.Const{Name: "HCI_CHANNEL_USER", Val: 1},
		xlat.Const{Name: "HCI_CHANNEL_MONITOR", Val: 2}, xlat.Const{Name: "HCI_CHANNEL_CONTROL", Val: 3},
		xlat.Const{Name: "HCI_CHANNEL_LOGGING", Val: 4})
	// linux/mctp.h.
	setMCTPAddr = everywhere("mctp_addr", "", "", true,
		xlat.Const{Name: "MCTP_ADDR_NULL", Val: 0}, xlat.Const{Name: "MCTP_ADDR_ANY", Val: 0xff})
)
