package decode

import "github.com/ebtrace/ebtrace/decode/table"

// Commands of bpf(2), of linux/bpf.h.
const (
	bpfMapCreate     = 0
	bpfMapLookup     = 1
	bpfMapUpdate     = 2
	bpfMapDelete     = 3
	bpfMapNextKey    = 4
	bpfProgLoad      = 5
	bpfObjPin        = 6
	bpfObjGet        = 7
	bpfProgAttach    = 8
	bpfProgDetach    = 9
	bpfProgNextID    = 11
	bpfMapNextID     = 12
	bpfProgFDByID    = 13
	bpfMapFDByID     = 14
	bpfObjInfo       = 15
	bpfBTFFDByID     = 19
	bpfMapLookupDel  = 21
	bpfBTFNextID     = 23
	bpfLinkCreate    = 28
	bpfLinkFDByID    = 30
	bpfLinkNextID    = 31
	bpfObjNameLen    = 16
	bpfKernelVersion = 40 // offset of kern_version
)

// bpfMember is one member of union bpf_attr.
type bpfMember struct {
	name string
	off  int
	kind Kind // Int: 32 bits; Addr: 64 bits; Str: a name
}

// bpfMembers are those of the commands that are decoded by list.
var bpfMembers = map[uint64][]bpfMember{
	bpfMapLookup:    {{"map_fd", 0, FD}, {"key", 8, Addr}, {"value", 16, Addr}},
	bpfMapLookupDel: {{"map_fd", 0, FD}, {"key", 8, Addr}, {"value", 16, Addr}},
	bpfMapUpdate:    {{"map_fd", 0, FD}, {"key", 8, Addr}, {"value", 16, Addr}},
	bpfMapDelete:    {{"map_fd", 0, FD}, {"key", 8, Addr}},
	bpfMapNextKey:   {{"map_fd", 0, FD}, {"key", 8, Addr}, {"next_key", 16, Addr}},
	bpfObjPin:       {{"pathname", 0, Addr}, {"bpf_fd", 8, FD}, {"file_flags", 12, Hex}},
	bpfObjGet:       {{"pathname", 0, Addr}, {"bpf_fd", 8, FD}, {"file_flags", 12, Hex}},
	bpfProgAttach:   {{"target_fd", 0, FD}, {"attach_bpf_fd", 4, FD}},
	bpfProgDetach:   {{"target_fd", 0, FD}, {"attach_bpf_fd", 4, FD}},
	bpfProgNextID:   {{"start_id", 0, Uint}, {"next_id", 4, Uint}, {"open_flags", 8, Hex}},
	bpfMapNextID:    {{"start_id", 0, Uint}, {"next_id", 4, Uint}, {"open_flags", 8, Hex}},
	bpfBTFNextID:    {{"start_id", 0, Uint}, {"next_id", 4, Uint}, {"open_flags", 8, Hex}},
	bpfLinkNextID:   {{"start_id", 0, Uint}, {"next_id", 4, Uint}, {"open_flags", 8, Hex}},
	bpfProgFDByID:   {{"prog_id", 0, Uint}, {"next_id", 4, Uint}, {"open_flags", 8, Hex}},
	bpfMapFDByID:    {{"map_id", 0, Uint}, {"next_id", 4, Uint}, {"open_flags", 8, Hex}},
	bpfBTFFDByID:    {{"btf_id", 0, Uint}},
	bpfLinkFDByID:   {{"link_id", 0, Uint}},
}

// bpfMapMembers and bpfProgMembers follow the type of a map or a program.
var (
	bpfMapMembers = []bpfMember{
		{"key_size", 4, Uint}, {"value_size", 8, Uint}, {"max_entries", 12, Uint}, {"map_flags", 16, Flags},
		{"inner_map_fd", 20, FD}, {"map_name", 28, Str}, {"map_ifindex", 44, Uint}, {"btf_fd", 48, FD},
		{"btf_key_type_id", 52, Uint}, {"btf_value_type_id", 56, Uint}, {"btf_vmlinux_value_type_id", 60, Uint},
		{"map_extra", 64, Addr},
	}
	bpfProgMembers = []bpfMember{
		{"insn_cnt", 4, Uint}, {"insns", 8, Addr}, {"license", 16, Addr}, {"log_level", 24, Uint},
		{"log_size", 28, Uint}, {"log_buf", 32, Addr}, {"kern_version", bpfKernelVersion, Uint},
		{"prog_flags", 44, Hex}, {"prog_name", 48, Str}, {"prog_ifindex", 64, Uint},
		{"expected_attach_type", 68, Enum}, {"prog_btf_fd", 72, FD}, {"func_info_rec_size", 76, Uint},
		{"func_info", 80, Addr}, {"func_info_cnt", 88, Uint}, {"line_info_rec_size", 92, Uint},
		{"line_info", 96, Addr}, {"line_info_cnt", 104, Uint}, {"attach_btf_id", 108, Uint},
		{"attach_prog_fd", 112, FD}, {"fd_array", 120, Addr},
	}
)

