package decode

import "github.com/ebtrace/ebtrace/decode/table"

// What the table's layouts can not describe is decoded by functions of its
// own, in special_*.go. They are listed here and nowhere else. Only New may
// name these variables (else they would depend on themselves): it puts them
// into the decoder.
//
// Every one of them but the notes appends exactly one value (with its parts)
// to the decoder, by the functions of build.go; it reads nested user memory
// with Decoder.read and Decoder.cstring, which choose the copy of the time
// that is being decoded (Decoder.exit). It keeps no memory of its own and
// allocates nothing; text it makes goes through Decoder.textFrom.

// structDecoder decodes a structure of structs.tbl that its layout there does
// not describe; Decoder.layout appends what it does.
// m is what was captured of it: at least one byte, at most the length that the
// call gives (it may be a list of structures) or else the size of the layout.
type structDecoder func(d *Decoder, name string, st *table.Struct, m mem)

// kindDecoder decodes what a pointer argument of a kind of its own points to.
// m holds at least one byte; m.size is what the call says there is. n is the
// value of the argument's len= or count= (bytes, elements, or for fdset the
// number of bits); -1 if the row gives none or it could not be read.
type kindDecoder func(d *Decoder, a *table.Arg, name string, m mem, n int64)

// argDecoder decodes argument a, the one with index i in the row, instead of
// what its kind says. It may look at other arguments with Decoder.arg. It may
// append nothing: then the argument is not shown. False, with nothing
// appended, leaves the argument to its kind.
type argDecoder func(d *Decoder, a *table.Arg, i int) bool

// noteDecoder appends the note after a result ("Timeout", "left {...}"), any
// number of values, without the parentheses. It is called at the end of every
// call of its row that has a result, failed ones included (Decoder.errno).
type noteDecoder func(d *Decoder)

// structDecoders is by table.Struct.Name.
var structDecoders = map[string]structDecoder{
	"aio_sigset":      sigsetPackStruct,
	"bpf_attr":        bpfAttrStruct,
	"cap_data":        capDataStruct,
	"clone_args":      cloneArgsStruct,
	"epoll_event":     epollStruct,
	"file_handle":     handleStruct,
	"fprog":           fprogStruct,
	"ifconf":          ifconfStruct,
	"ifreq":           ifreqStruct,
	"io_uring_params": ringParamsStruct,
	"msgbuf":          msgbufStruct,
	"old_sigaction":   oldSigactionStruct,
	"oldstat":         statStruct,
	"open_how":        openHowStruct,
	"pollfd":          pollfdStruct,
	"rlimit":          rlimitStruct,
	"rlimit64":        rlimitStruct,
	"sched_attr":      schedAttrStruct,
	"sigaction":       sigactionStruct,
	"sigevent":        sigeventStruct,
	"sigset_argpack":  sigsetPackStruct,
	"stat":            statStruct,
	"stat64":          statStruct,
	"statx":           statxStruct,
	"tms":             timesStruct,
	"utimbuf":         utimbufStruct,
	"user_desc":       userDescStruct,
}

// kindDecoders is by table.Kind: sockaddr, msghdr, mmsghdr, sigset, fdset,
// cpuset, siginfo, wstatus.
var kindDecoders = map[table.Kind]kindDecoder{
	table.KindCPUset:   cpusetArg,
	table.KindFdset:    fdsetArg,
	table.KindMmsghdr:  mmsghdrArg,
	table.KindMsghdr:   msghdrArg,
	table.KindSiginfo:  siginfoArg,
	table.KindSigset:   sigsetArg,
	table.KindSockaddr: sockaddrArg,
	table.KindWstatus:  wstatusArg,
}

