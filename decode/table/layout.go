package table

import (
	"slices"
	"strings"
)

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
	i, found := slices.BinarySearchFunc(layouts[:], name, func(l layout, name string) int { return strings.Compare(l.name, name) })
	if !found {
		return nil
	}
	return &layouts[i]
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