// bpfAttrStruct decodes union bpf_attr by the command, up to the size that the
// call gives. Commands that are not known here show the pointer.
func bpfAttrStruct(d *Decoder, name string, _ *table.Struct, m mem) {
	cmd := d.arg(0)
	list := bpfMembers[cmd]
	if list == nil && cmd != bpfMapCreate && cmd != bpfProgLoad && cmd != bpfObjInfo && cmd != bpfLinkCreate || !m.has(0, 4) {
		d.addMem(name, m)
		return
	}
	i := d.open(Struct, name)
	switch cmd {
	case bpfMapCreate:
		d.addSet(Enum, "map_type", setBPFMapType, m.uint(0, 4))
		d.bpfAttr(m, bpfMapMembers)
	case bpfProgLoad:
		d.addSet(Enum, "prog_type", setBPFProgType, m.uint(0, 4))
		d.bpfAttr(m, bpfProgMembers)
	case bpfObjInfo:
		j := d.open(Struct, "info")
		d.bpfAttr(m, []bpfMember{{"bpf_fd", 0, FD}, {"info_len", 4, Uint}, {"info", 8, Addr}})
		d.close(j)
	case bpfLinkCreate:
		j := d.open(Struct, "link_create")
		d.bpfAttr(m, []bpfMember{{"prog_fd", 0, FD}, {"target_fd", 4, FD}, {"attach_type", 8, Enum}, {"flags", 12, Hex}})
		d.close(j)
	default:
		d.bpfAttr(m, list)
		if cmd == bpfMapUpdate || cmd == bpfMapLookup || cmd == bpfMapLookupDel {
			if m.has(24, 8) {
				d.addSet(Flags, "flags", setBPFElem, m.uint(24, 8))
			}
		}
	}
	d.close(i)
}

// bpfAttr appends the members that were captured.
func (d *Decoder) bpfAttr(m mem, list []bpfMember) {
	for k := range list {
		x := &list[k]
		switch x.kind {
		case Addr:
			if m.has(x.off, 8) {
				d.bpfPointer(x, m.uint(x.off, 8))
			}
		case Str:
			if m.has(x.off, bpfObjNameLen) {
				d.fixedString(x.name, m.b[x.off:x.off+bpfObjNameLen])
			}
		default:
			if m.has(x.off, 4) {
				d.bpfWord(x, &m)
			}
		}
	}
}

func (d *Decoder) bpfPointer(x *bpfMember, v uint64) {
	if x.name == "map_extra" {
		d.add(Hex, x.name, v)
		return
	}
	if x.name == "pathname" || x.name == "license" {
		if c := d.cstring(v); c.found {
			d.addBytes(Path, x.name, c.b, 0)
			return
		}
	}
	d.addPtr(x.name, v, 0)
}

func (d *Decoder) bpfWord(x *bpfMember, m *mem) {
	v := m.uint(x.off, 4)
	switch {
	case x.kind == FD:
		d.add(FD, x.name, uint64(m.int(x.off, 4)))
	case x.kind == Enum:
		d.addSet(Enum, x.name, setBPFAttach, v)
	case x.kind == Flags:
		d.addSet(Flags, x.name, setBPFMapFlags, v)
	case x.off == bpfKernelVersion && x.kind == Uint && x.name == "kern_version":
		i := d.openText(Func, x.name, "KERNEL_VERSION")
		d.add(Uint, "", v>>16)
		d.add(Uint, "", v>>8&0xff)
		d.add(Uint, "", v&0xff)
		d.close(i)
		d.nodes[i].Num = v
	default:
		d.add(x.kind, x.name, v)
	}
}
