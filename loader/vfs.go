package loader

import (
	"time"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
)

// VFS asks for the operations of the virtual file system below the calls.
type VFS struct {
	Ops      []string      // of VFSOperations; nil: all
	Best     bool          // go on without those that this kernel does not let be seen
	Kprobes  bool          // not by fentry, even where that is to be had
	MinTime  time.Duration // operations that took at least so long
	MinBytes uint64        // operations that moved at least so many bytes

	// Selection by the file, by any of the files of an operation on two. A path
	// selects itself and what is below it: /etc is not the beginning of /etcetera.
	Paths   []string        // empty: any; at most 64, absolute, each shorter than 255 bytes
	FS      []string        // types of file systems, as in /proc/filesystems; empty: any; at most 16
	Devices []uint32        // of the file system, major<<20 | minor; empty: any; at most 16
	Errnos  *table.ErrnoSet // nil: any result
}

// VFSMissing is what was asked for and is not to be had; with VFS.Best only.
func (s *Session) VFSMissing() []Missing {
	if s.vfs == nil {
		return nil
	}
	return s.vfs.missing
}

// VFSMeans says by what each operation is seen: fentry or kprobe.
func (s *Session) VFSMeans() map[string]string {
	if s.vfs == nil {
		return nil
	}
	return s.vfs.means
}

// openVFS attaches what the options ask for.
func (s *Session) openVFS(o *Options) error {
	if s.vfs != nil { // the second attempt
		s.vfs.end()
	}
	s.vfs = &layer{
		name: "vfs", what: "the file system", points: vfsPoints,
		ops: o.VFS.Ops, best: o.VFS.Best, kprobes: o.VFS.Kprobes,
		settings: o.VFS.selection(),
		own:      []string{"scratch", "works", "old_names", "vfs_paths", "cached", ".rodata"},
		fill:     func(l *layer) error { return o.VFS.putPaths(l.maps["vfs_paths"]) },
	}
	return s.vfs.open(s, o, bpf.LoadVfs)
}
