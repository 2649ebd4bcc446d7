// Package table is what ebtrace knows about system calls: one row per call,
// architecture-neutral, in syscalls.tbl; structures in structs.tbl. From the
// rows the capture plans for the kernel half, the classes for selection and
// the kinds for decoding are derived. Numbers, constants and layouts per ABI
// are generated from the kernel's UAPI headers (package xlat, zz_*.go).
//
// # Grammar of syscalls.tbl
//
//	row     = name ["@" abi {"," abi}] ["{" arg ["&" mask] "=" const {"," const} "}"]
//	          "(" [arg {", " arg}] ")" ret {" " class}
//	arg     = name kind {" " modifier}
//	kind    = word ["[" set-or-struct-or-kind "]"]
//	comment = "#" to the end of the line
//
// A row without "@" serves every ABI that has a number for the name; one with
// "@amd64", "@arm64", "@i386" serves those, before the general one. A row with
// braces is a variant: it serves calls whose named argument (and-ed with mask)
// is one of the constants; the row without braces (required) serves the rest.
// Constants are names of the argument's set, or numbers.
//
// # Kinds, by value
//
//	int uint long ulong   decimal, of the ABI's width
//	hex                   hexadecimal, 0 as 0
//	size off              decimal, unsigned / signed 64 bit
//	off64                 signed 64 bit; on i386 it takes two registers, low first
//	u64                   unsigned 64 bit; on i386 two registers, low first
//	fd dirfd              descriptor; dirfd prints AT_FDCWD
//	pid tid pgid uid gid  identifiers; uid and gid print -1 for all ones
//	mode dev signo addr   octal file mode; makedev(); SIG*; pointer, NULL for 0
//	enum[SET] flags[SET]  32-bit constants of a set in xlat; enum64, flags64: of the register's width
//	enum8 .. flags16      in structures: by the size of the field
//	unused                not printed
//
// # Kinds, by pointer (what is copied; default direction "in")
//
//	path                  NUL-terminated, whole up to PATH_MAX
//	str                   NUL-terminated data, limited by -s
//	buf                   bytes with a length; limited by -s
//	struct[S]             a structure of structs.tbl or with a decoder of its own
//	array[KIND]           elements of a kind by value, or array[struct S]: structures
//	ptr[KIND]             one element, printed as [value]
//	iovec msghdr mmsghdr sockaddr argv envp sigset fdset cpuset siginfo wstatus
//	                      as strace prints them; with len/count where they need one
//	opaque                the pointer itself
//
// # Modifiers
//
//	in out inout          read at entry; at exit if the call succeeded; both
//	always                out, read also when the call failed
//	len=ARG len=*ARG len=ret len=N       bytes (buf, sockaddr, sigset, struct: the smaller of it and the layout)
//	count=ARG count=*ARG count=ret count=N  elements (array, iovec, mmsghdr); fdset: highest descriptor + 1
//	len=ret len=0         of iovec, msghdr, mmsghdr: the data is as long as the result; is not read at all
//	@ARG                  path relative to the dirfd in ARG
//	if=ARG&CONSTS         printed only if (ARG & CONSTS) != 0; CONSTS: names joined with |
//	if=ARG                printed only if ARG is not 0
//	                      a constant of several bits counts if any of them is set
//
// # Results
//
//	err (0 or an error), int, long, size, off, fd, pid, uid, gid, addr, hex,
//	mode, enum[SET], flags[SET], none (never returns), aux: any of these
//	followed by "+aux" has a note in parentheses made by package decode.
//
// # Classes
//
// As strace's: %file %process %network %signal %ipc %desc %memory %creds %stat
// %lstat %fstat %statfs %fstatfs %clock %pure, and %%stat and %%statfs; the bare
// word "never" marks a call that can not block (it is not part of -e trace=
// syntax: the loader may then trace its exit only).
//
// # What follows from a row
//
// Arguments take the registers in their order, "unused" ones too. Sizes that
// no length gives: of a struct its layout's, of ptr and array elements their
// kind's (int 4 bytes, long, hex, size, off and addr a word of the ABI, off64
// and u64 8), siginfo 128, wstatus 4, sigset 8. An "inout" with len=ret or
// count=ret is read at exit only. wstatus is "out" unless told otherwise. In a
// structure a member of kind ptr[KIND] is followed, and one that is a C pointer
// if its kind is sigset or struct[S]; else such kinds lie in the structure itself.
//
// # Grammar of structs.tbl
//
//	struct = "struct " name [" = " C type] [" <" header ">"] "{" NEWLINE {field NEWLINE} "}"
//	field  = ["-"] member kind [" as " shown name]
//
// "-" hides the field unless -v; a structure with a hidden field prints "...".
// Offsets and sizes come from the C type at generate time, per ABI.
package table
