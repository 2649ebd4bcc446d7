package main

import (
	"os"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/output"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/loader"
)

// loaderOptions is what the kernel half is asked for.
func (o *options) loaderOptions() loader.Options {
	s := &o.sel
	l := loader.Options{
		Times:       o.json || o.text.Stamp != output.NoStamp || o.text.Rel || o.text.Spent || o.counts.also || o.enforcing(),
		NoFollow:    o.noFollow,
		StrSize:     o.text.StrSize,
		FDs:         o.text.Files != 0,
		Env:         o.text.Verbose,
		Counts:      o.counts.only,
		Errnos:      s.errnos,
		MinDuration: s.minDuration,
		FDSet:       s.fds,
		Paths:       s.paths,
		Comms:       s.comms,
		UIDs:        s.uids,
		Signals:     s.signals,
		Buffer:      o.buffer,
		VFS:         o.vfsOptions(),
		Net:         o.netOptions(),
		OffCPU:      o.splits(),
		URing:       o.uringOptions(),
	}
	l.Enter, l.Exit = s.halves()
	if s.status != table.AllStatus {
		l.Status = &s.status
	}
	return l
}

// filtered says whether calls are dropped by what is known at their exit only.
func (s *selection) filtered() bool {
	return s.status != table.AllStatus || s.errnos != nil || s.minDuration > 0
}

// named says whether threads of a name are wanted. Of calls the kernel half
// sees to that, of signals it does not.
func (s *selection) named(comm string) bool {
	return len(s.comms) == 0 || slices.Contains(s.comms, comm)
}

// outputOptions completes how text looks by where it goes.
func (o *options) outputOptions(snk *sink) output.Options {
	t := o.text
	t.Realtime = time.Now().UnixNano() - int64(loader.Now())
	t.Native = nativeABI()
	toFile := o.out.file != ""
	launched := len(o.pids) == 0
	if toFile {
		t.Messages = os.Stderr
		if launched { // as strace: a command's trace in a file says nothing else
			t.Quiet |= output.QuietAttach | output.QuietPersonality
		}
	}
	switch {
	case o.out.separately:
		t.Open = snk.thread
	case toFile && (t.Prefix == output.PrefixAlways || !o.noFollow || len(o.pids) > 1):
		t.Prefix = output.PrefixColumn
	case !toFile && t.Prefix == output.PrefixNone:
		t.Prefix = output.PrefixAuto
	}
	return t
}

func nativeABI() table.ABI {
	if runtime.GOARCH == "arm64" {
		return table.ARM64
	}
	return table.AMD64
}

// newWriter returns the writer of the form that was asked for, and the table
// that the kernel's counts are to be added to, if they are.
func (o *options) newWriter(snk *sink, in output.Layers) (w output.Writer, counts *output.Counts) {
	t := o.outputOptions(snk)
	t.SpentIn = in
	table := output.NewCounts(snk, output.CountOptions{Columns: o.counts.columns, Order: o.counts.order, Native: t.Native})
	switch {
	case o.counts.only:
		return table, table
	case o.counts.also:
		return output.Tee(output.NewText(snk, t), table), nil
	case o.json:
		return output.NewJSON(snk, t, o.header()), nil
	}
	return output.NewText(snk, t), nil
}

// header is what JSON says of the trace before its events.
func (o *options) header() output.Header {
	var u unix.Utsname
	_ = unix.Uname(&u) // its only error is a bad pointer
	h := output.Header{
		Version: version(), Arguments: o.args, Command: o.command,
		Release: unix.ByteSliceToString(u.Release[:]), Machine: unix.ByteSliceToString(u.Machine[:]),
	}
	for _, pid := range o.pids {
		h.Targets = append(h.Targets, uint32(pid))
	}
	return h
}

// newDecoder returns the decoder for what is shown.
func (o *options) newDecoder() *decode.Decoder {
	return decode.New(decode.Options{
		StrSize: o.text.StrSize, Verbose: o.text.Verbose, Brief: !o.json && !o.text.Verbose, IfName: interfaceNames(),
	})
}
