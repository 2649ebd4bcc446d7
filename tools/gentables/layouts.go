package main

import (
	"bytes"
	"debug/dwarf"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
)

// cStruct is a structure of structs.tbl that names a C type.
type cStruct struct {
	pos     string // file:line
	name    string
	ctype   string
	headers []string
	members []cMember
	size    [numABI]int64
	found   bool
}

type cMember struct {
	pos, name string
	found     bool
	off       [numABI]int64
	size      [numABI]int64 // of one element
	n         [numABI]int64
	ptr       bool
}

// genLayouts writes the layouts of the structures of structs.tbl.
func genLayouts(c *clang, file string) ([]byte, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	list, err := scanStructs(file, string(src))
	if err != nil {
		return nil, err
	}
	groups := map[string][]*cStruct{}
	for _, s := range list {
		key := strings.Join(s.headers, " ")
		groups[key] = append(groups[key], s)
	}
	var errs problems
	for _, key := range sortedKeys(groups) {
		checkHeaders(c, &errs, groups[key][0].pos, groups[key][0].headers)
		for abi := range abis {
			if err := layouts(c, abi, groups[key]); err != nil {
				return nil, err
			}
		}
	}
	for _, s := range list {
		if !s.found {
			errs.add(s.pos, "no complete C type %q in %v", s.ctype, s.headers)
			continue
		}
		for _, m := range s.members {
			if !m.found {
				errs.add(m.pos, "%s has no member %s", s.ctype, m.name)
			}
		}
	}
	if err := errs.err(); err != nil {
		return nil, err
	}
	sort.Slice(list, func(i, j int) bool { return list[i].name < list[j].name })
	return writeLayouts(list), nil
}

func writeLayouts(list []*cStruct) []byte {
	b := header("table", "structs.tbl")
	b.WriteString("\n// layouts are the sizes and the members' places of the C types, by name.\nvar layouts = []layout{\n")
	for _, s := range list {
		fmt.Fprintf(b, "\t{name: %q, size: %s", s.name, triple(s.size))
		if len(s.members) > 0 {
			b.WriteString(", members: []member{\n")
			for _, m := range s.members {
				fmt.Fprintf(b, "\t\t{name: %q, off: %s, size: %s, n: %s", m.name, triple(m.off), triple(m.size), triple(m.n))
				if m.ptr {
					b.WriteString(", ptr: true")
				}
				b.WriteString("},\n")
			}
			b.WriteString("\t}")
		}
		b.WriteString("},\n")
	}
	b.WriteString("}\n")
	return b.Bytes()
}

func triple(v [numABI]int64) string {
	s := make([]string, numABI)
	for i, n := range v {
		s[i] = strconv.FormatInt(n, 10)
	}
	return "[NumABI]uint32{" + strings.Join(s, ", ") + "}"
}

