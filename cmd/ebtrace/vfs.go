package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/internal/suggest"
	"github.com/ebtrace/ebtrace/loader"
)

// setVFS reads --vfs, --vfs=best, --vfs=open,read and --vfs=best,open,read.
func setVFS(o *options, v string) error {
	if o.vfs == nil {
		o.vfs = &loader.VFS{}
	}
	if v == bare {
		return nil
	}
	known := loader.VFSOperations()
	for w := range strings.SplitSeq(v, ",") {
		switch {
		case w == "best":
			o.vfs.Best = true
		case w == "all":
			o.vfs.Ops = nil
		case slices.Contains(known, w):
			o.vfs.Ops = append(o.vfs.Ops, w)
		default:
			hint := ""
			if near := suggest.Near(w, slices.Values(known)); near != "" {
				hint = fmt.Sprintf(" (did you mean '%s'?)", near)
			}
			return fmt.Errorf("invalid --vfs '%s'%s: it is best, all or some of %s", w, hint, strings.Join(known, ","))
		}
	}
	return nil
}

// setVFSDuration reads --vfs-duration=MIN.
func setVFSDuration(o *options, v string) (err error) {
	o.vfsMin.MinTime, err = table.ParseDuration(v)
	return err
}

// setVFSBytes reads --vfs-bytes=MIN.
func setVFSBytes(o *options, v string) (err error) {
	if o.vfsMin.MinBytes, err = strconv.ParseUint(v, 10, 63); err != nil {
		return badValue("--vfs-bytes", v)
	}
	return nil
}

// vfsAsked is what the kernel half is to look at below the calls, nil: nothing.
func (o *options) vfsAsked() *loader.VFS {
	if o.vfs != nil {
		o.vfs.MinTime, o.vfs.MinBytes = o.vfsMin.MinTime, o.vfsMin.MinBytes
	}
	return o.vfs
}

// sayMissing tells what --vfs=best goes on without.
func sayMissing(s *loader.Session) {
	for _, m := range s.VFSMissing() {
		say("vfs: %s is not shown: %v", m.Op, m.Err)
	}
}

// doctorVFS lists by what each operation of the file system can be seen.
func doctorVFS(w io.Writer) {
	s, err := loader.Open(loader.Options{Threads: 1, VFS: &loader.VFS{Best: true}})
	if err != nil {
		fmt.Fprintf(w, "%-22s %-5s %s\n", "vfs", "no", oneLine(err.Error()))
		return
	}
	defer s.Close()
	by := map[string][]string{}
	for op, means := range s.VFSMeans() {
		by[means] = append(by[means], op)
	}
	for _, means := range slices.Sorted(maps.Keys(by)) {
		slices.Sort(by[means])
		fmt.Fprintf(w, "%-22s %-5s by %s: %s\n", "vfs", "ok", means, strings.Join(by[means], ", "))
	}
	for _, m := range s.VFSMissing() {
		fmt.Fprintf(w, "%-22s %-5s %s\n", "vfs "+m.Op, "no", oneLine(m.Err.Error()))
	}
}
