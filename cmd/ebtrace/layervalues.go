package main

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/loader"
)

// The setters of options that say which work of a layer is shown.

func setMinTime(a *layerAsked, v string) (err error) {
	a.minTime, err = table.ParseDuration(v)
	return err
}

func setMinBytes(a *layerAsked, v string) (err error) {
	if a.minBytes, err = strconv.ParseUint(v, 10, 63); err != nil {
		return fmt.Errorf("'%s': a number of bytes", v)
	}
	return nil
}

// setErrors reads a set as -e errno= does; bare: every error.
func setErrors(a *layerAsked, v string) (err error) {
	if v == bare {
		v = "all"
	}
	a.errnos, err = table.ParseErrnos(v)
	return err
}

// addPrefix takes the path as it is written, made absolute, and with its links
// followed: the kernel has only the latter.
func addPrefix(a *layerAsked, v string) error {
	abs, err := filepath.Abs(v)
	if v == "" || err != nil {
		return fmt.Errorf("'%s': a path", v)
	}
	for _, p := range []string{abs, realPath(abs)} {
		if !slices.Contains(a.paths, p) {
			a.paths = append(a.paths, p)
		}
	}
	return nil
}

// realPath is path with its links followed, itself if it is not there.
func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// maxFSName is how much the kernel half tells of a file system's type: eb_work
// in bpf/record.h, less the NUL.
const maxFSName = 15

func setFileSystems(a *layerAsked, v string) error {
	for name := range strings.SplitSeq(v, ",") {
		if name == "" || len(name) > maxFSName {
			return fmt.Errorf("'%s': types of file systems as in /proc/filesystems, such as ext4,tmpfs", v)
		}
		a.fs = append(a.fs, name)
	}
	return nil
}

// addDevice reads MAJ:MIN, as in /proc/self/mountinfo.
func addDevice(a *layerAsked, v string) error {
	major, minor, ok := strings.Cut(v, ":")
	maj, err1 := strconv.ParseUint(major, 10, 12)
	min, err2 := strconv.ParseUint(minor, 10, 20)
	if !ok || err1 != nil || err2 != nil {
		return fmt.Errorf("'%s': the device of a file system as MAJOR:MINOR, such as 254:1 (see /proc/self/mountinfo)", v)
	}
	a.devices = append(a.devices, uint32(maj<<20|min))
	return nil
}

var errAddr = errors.New("addresses as ADDRESS[/BITS][:PORT[-PORT]], such as 10.0.0.0/8, 192.0.2.1:80-90, [2001:db8::]/32:443 or :53")

// addAddr reads ADDR[/BITS][:PORT[-PORT]]; an address of IPv6 with a port
// stands in brackets; without an address it is any.
func addAddr(a *layerAsked, v string) error {
	addr, ports := splitPorts(v)
	prefixes := anyAddr
	if addr != "" || ports == "" {
		p, err := parsePrefix(addr)
		if err != nil {
			return fmt.Errorf("'%s': %w", v, errAddr)
		}
		prefixes = []netip.Prefix{p}
	}
	first, last := uint16(0), uint16(65535)
	if ports != "" {
		var err error
		if first, last, err = parsePorts(ports[1:]); err != nil {
			return fmt.Errorf("'%s': %w", v, err)
		}
	}
	for _, p := range prefixes {
		a.addrs = append(a.addrs, loader.NetAddr{Prefix: p, First: first, Last: last})
	}
	return nil
}

var anyAddr = []netip.Prefix{netip.PrefixFrom(netip.IPv4Unspecified(), 0), netip.PrefixFrom(netip.IPv6Unspecified(), 0)}

// splitPorts takes ":PORT[-PORT]" off the end. The colons of an address of
// IPv6 without brackets are its own.
func splitPorts(v string) (addr, ports string) {
	from := strings.LastIndexByte(v, ']') + 1
	if from == 0 && strings.Count(v, ":") > 1 {
		return v, ""
	}
	if i := strings.IndexByte(v[from:], ':'); i >= 0 {
		return v[:from+i], v[from+i:]
	}
	return v, ""
}

func parsePrefix(s string) (netip.Prefix, error) {
	addr, bits, has := strings.Cut(s, "/")
	if inner, ok := strings.CutPrefix(addr, "["); ok {
		if addr, ok = strings.CutSuffix(inner, "]"); !ok {
			return netip.Prefix{}, errAddr
		}
	}
	ip, err := netip.ParseAddr(addr)
	if err != nil || ip.Zone() != "" {
		return netip.Prefix{}, errAddr
	}
	n := ip.BitLen()
	if has {
		if n, err = strconv.Atoi(bits); err != nil {
			return netip.Prefix{}, errAddr
		}
	}
	return ip.Prefix(n)
}

func parsePorts(s string) (lo, hi uint16, err error) {
	first, last, ranged := strings.Cut(s, "-")
	l, err1 := strconv.ParseUint(first, 10, 16)
	h, err2 := l, error(nil)
	if ranged {
		h, err2 = strconv.ParseUint(last, 10, 16)
	}
	if err1 != nil || err2 != nil || h < l {
		return 0, 0, errors.New("a port is a number up to 65535, and the second of two is not less than the first")
	}
	return uint16(l), uint16(h), nil
}
