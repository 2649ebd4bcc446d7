package main

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ebtrace/ebtrace/loader"
)

func TestLayerOptions(t *testing.T) {
	o := parsed(t, "--vfs=read,best --vfs=write --vfs-duration 2ms --vfs-bytes=100 --vfs-error --vfs-fs=ext4,tmpfs --vfs-device=254:1 --vfs-device 0:24 x")
	a := &o.below[belowVFS]
	if !a.asked || !a.best || !slices.Equal(a.ops, []string{"read", "write"}) || a.minTime != 2*time.Millisecond || a.minBytes != 100 ||
		!a.errnos.Has(2) || a.errnos.Has(0) || !slices.Equal(a.fs, []string{"ext4", "tmpfs"}) || !slices.Equal(a.devices, []uint32{254<<20 | 1, 24}) {
		t.Errorf("%+v", a)
	}
	if o = parsed(t, "--vfs=read --vfs=all --vfs-error=!EAGAIN x"); o.below[belowVFS].ops != nil || !o.below[belowVFS].errnos.Has(0) || o.below[belowVFS].errnos.Has(11) {
		t.Errorf("%+v", o.below[belowVFS])
	}
	if o = parsed(t, "x"); o.anyBelow() || o.vfsOptions() != nil {
		t.Error("a layer that was not asked for")
	}
}

// TestLayerPaths: a prefix is also what its links lead to.
func TestLayerPaths(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	o := parsed(t, "--vfs --vfs-path=/proc/self --vfs-path=. --vfs-path=. --vfs-path=/no/such/../place/ x")
	got := o.below[belowVFS].paths
	if len(got) < 4 || got[0] != "/proc/self" || !strings.HasPrefix(got[1], "/proc/") || got[1] == got[0] || got[2] != dir || got[len(got)-1] != "/no/place" {
		t.Errorf("%q", got)
	}
}

func TestAddrRange(t *testing.T) {
	for v, want := range map[string]loader.NetAddr{
		"127.0.0.1":           {Prefix: netip.MustParsePrefix("127.0.0.1/32"), First: 0, Last: 65535},
		"10.1.2.3/8":          {Prefix: netip.MustParsePrefix("10.0.0.0/8"), First: 0, Last: 65535},
		"10.0.0.0/8:80":       {Prefix: netip.MustParsePrefix("10.0.0.0/8"), First: 80, Last: 80},
		"10.0.0.1:80-90":      {Prefix: netip.MustParsePrefix("10.0.0.1/32"), First: 80, Last: 90},
		"::1":                 {Prefix: netip.MustParsePrefix("::1/128"), First: 0, Last: 65535},
		"2001:db8::/32":       {Prefix: netip.MustParsePrefix("2001:db8::/32"), First: 0, Last: 65535},
		"[::1]":               {Prefix: netip.MustParsePrefix("::1/128"), First: 0, Last: 65535},
		"[::1]:443":           {Prefix: netip.MustParsePrefix("::1/128"), First: 443, Last: 443},
		"[2001:db8::]/32:1-2": {Prefix: netip.MustParsePrefix("2001:db8::/32"), First: 1, Last: 2},
		"0.0.0.0/0:0-65535":   {Prefix: netip.MustParsePrefix("0.0.0.0/0"), First: 0, Last: 65535},
	} {
		var a layerAsked
		if err := addAddr(&a, v); err != nil || len(a.addrs) != 1 || a.addrs[0] != want {
			t.Errorf("%s: %+v %v", v, a.addrs, err)
		}
	}
	var a layerAsked
	if err := addAddr(&a, ":53"); err != nil || len(a.addrs) != 2 || a.addrs[0] != (loader.NetAddr{Prefix: netip.MustParsePrefix("0.0.0.0/0"), First: 53, Last: 53}) ||
		a.addrs[1] != (loader.NetAddr{Prefix: netip.MustParsePrefix("::/0"), First: 53, Last: 53}) {
		t.Errorf("%+v %v", a.addrs, err)
	}
	for _, v := range []string{"", "example.org", "example.org:80", "10.0.0.1/33", "10.0.0.1/", "10.0.0.1:", "10.0.0.1:x", "10.0.0.1:90-80", "10.0.0.1:65536", "[::1", "[::1]/129", "[::1]x:1", "fe80::1%eth0", ":", "1.2.3.4:5:6"} {
		if err := addAddr(&layerAsked{}, v); err == nil || !strings.Contains(err.Error(), "'"+v+"'") {
			t.Errorf("%q: %v", v, err)
		}
	}
}

// TestMissingGroups: what is missing for one reason is told at once.
func TestMissingGroups(t *testing.T) {
	a, b := errors.New("no kprobes"), errors.New("no tracepoint")
	got := byReason([]loader.Missing{{Op: "bind", Err: a}, {Op: "drop", Err: b}, {Op: "accept", Err: a}})
	if len(got) != 2 || got[0] != (missingGroup{"accept, bind", "no kprobes"}) || got[1] != (missingGroup{"drop", "no tracepoint"}) {
		t.Errorf("%+v", got)
	}
}

func TestLayerRefusals(t *testing.T) {
	for line, want := range map[string]string{
		"--vfs=raed x":                      "invalid --vfs 'raed' (did you mean 'read'?): it is best, all or some of open,read,",
		"-c -U bytes x":                     "bytes are counted of the work below the calls only",
		"-C -S bytes x":                     "bytes are counted of the work below the calls only",
		"--vfs= x":                          "invalid --vfs ''",
		"--vfs-bytes=1 x":                   "--vfs-bytes is of use with --vfs only",
		"--net-error --net-addr=::1 x":      "--net-error, --net-addr are of use with --net only",
		"--vfs --vfs-bytes=1k x":            "invalid --vfs-bytes argument: '1k': a number of bytes",
		"--vfs --vfs-duration=1y x":         "invalid --vfs-duration argument: ",
		"--vfs --vfs-error=ENOENTT x":       "invalid --vfs-error argument: ",
		"--vfs --vfs-device=254 x":          "invalid --vfs-device argument: '254': the device of a file system as MAJOR:MINOR",
		"--vfs --vfs-device=4096:1 x":       "invalid --vfs-device argument: '4096:1'",
		"--vfs --vfs-fs=ext4,, x":           "invalid --vfs-fs argument: 'ext4,,'",
		"--net --net-addr=10.0.0.1:90-80 x": "invalid --net-addr argument: '10.0.0.1:90-80': a port is",
		"--net --net-addr=example.org:80 x": "invalid --net-addr argument: 'example.org:80': addresses as ADDRESS",
		"--vfs-pth=/x --vfs x":              "unrecognized option '--vfs-pth' (did you mean '--vfs-path'?)",
	} {
		if _, err := parseArgs(strings.Fields(line)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}
