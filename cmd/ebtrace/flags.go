package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/ebtrace/ebtrace/internal/suggest"
)

// flagDef is one option: how it is written, what the help says of it, and what
// it does. The value given to set is bare if the option came without one.
type flagDef struct {
	short string // one letter or ""
	long  string // "" for options with a letter only
	arg   string // "": takes none; "[=X]": may take one after "="; else its name
	help  string // "": not shown
	set   func(o *options, v string) error
}

// bare is the value of an option that was given without one. No argument can
// hold a NUL byte.
const bare = "\x00"

// flagValue makes a flagDef a pflag.Value.
type flagValue struct {
	def *flagDef
	o   *options
}

func (flagValue) String() string { return "" }
func (flagValue) Type() string   { return "" }

func (v flagValue) Set(s string) error {
	if v.def.arg == "" && s != bare {
		return fmt.Errorf("option '--%s' takes no argument", v.def.long)
	}
	return v.def.set(v.o, s)
}

// synonyms are second names of long options.
var synonyms = map[string]string{
	"attach": "pid", "timestamps": "absolute-timestamps", "silent": "quiet", "silence": "quiet",
	"signals": "signal", "decode-fd": "decode-fds", "decode-pid": "decode-pids", "follow": "follow-forks",
	"no-follow-forks": "no-follow",
}

// parseArgs reads the arguments after the program's name.
func parseArgs(args []string) (*options, error) {
	o := newOptions()
	fs := pflag.NewFlagSet("ebtrace", pflag.ContinueOnError)
	fs.SetInterspersed(false)
	fs.Usage = func() {}
	longs := addFlags(fs, o)
	var ambiguous error
	fs.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		full, err := complete(name, longs)
		ambiguous = errors.Join(ambiguous, err)
		return pflag.NormalizedName(full)
	})
	err := fs.Parse(args)
	if ambiguous != nil {
		return nil, ambiguous
	}
	if err != nil {
		return nil, explain(err, longs)
	}
	o.command = fs.Args()
	o.args = args[:len(args)-len(o.command)]
	if o.help || o.version {
		return o, nil
	}
	return o, o.check()
}

// addFlags declares every option and returns the long names, sorted.
func addFlags(fs *pflag.FlagSet, o *options) []string {
	longs := slices.Collect(maps.Keys(synonyms))
	add := func(d *flagDef) {
		name := d.long
		if name == "" {
			name = " " + d.short // pflag wants a long name; nobody can mean this one
		} else {
			longs = append(longs, name)
		}
		f := fs.VarPF(flagValue{d, o}, name, d.short, "")
		if d.arg == "" || d.arg[0] == '[' {
			f.NoOptDefVal = bare
		}
	}
	for _, g := range groups {
		for i := range g.flags {
			add(&g.flags[i])
		}
	}
	for i := range refused {
		add(refused[i].def())
	}
	slices.Sort(longs)
	return longs
}

// complete returns the option that name stands for: itself, the one it is a
// synonym of, or the only one that begins with it, as getopt_long(3) has it.
func complete(name string, longs []string) (string, error) {
	full := name
	if _, ok := slices.BinarySearch(longs, name); !ok && name != "" && name[0] != ' ' {
		found := map[string]bool{}
		for _, l := range longs {
			if strings.HasPrefix(l, name) {
				full = l
				found[canonical(l)] = true
			}
		}
		if len(found) > 1 {
			return name, fmt.Errorf("option '--%s' is ambiguous: %s", name,
				"--"+strings.Join(slices.Sorted(maps.Keys(found)), ", --"))
		}
	}
	return canonical(full), nil
}

func canonical(name string) string {
	if s, ok := synonyms[name]; ok {
		return s
	}
	return name
}

// explain turns an error of pflag into one line in strace's words.
func explain(err error, longs []string) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return unknownOption(unknown, longs)
	case errors.As(err, &missing):
		if missing.GetSpecifiedShortnames() != "" {
			return fmt.Errorf("option requires an argument -- '%s'", missing.GetSpecifiedName())
		}
		return fmt.Errorf("option '--%s' requires an argument", missing.GetSpecifiedName())
	case errors.As(err, &invalid):
		return invalid.Unwrap()
	}
	return err
}

func unknownOption(e *pflag.NotExistError, longs []string) error {
	if e.GetSpecifiedShortnames() != "" {
		return fmt.Errorf("invalid option -- '%s'; see 'ebtrace --help'", e.GetSpecifiedName())
	}
	name := e.GetSpecifiedName()
	if near := suggest.Near(name, slices.Values(longs)); near != "" {
		return fmt.Errorf("unrecognized option '--%s' (did you mean '--%s'?)", name, near)
	}
	return fmt.Errorf("unrecognized option '--%s'; see 'ebtrace --help'", name)
}
