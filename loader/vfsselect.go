package loader

import (
	"encoding/binary"
	"fmt"
	"path"
	"strings"

	"github.com/cilium/ebpf"
)

// Limits of bpf/vfssel.h.
const (
	maxFS        = 16  // EB_MAX_FS: file systems, and devices
	maxVFSPaths  = 64  // EB_MAX_VFS_PATHS
	maxPrefix    = 256 // EB_MAX_PREFIX
	maxFSName    = 15
	maxPrefixLen = maxPrefix - 1 // with the slash or NUL behind it
)

// check says what of the selection the kernel half cannot do, and brings the
// paths to the form that they are compared in.
func (o *VFS) check() error {
	switch {
	case len(o.Paths) > maxVFSPaths:
		return fmt.Errorf("%d paths of the file system: at most %d", len(o.Paths), maxVFSPaths)
	case len(o.FS) > maxFS || len(o.Devices) > maxFS:
		return fmt.Errorf("%d file systems and %d devices: at most %d of each", len(o.FS), len(o.Devices), maxFS)
	}
	for i, p := range o.Paths {
		if !strings.HasPrefix(p, "/") {
			return fmt.Errorf("path '%.80s': must begin with a slash: it is compared with the path that the kernel has resolved", p)
		}
		clean := path.Clean(p)
		if len(clean) >= maxPrefixLen || strings.IndexByte(clean, 0) >= 0 {
			return fmt.Errorf("path '%.40s...' has %d bytes: the kernel half compares at most %d, none of them NUL", p, len(clean), maxPrefixLen-1)
		}
		o.Paths[i] = clean
	}
	for _, name := range o.FS {
		if name == "" || len(name) > maxFSName || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return fmt.Errorf("file system '%.40s': must be the name of a type, of 1 to %d characters, as in /proc/filesystems", name, maxFSName)
		}
	}
	return nil
}

// selection are the constants of bpf/vfssel.h and those of bpf/probe.h that select.
func (o *VFS) selection() map[string]any {
	var names [2 * maxFS]uint64
	for i, name := range o.FS {
		var b [16]byte
		copy(b[:], name)
		names[2*i], names[2*i+1] = binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])
	}
	var devices [maxFS]uint32
	copy(devices[:], o.Devices)
	c := map[string]any{
		"min_work_time": uint64(o.MinTime), "min_work_bytes": o.MinBytes,
		"by_errno": flag(o.Errnos != nil), "by_path": flag(len(o.Paths) > 0),
		"nfs": uint32(len(o.FS)), "fs_names": names, "ndevs": uint32(len(o.Devices)), "devices": devices,
	}
	if o.Errnos != nil {
		c["errno_set"] = [64]uint64(*o.Errnos)
	}
	return c
}

// putPaths fills the map of beginnings of paths: each with a slash behind it,
// and with the NUL that ends it.
func (o *VFS) putPaths(m *ebpf.Map) error {
	put := func(p string) error {
		var key [4 + maxPrefix]byte
		binary.NativeEndian.PutUint32(key[:], uint32(8*len(p)))
		copy(key[4:], p)
		return m.Put(key[:], uint8(1))
	}
	for _, p := range o.Paths {
		forms := []string{p + "/", p + "\x00"}
		if p == "/" {
			forms = []string{p}
		}
		for _, form := range forms {
			if err := put(form); err != nil {
				return fmt.Errorf("set the paths: %w", err)
			}
		}
	}
	return nil
}
