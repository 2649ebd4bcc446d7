package tracees

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// TestForkExec: what an execve passes is read from the new program where the
// child had not touched the caller's constants.
func TestForkExec(t *testing.T) {
	tracer := testenv.Tracer(t)
	testenv.NeedTools(t, "gcc")
	prog := testenv.CompileC(t, filepath.Join(testenv.Root(), "test", "tracees", "testdata", "forkexec.c"))
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "script"), []byte("#!/bin/sh\nexit 0\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "trace")
	cmd := testenv.Command(t, tracer, "-f", "-o", out, "-e", "trace=execve", prog)
	cmd.Dir = dir
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	got := testenv.ReadFile(t, out)
	for _, want := range []string{
		`execve\("/bin/echo", \["echo", "one argument", "", "last"\], 0x[0-9a-f]+ /\* \d+ vars \*/\) += 0`,
		// a script's argument 0 is lost: the interpreter does not get it
		`execve\("./script", \[("zero"|0x[0-9a-f]+), "of a script"\], 0x[0-9a-f]+ /\* \d+ vars \*/\) += 0`,
		`execve\("/nonexistent/program", \["gone", "too"\], 0x[0-9a-f]+ /\* \d+ vars \*/\) += -1 ENOENT`,
	} {
		if !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("no line %s in\n%s", want, got)
		}
	}
}
