package table

import "github.com/ebtrace/ebtrace/decode/xlat"

// ABI is a calling convention with its own syscall numbers, as in bpf/record.h.
type ABI uint8

// The ABIs, with the values of enum eb_abi.
const (
	AMD64   ABI = 0
	ARM64   ABI = 1
	I386    ABI = 2
	NumABI      = 3
	Unknown ABI = 255
)

// Kind is how an argument, field or result is read and shown. See the package comment.
type Kind uint8

// Dir is when memory behind a pointer argument is read.
type Dir uint8

// Directions.
const (
	In     Dir = 1 // at entry
	Out    Dir = 2 // at exit, if the call succeeded
	InOut  Dir = 3
	Always Dir = 4 // or-ed to Out: also when the call failed
)

// LenSrc is where a length or count comes from.
type LenSrc uint8

// Sources of a length; the values of enum eb_len in bpf/plan.h.
const (
	LenConst LenSrc = 0
	LenArg   LenSrc = 1
	LenPtr32 LenSrc = 2
	LenRet   LenSrc = 3
	LenBits  LenSrc = 4
	LenPtr64 LenSrc = 5
	LenNone  LenSrc = 255
)

// Len is a length or a count of elements.
type Len struct {
	Src LenSrc
	Arg uint8  // index in Row.Args
	N   uint32 // LenConst
}

// Cond says when an argument is shown: Args[Arg] & Mask != 0.
type Cond struct {
	Arg  uint8
	Mask [NumABI]uint64
}

// Arg is one argument of a row.
type Arg struct {
	Name   string
	Kind   Kind
	Elem   Kind      // of array and ptr
	Set    *xlat.Set // of enum and flags, or of an element
	Struct *Struct   // of struct, or of an element
	Dir    Dir       // 0: not a pointer
	Len    Len       // bytes, or for Count elements
	Count  bool      // Len counts elements
	NoData bool      // iovec: what the elements point to is not read
	DirFD  int8      // index of the dirfd a path is relative to; -1: none
	If     *Cond
	Reg    [NumABI]int8 // first argument register 0..5; -1: beyond
}

// Row is one syscall, or one variant of one.
type Row struct {
	Name     string
	Args     []Arg
	Ret      Kind
	RetSet   *xlat.Set
	RetAux   bool
	Classes  []string
	Variants []*Row // by values of argument VariantArg
	// Of a row with Variants, and of each variant:
	VariantArg  uint8
	VariantMask uint64
	Values      [NumABI][]uint64 // a variant's
	index       [NumABI][]variantAt
}

// Field is one member of a structure, with its place for each ABI.
type Field struct {
	Name   string
	Kind   Kind
	Elem   Kind
	Set    *xlat.Set
	Struct *Struct
	Hidden bool // unless -v
	Ptr    bool // the member is a pointer to what Kind says
	Off    [NumABI]uint32
	Size   [NumABI]uint32 // bytes of the member; of one element for arrays
	N      [NumABI]uint32 // elements of an array member, else 1
}

// Struct is a structure of structs.tbl. A structure with a decoder of its own
// in package decode has no Fields, but sizes if a C type is named.
type Struct struct {
	Name   string
	Fields []Field
	Size   [NumABI]uint32 // 0: the ABI has no such type
}
