package table

// layout is what zz_layouts.go holds of a C type.
type layout struct {
	name    string
	size    [NumABI]uint32
	members []member
}

// member is a named member of a C type; size is that of one element.
type member struct {
	name         string
	off, size, n [NumABI]uint32
	ptr          bool
}

// findLayout returns the layout of that name, or nil.
func findLayout(name string) *layout {
	lo, hi := 0, len(layouts)
	for lo < hi {
		m := (lo + hi) / 2
		if layouts[m].name < name {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if lo < len(layouts) && layouts[lo].name == name {
		return &layouts[lo]
	}
	return nil
}

// find returns the member of that name, or nil.
func (l *layout) find(name string) *member {
	for i := range l.members {
		if l.members[i].name == name {
			return &l.members[i]
		}
	}
	return nil
}