// layouts fills in the layouts of structures with the same headers for an ABI.
func layouts(c *clang, abi int, list []*cStruct) error {
	items := make([]string, len(list))
	for i, s := range list {
		items[i] = fmt.Sprintf("char ebs_%d[sizeof(%s)]; %s eb_%d;", i, s.ctype, s.ctype, i)
	}
	f, bad, err := c.lines(abi, c.include(abi, list[0].headers), items, "-gdwarf-4")
	if err != nil {
		return err
	}
	defer f.Close()
	if f.Section(".debug_info") == nil {
		return nil // the ABI has none of them
	}
	d, err := f.DWARF()
	if err != nil {
		return err
	}
	for r := d.Reader(); ; {
		e, err := r.Next()
		if err != nil {
			return err
		}
		if e == nil {
			return nil
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		num, ok := strings.CutPrefix(name, "eb_")
		i, err := strconv.Atoi(num)
		if e.Tag != dwarf.TagVariable || !ok || err != nil || i >= len(list) || bad[i] != "" {
			continue
		}
		off, _ := e.Val(dwarf.AttrType).(dwarf.Offset)
		t, err := d.Type(off)
		if err != nil {
			return err
		}
		if err := list[i].fill(abi, t); err != nil {
			return err
		}
	}
}

// fill takes the layout of s from its DWARF type.
func (s *cStruct) fill(abi int, t dwarf.Type) error {
	s.found = true
	s.size[abi] = t.Size()
	st, _ := strip(t).(*dwarf.StructType)
	for i := range s.members {
		m := &s.members[i]
		off, mt := findPath(st, m.name)
		if mt == nil {
			continue
		}
		m.found, m.off[abi], m.n[abi] = true, off, 1
		mt = strip(mt)
		for {
			a, ok := mt.(*dwarf.ArrayType)
			if !ok {
				break
			}
			m.n[abi] *= max(a.Count, 0) // a flexible array has none
			mt = strip(a.Type)
		}
		_, m.ptr = mt.(*dwarf.PtrType)
		m.size[abi] = mt.Size()
	}
	return nil
}

// findPath finds a member such as "a.b" and its offset; nil if there is none.
func findPath(st *dwarf.StructType, path string) (int64, dwarf.Type) {
	name, rest, nested := strings.Cut(path, ".")
	off, t := findMember(st, name)
	if t == nil || !nested {
		return off, t
	}
	inner, _ := strip(t).(*dwarf.StructType)
	more, t := findPath(inner, rest)
	return off + more, t
}

// findMember looks into anonymous structures and unions too. Bit fields are
// not members that can be read by offset.
func findMember(st *dwarf.StructType, name string) (int64, dwarf.Type) {
	if st == nil {
		return 0, nil
	}
	for _, f := range st.Field {
		if f.Name == name && f.BitSize == 0 {
			return f.ByteOffset, f.Type
		}
		if f.Name == "" {
			inner, _ := strip(f.Type).(*dwarf.StructType)
			if off, t := findMember(inner, name); t != nil {
				return f.ByteOffset + off, t
			}
		}
	}
	return 0, nil
}

// strip removes typedefs and qualifiers.
func strip(t dwarf.Type) dwarf.Type {
	for {
		switch u := t.(type) {
		case *dwarf.TypedefType:
			t = u.Type
		case *dwarf.QualType:
			t = u.Type
		default:
			return t
		}
	}
}

// scanStructs finds the structures with a C type in structs.tbl and the names
// of their members; package table reads the rest of the grammar.
func scanStructs(file, src string) ([]*cStruct, error) {
	var list []*cStruct
	var errs problems
	var cur *cStruct
	for n, line := range strings.Split(src, "\n") {
		pos := fmt.Sprintf("%s:%d", file, n+1)
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		switch head, ok := strings.CutPrefix(line, "struct "); {
		case line == "":
		case ok && strings.Contains(head, "{"):
			cur = structHead(pos, head)
			if cur.ctype != "" {
				list = append(list, cur)
			}
			if strings.Contains(head, "}") {
				cur = nil
			}
		case line == "}":
			cur = nil
		case cur == nil:
			errs.add(pos, "a field outside of a struct")
		default:
			name := strings.Fields(strings.TrimPrefix(line, "-"))
			if len(name) == 0 {
				errs.add(pos, "a field without a name")
			} else if cur.ctype == "" {
				errs.add(pos, "struct %s has fields but names no C type and no <header>", cur.name)
			} else {
				cur.members = append(cur.members, cMember{pos: pos, name: name[0]})
			}
		}
	}
	return list, errs.err()
}

// structHead reads "NAME [= C type] [<header>...] {"; without "=" but with a
// header the C type is "struct NAME".
func structHead(pos, head string) *cStruct {
	head, _, _ = strings.Cut(head, "{")
	s := &cStruct{pos: pos}
	head, s.headers = cutHeaders(head)
	name, ctype, ok := strings.Cut(head, "=")
	s.name = strings.TrimSpace(name)
	s.ctype = strings.Join(strings.Fields(ctype), " ")
	if !ok && len(s.headers) > 0 {
		s.ctype = "struct " + s.name
	}
	return s
}

// cutHeaders takes the <header>s out of s.
func cutHeaders(s string) (rest string, headers []string) {
	var b bytes.Buffer
	for {
		before, after, ok := strings.Cut(s, "<")
		b.WriteString(before)
		if !ok {
			return b.String(), headers
		}
		h, tail, _ := strings.Cut(after, ">")
		headers = append(headers, strings.TrimSpace(h))
		s = tail
	}
}
