package table

// The kinds; the package comment says what each one means. A field of a
// structure has the width of its C member, whatever the kind's own.
const (
	KindNone Kind = iota // result: never returns; Arg.Elem: no element

	// By value.
	KindInt
	KindUint
	KindLong
	KindUlong
	KindHex
	KindSize
	KindOff
	KindOff64
	KindU64
	KindFD
	KindDirFD
	KindPID
	KindTID
	KindPGID
	KindUID
	KindGID
	KindMode
	KindDev
	KindSigno
	KindAddr
	KindEnum
	KindFlags
	KindEnum64
	KindFlags64
	KindEnum8
	KindEnum16
	KindFlags8
	KindFlags16
	KindUnused
	KindErr // results only: 0 or an error

	// By pointer.
	KindPath
	KindStr
	KindBuf
	KindStruct
	KindArray
	KindPtr
	KindIovec
	KindMsghdr
	KindMmsghdr
	KindSockaddr
	KindArgv
	KindEnvp
	KindSigset
	KindFdset
	KindCPUset
	KindSiginfo
	KindWstatus
	KindOpaque

	numKinds
)

// kindNames are the words of the grammar, by Kind.
var kindNames = [numKinds]string{
	KindNone: "none", KindInt: "int", KindUint: "uint", KindLong: "long", KindUlong: "ulong",
	KindHex: "hex", KindSize: "size", KindOff: "off", KindOff64: "off64", KindU64: "u64",
	KindFD: "fd", KindDirFD: "dirfd", KindPID: "pid", KindTID: "tid", KindPGID: "pgid",
	KindUID: "uid", KindGID: "gid", KindMode: "mode", KindDev: "dev", KindSigno: "signo",
	KindAddr: "addr", KindEnum: "enum", KindFlags: "flags", KindEnum64: "enum64",
	KindFlags64: "flags64", KindEnum8: "enum8", KindEnum16: "enum16", KindFlags8: "flags8",
	KindFlags16: "flags16", KindUnused: "unused", KindErr: "err",
	KindPath: "path", KindStr: "str", KindBuf: "buf", KindStruct: "struct", KindArray: "array",
	KindPtr: "ptr", KindIovec: "iovec", KindMsghdr: "msghdr", KindMmsghdr: "mmsghdr",
	KindSockaddr: "sockaddr", KindArgv: "argv", KindEnvp: "envp", KindSigset: "sigset",
	KindFdset: "fdset", KindCPUset: "cpuset", KindSiginfo: "siginfo", KindWstatus: "wstatus",
	KindOpaque: "opaque",
}

// String returns the grammar's word for k.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind?"
}

// Pointer says whether an argument of kind k is a pointer to what is shown.
func (k Kind) Pointer() bool { return k >= KindPath && k < numKinds }

// Wide says whether an argument of kind k takes two registers on 32-bit ABIs.
func (k Kind) Wide() bool { return k == KindOff64 || k == KindU64 }

// HasSet says whether kind k names a set of constants.
func (k Kind) HasSet() bool { return k >= KindEnum && k <= KindFlags16 }

// String returns the name of the ABI as in the table's "@" suffixes.
func (a ABI) String() string {
	if int(a) < len(abiNames) {
		return abiNames[a]
	}
	return "unknown"
}

// abiNames are the words after "@" in the table, by ABI.
var abiNames = [NumABI]string{AMD64: "amd64", ARM64: "arm64", I386: "i386"}

// Word is the size of a user long and pointer, in bytes.
func (a ABI) Word() uint32 {
	if a == I386 {
		return 4
	}
	return 8
}
