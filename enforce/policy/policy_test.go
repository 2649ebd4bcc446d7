package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/enforce"
)

const head = "version: 1\nrules:\n"

// TestErrors: what is wrong, with its line and column.
func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "p: it is empty",
		"version: 2\nrules: []":       "p:1:10: '2' is not 1",
		"rules: []\nversion: 1":       "p:1:1: there are no rules",
		"version: 1\nmdoe: x":         "p:2:1: unknown key 'mdoe' (did you mean 'mode'?)",
		"version: 1\nmode: off":       "p:2:7: 'off' is not enforce or monitor",
		"version: 1\nversion: 1":      "p:2:1: 'version' is given twice",
		"version: 1\non_exit: enosys": "p:2:10: on_exit: enosys is not available: a call that is stopped in the moment that the enforcer dies would run unchecked; use kill",
		"version: 1\non_exit: x":      "p:2:10: 'x' is not kill or release",
		head + "  - {name: a}":        "p:3:5: the rule 'a' has no syscalls",
		head + "  - {name: a, syscalls: [opne], deny: EPERM}":                                             "p:3:26: invalid system call 'opne' (did you mean 'open'?)",
		head + "  - {name: a, syscalls: [open], deny: EFOO}":                                              "p:3:39: no error is called 'EFOO'",
		head + "  - {name: a, syscalls: [open], deny: 4096}":                                              "p:3:39: no error is called '4096'",
		head + "  - {name: a, syscalls: [open], deny: EPERM, kill: true}":                                 "p:3:5: the rule 'a' has more than one action: deny, kill",
		head + "  - {name: a, syscalls: [open]}":                                                          "p:3:5: the rule 'a' has no action: one of deny, return, kill, rewrite, redirect, ask, allow, poke, signal, delay",
		head + "  - {name: a b, syscalls: [open], kill: true}":                                            "p:3:12: a name has letters, digits and - _ . only, at most 64",
		head + "  - {name: a, syscalls: [open], path: etc, kill: true}":                                   "p:3:39: a path must begin with /",
		head + "  - {name: a, syscalls: [getpid], path: /etc, kill: true}":                                "p:3:5: none of the syscalls of rule 'a' has what the rule looks at",
		head + "  - {name: a, syscalls: [connect], addr: 10.0.0.0/33:1, kill: true}":                      "p:3:42: invalid address '10.0.0.0/33:1': it is PREFIX:PORT, as 10.0.0.0/8:* or [::1]:80, unix:NAME, netlink, packet, vsock, unspec or none",
		head + "  - {name: a, syscalls: [open], when: 0, kill: true}":                                     "p:3:39: invalid '0': it is FIRST[..LAST][+[STEP]], numbers from 1 to 65535",
		head + "  - {name: a, syscalls: [open], flags: {any: [O_WONLY]}, kill: true}":                     "p:3:46: no flag of these syscalls is called 'O_WONLY'",
		head + "  - {name: a, syscalls: [open], return: -2}":                                              "p:3:5: rule 'a': a result from -4095 to -1 is an error: use deny",
		head + "  - &x {name: a, syscalls: [open], kill: true}":                                           "p:3:5: anchors and aliases are not allowed in a policy",
		head + "  - {name: a, syscalls: [open], kill: true}\n  - {name: a, syscalls: [open], kill: true}": "p:4:5: a rule of line 3 is called 'a' too",
		head + "  - {name: a, syscalls: [open], delay: {enter: 0}}":                                       "p:3:48: a delay is longer than 0",
		head + "  - {name: a, syscalls: [open], args: {0: {min: 5, max: 2}}, kill: true}":                 "p:3:43: no value is from 5 to 2",
	} {
		_, err := Parse("p", []byte(text))
		if err == nil || err.Error() != want {
			t.Errorf("%q\ngot  %v\nwant %s", text, err, want)
		}
	}
}

// TestJudge: which rule a call gets; the first that matches.
func TestJudge(t *testing.T) {
	p, err := Parse("p", []byte(head+`
  - {name: ok, syscalls: [open], path: /etc/ssl/**, allow: true}
  - {name: etc, syscalls: [open], path: /etc/**, flags: {any: [O_WRONLY, O_RDWR]}, deny: EROFS}
  - {name: logs, syscalls: [open], path: "/var/log/*.log", deny: EACCES}
  - {name: keys, syscalls: [open], path: "~\\.pem$", deny: EACCES}
  - {name: only-usr, syscalls: [execve], path: "!/usr/**", deny: EPERM}
  - {name: lan, syscalls: [connect], addr: ["10.0.0.0/8:*", "unix:/run/x"], deny: ECONNREFUSED}
  - {name: names, syscalls: [rename], path: /keep, deny: EPERM}
  - {name: low, syscalls: [bind], args: {0: {max: 5}}, deny: EPERM}
`))
	if err != nil {
		t.Fatal(err)
	}
	for call, want := range map[string]string{
		`open("/etc/ssl/x", O_RDWR)`: "ok", `open("/etc/x", O_RDWR)`: "etc", `open("/etc/x", O_RDONLY)`: "",
		`openat(AT_FDCWD, "/etc", O_WRONLY)`: "etc", `open("/etcx", O_RDWR)`: "", `open("/var/log/a.log", O_RDONLY)`: "logs",
		`open("/var/log/a/b.log", O_RDONLY)`: "", `open("/x/k.pem", O_RDONLY)`: "keys", `execve("/tmp/x")`: "only-usr",
		`execveat(3, "/usr/bin/x")`: "", `connect(3, 10.1.2.3:80)`: "lan", `sendto(3, 0, 0, 0, 10.0.0.1:9)`: "lan",
		`connect(3, 11.1.2.3:80)`: "", `connect(3, unix:/run/x)`: "lan", `rename("/keep", "/b")`: "names",
		`rename("/b", "/keep")`: "names", `rename("/a", "/b")`: "", `bind(5, 1.1.1.1:1)`: "low", `bind(6, 1.1.1.1:1)`: "",
	} {
		d, err := ParseCall(table.AMD64, call)
		if err != nil {
			t.Fatal(call, err)
		}
		got := ""
		if i := enforce.Judge(p.Rules, table.AMD64, d.NR, d); i >= 0 {
			got = p.Rules[i].Name
		}
		if got != want {
			t.Errorf("%s: '%s', want '%s'", call, got, want)
		}
	}
}