// argDecoders is by "row.argument"; variants share the name of their row.
var argDecoders = map[string]argDecoder{
	"_llseek.offset_high":           seekArg,
	"_llseek.offset_low":            hiddenArg,
	"accept.addrlen":                addrlenArg,
	"accept4.addrlen":               addrlenArg,
	"add_key.keyring":               keyArg,
	"clock_nanosleep.remain":        remainArg,
	"clock_nanosleep_time64.remain": remainArg,
	"clone.child_stack":             cloneStack,
	"clone.child_tidptr":            cloneChildTID,
	"clone.flags":                   cloneFlags,
	"clone.parent_tid":              cloneParentTID,
	"clone.tls":                     cloneTLSArg,
	"fgetxattr.value":               xattrArg,
	"flistxattr.list":               xattrListArg,
	"fsetxattr.value":               xattrArg,
	"futimesat.times":               fileTimesArg,
	"get_mempolicy.nodemask":        nodeMaskArg,
	"getdents.dirp":                 dentsArg,
	"getdents64.dirp":               dents64Arg,
	"getpeername.addrlen":           addrlenArg,
	"getrandom.buf":                 randomArg,
	"getsockname.addrlen":           addrlenArg,
	"getsockopt.optval":             sockoptArg,
	"getxattr.value":                xattrArg,
	"ioctl.request":                 ioctlRequest,
	"ioprio_set.ioprio":             ioprioArg,
	"keyctl.arg2":                   keyArg,
	"keyctl.arg3":                   keyArg,
	"keyctl.arg5":                   keyArg,
	"lgetxattr.value":               xattrArg,
	"listxattr.list":                xattrListArg,
	"llistxattr.list":               xattrListArg,
	"lsetxattr.value":               xattrArg,
	"mbind.nodemask":                nodeMaskArg,
	"migrate_pages.new_nodes":       nodeMaskArg,
	"migrate_pages.old_nodes":       nodeMaskArg,
	"mknod.dev":                     deviceArg,
	"mknod.mode":                    fileModeArg,
	"mknodat.dev":                   deviceArg,
	"mknodat.mode":                  fileModeArg,
	"mmap2.pgoffset":                pageOffsetArg,
	"msgget.msgflg":                 ipcFlagsArg,
	"nanosleep.rem":                 remainArg,
	"prctl.arg2":                    prctlArg2,
	"prctl.arg3":                    prctlArg3,
	"quotactl.cmd":                  quotaCmdArg,
	"quotactl_fd.cmd":               quotaCmdArg,
	"recvfrom.addrlen":              addrlenArg,
	"recvmmsg.msgvec":               emptyVector(Array, 2),
	"recvmmsg_time64.msgvec":        emptyVector(Array, 2),
	"request_key.dest_keyring":      keyArg,
	"sched_setaffinity.mask":        emptyVector(Set, 1),
	"semget.semflg":                 ipcFlagsArg,
	"sendmmsg.msgvec":               emptyVector(Array, 2),
	"set_mempolicy.nodemask":        nodeMaskArg,
	"set_thread_area.u_info":        threadAreaArg,
	"setsockopt.optval":             sockoptArg,
	"setxattr.value":                xattrArg,
	"shmget.shmflg":                 ipcFlagsArg,
	"signal.handler":                handlerArg,
	"socket.protocol":               protocolArg,
	"socketpair.protocol":           protocolArg,
	"ssetmask.mask":                 oldMaskArg,
	"swapon.flags":                  swapFlagsArg,
	"syslog.type":                   namedNumberArg,
	"time.tloc":                     dateArg,
	"utimensat.times":               fileTimesArg,
	"utimensat_time64.times":        fileTimesArg,
	"utimes.times":                  fileTimesArg,
	"wait4.rusage":                  waitedArg,
	"wait4.wstatus":                 waitedArg,
	"waitpid.wstatus":               waitedArg,
}

// noteDecoders is by table.Row.Name, for rows whose result has "+aux".
var noteDecoders = map[string]noteDecoder{
	"_newselect":             selectNote,
	"adjtimex":               timexNote,
	"clock_adjtime":          timexNote,
	"clock_adjtime64":        timexNote,
	"fcntl":                  fcntlNote,
	"fcntl64":                fcntlNote,
	"ioprio_get":             ioprioNote,
	"membarrier":             membarrierNote,
	"personality":            personalityNote,
	"poll":                   pollNote,
	"ppoll":                  pollNote,
	"ppoll_time64":           pollNote,
	"prctl":                  prctlNote,
	"pselect6":               selectNote,
	"pselect6_time64":        selectNote,
	"recvmmsg":               recvmmsgNote,
	"recvmmsg_time64":        recvmmsgNote,
	"rt_sigtimedwait":        signalNote,
	"rt_sigtimedwait_time64": signalNote,
	"sched_getscheduler":     schedNote,
	"select":                 selectNote,
	"set_thread_area":        threadAreaNote,
	"sgetmask":               sgetmaskNote,
	"signal":                 handlerNote,
	"ssetmask":               ssetmaskNote,
	"time":                   dateNote,
}

// signalInfo decodes the siginfo that an EB_SIGNAL record carries, in the
// native layout of the machine that recorded it (not that of a 32-bit task).
// It appends one Struct without a name.
var signalInfo = signalSiginfo
