package main

import (
	"bufio"
	"fmt"
	"io"
)

// archive writes an initramfs: a cpio archive in the "newc" form,
// Documentation/driver-api/early-userspace/buffer-format.rst.
type archive struct {
	w   *bufio.Writer
	ino int
	err error
}

// File types of a mode, inode(7).
const (
	typeDir  = 0o040000
	typeChar = 0o020000
	typeFile = 0o100000
)

func newArchive(w io.Writer) *archive { return &archive{w: bufio.NewWriter(w)} }

func (a *archive) dir(name string) { a.entry(name, typeDir|0o755, 0, 0, nil) }

func (a *archive) device(name string, major, minor int) {
	a.entry(name, typeChar|0o600, major, minor, nil)
}

func (a *archive) file(name string, perm int, body []byte) {
	a.entry(name, typeFile|perm, 0, 0, body)
}

// entry writes a header of thirteen fields of eight hexadecimal digits, the
// name and the body, both padded to four bytes.
func (a *archive) entry(name string, mode, major, minor int, body []byte) {
	a.ino++
	head := "070701"
	for _, v := range []int{a.ino, mode, 0, 0, 1, 0, len(body), 0, 0, major, minor, len(name) + 1, 0} {
		head += fmt.Sprintf("%08X", v)
	}
	a.padded([]byte(head + name + "\x00"))
	a.padded(body)
}

func (a *archive) padded(b []byte) {
	if a.err == nil {
		_, a.err = a.w.Write(b)
	}
	if pad := -len(b) & 3; pad > 0 && a.err == nil {
		_, a.err = a.w.Write(make([]byte, pad))
	}
}

func (a *archive) close() error {
	a.entry("TRAILER!!!", 0, 0, 0, nil)
	if a.err != nil {
		return a.err
	}
	return a.w.Flush()
}