// TestReadme: the policy that the README shows can be pasted.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "```yaml\n")
	block, _, _ := strings.Cut(rest, "```")
	if p, err := Parse("README", []byte(block)); !ok || err != nil || len(p.Rules) < 5 {
		t.Error(err)
	}
}

// TestExplain: each rule with its mechanism and cost, and what is closed besides.
func TestExplain(t *testing.T) {
	p, err := Parse("p", []byte(head+`
  - {name: one, syscalls: [swapon], deny: EPERM}
  - {name: two, syscalls: [open], path: /x, deny: EPERM}
  - {name: three, syscalls: [open], path: /y, redirect: /z}
  - {name: four, syscalls: [connect], addr: "10.0.0.0/8:*", ask: {timeout: 30s, default: allow}}
  - {name: five, syscalls: [dup2], rewrite: {1: 9}}
  - {name: six, syscalls: [fsync], delay: {exit: 1s}}
`))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := Explain(&b, p); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"rule one (line 4): deny EPERM", "the seccomp filter of a command decides by the registers alone",
		"rule two (line 5): deny EPERM", "cost per call: one stop; a second, at the end, for calls that run",
		"rule three (line 6): redirect to /z", "cost per call: two stops",
		"rule four (line 7): ask: allow or deny EPERM, after 30s allow", "as long as the answer takes, of this thread",
		"rule five (line 8): rewrite argument 1 to 0x9", "rule six (line 9): allow, delay the exit by 1s",
		"closed besides:", "io_uring_setup: ENOSYS", "clone(CLONE_UNTRACED): EPERM", "userfaultfd: EPERM", "open_by_handle_at: EPERM",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}

// TestHostile: what is too much is refused, by limits that bound the work: of
// the size, of the things that cost more than their length.
func TestHostile(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		p := string(c - 1)
		bomb += string(c) + ": &" + string(c) + " [*" + strings.Repeat(p+",*", 7) + p + "]\n"
	}
	rule := func(n int, body string) string { return head + strings.Repeat("  - {"+body+"}\n", n) }
	list := func(n int, item string) string { return strings.Repeat(item+", ", n) }
	for _, c := range []struct{ name, text, want string }{
		{"100,000 rules", rule(100000, "name: a, syscalls: [open], kill: true"), "p: it is larger than 1048576 bytes"},
		{"100,000 empty rules", rule(100000, ""), "p:3:3: more than 32768 items of lists"},
		{"5,000 rules", rule(5000, "name: a, syscalls: [open], kill: true"), "p:3:3: 5000 rules are more than 4096"},
		{"large", strings.Repeat("#", MaxSize+1), "p: it is larger than 1048576 bytes"},
		{"alias bomb", bomb, "p:1:1: unknown key 'a': it is one of harden, mode, on_exit, rules, version"},
		{"alias bomb in a rule", "version: 1\nrules:\n  - &a {name: a, syscalls: [open], kill: true}\n  - *a\n", "p:3:5: anchors and aliases are not allowed in a policy"},
		{"merge key", rule(1, "<<: {name: a}"), "p:3:6: unknown key '<<': it is one of "},
		{"deep", strings.Repeat("[", 100000), "p: "},
		{"deep mapping", head + strings.Repeat("{a: ", 5000), "p: "},
		{"two documents", rule(1, "name: a, syscalls: [open], kill: true") + "---\nx: 1", "p: there is more than one document in it"},
		{"items", rule(1, "name: a, syscalls: ["+list(MaxItems+1, "open")+"], kill: true"), "p:3:25: more than 32768 items of lists"},
		{"expressions", rule(1, "name: a, syscalls: [open], path: ["+list(MaxRegexps+1, `"~x"`)+"], kill: true"), "p:3:39: more than 256 regular expressions"},
		{"expressions of calls", rule(1, "name: a, syscalls: ["+list(MaxRegexps+1, `"/x"`)+"], kill: true"), "p:3:"},
		{"a large expression", rule(1, `name: a, syscalls: [open], path: "~`+strings.Repeat("a{1000}", 100)+`", kill: true`), "p:3:39: the regular expression is too large"},
		{"nested repetitions", rule(1, `name: a, syscalls: [open], path: "~((a{30}){30}){30}", kill: true`), "p:3:39: "},
		{"users", rule(1, "name: a, syscalls: [open], uid: ["+list(MaxNames+1, "root")+"], kill: true"), "p:3:38: more than 256 names of users and groups"},
	} {
		_, err := Parse("p", []byte(c.text))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// TestLoadOwner: others must not be able to write to a policy.
func TestLoadOwner(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.yaml")
	text := head + "  - {name: a, syscalls: [open], kill: true}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(file); err != nil {
		t.Error(err)
	}
	for _, mode := range []os.FileMode{0o620, 0o602} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(file); err == nil {
			t.Errorf("mode %o is accepted", mode)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(head + "  - {name: a, syscalls: [open], path: /x, deny: EPERM}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := Parse("p", b); err == nil {
			(&enforce.Config{Rules: p.Rules, Harden: p.Harden}).Filter()
		}
	})
}
