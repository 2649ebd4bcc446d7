package decode

import "github.com/ebtrace/ebtrace/decode/xlat"

// Kind is the form of a Value.
type Kind uint8

// Forms of a value. Containers (Struct, Array, Set, Func) are followed by their
// parts in the same slice; Value.Span says how far they reach.
const (
	Int    Kind = iota + 1 // Num, signed decimal, sign-extended to 64 bits
	Uint                   // Num, unsigned decimal
	Hex                    // Num, 0x..., 0 as 0
	Addr                   // Num, pointer: 0x..., 0 as NULL
	Octal                  // Num, at least three digits: 0644, 000
	Mode                   // Num, st_mode: S_IFREG|0644 where the type bits are set
	Dev                    // Num, user dev_t encoding as the ABI has it: makedev(0x8, 0x1)
	FD                     // Num, descriptor, signed; Text, where set, its symbol (AT_FDCWD); File if known
	Str                    // Bytes, data: "..." and ... where FlagCut
	Path                   // Bytes, a path
	Bytes                  // Bytes without a text meaning: as Str with -xx, always \x
	Enum                   // Num in Set
	Flags                  // Num in Set
	Signal                 // Num, signal number: SIGINT, SIGRT_1; 0 as 0; as a part of a Set without SIG: INT
	Errno                  // Num positive: ENOENT
	Port                   // Num, host order: htons(9)
	IPv4                   // Bytes (4): inet_addr("127.0.0.1")
	IPv6                   // Bytes (16): inet_pton(AF_INET6, "::1", &name)
	Word                   // Text, as it stands: a symbol such as SIG_DFL, TIMESPEC_INFINITE
	Struct                 // {name=value, ...}
	Array                  // [value, value]; FlagCut: [value, ...]; with FlagFault too: the memory at Num could not be read: [value, ... /* 0x7ff0 */]
	Set                    // [value value], blanks between; FlagNot: ~[...]
	Func                   // Text(value, value): makedev, htonl...; Num, if not 0, is the number it stands for (-X raw)
	Pair                   // two parts: the value at entry => the value at exit; [16 => 6] is an Array of a Pair, [0] => [4] a Pair of Arrays
	Or                     // parts joined with | (WIFEXITED(s) && ... uses Text " && " as joiner; "" is "|")
	PID                    // Num, signed decimal: a process, thread, group or session; Text: its name if known (-Y: 123<sh>)
)

// Flag qualifies a Value.
type Flag uint16

// Flags of a value.
const (
	FlagCut      Flag = 1 << iota // Str, Bytes: more was there; Struct, Array: parts left out ("...")
	FlagNot                       // Set: complement
	FlagVerbose                   // a part that is shown only with -v (its container then prints "...")
	FlagQuiet                     // Struct member without "name="
	FlagChanged                   // differs between entry and exit although the call does not write it
	FlagFault                     // Addr: the memory could not be read; Array: see there
	FlagUnread                    // Addr: the memory was not read (the call failed, nothing to read, record full)
	FlagAbstract                  // Str: an abstract unix socket name: @"..."
	FlagNamed                     // argument of a call: printed with its name (those of clone: flags=...)
)

// Value is one node of a call's arguments or result, in pre-order.
type Value struct {
	Kind  Kind
	Flags Flag
	Span  int32  // nodes of this subtree, this one included
	Name  string // argument or member name; "" for elements
	Text  string // Word, Func, Or, FD: see there; for others a comment, where strace prints /* text */
	Num   uint64
	Want  uint64 // Str, Bytes, Array: the whole length where FlagCut, 0 if unknown
	Bytes []byte // points into the record
	Set   *xlat.Set
	File  *File // FD, if known
}
