package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/ebtrace/ebtrace/vmtest/protocol"
)

// programs mounts the disk with Debian's programs, the largest there is, and
// below it what else its programs need. It returns where.
func programs() (string, error) {
	const root = protocol.ProgramsRoot
	if _, err := os.Stat(root); err == nil {
		return root, nil
	}
	disk, most := "", 0
	sizes, _ := filepath.Glob("/sys/block/nvme*n*/size")
	for _, name := range sizes {
		b, _ := os.ReadFile(name)
		if n, _ := strconv.Atoi(strings.TrimSpace(string(b))); n > most {
			disk, most = filepath.Base(filepath.Dir(name)), n
		}
	}
	if disk == "" {
		return "", errors.New("no disk")
	}
	if err := os.Mkdir(root, 0o755); err != nil {
		return "", err
	}
	if err := syscall.Mount("/dev/"+disk, root, "ext4", 0, ""); err != nil {
		return "", err
	}
	for from, to := range map[string]string{"/proc": "/proc", "/sys": "/sys", "/dev": "/dev", "/tmp": "/tmp", "/run": "/run",
		"/tests": protocol.TestsDir, "/bin": protocol.CommandDir} {
		_ = os.MkdirAll(root+to, 0o755)
		if err := syscall.Mount(from, root+to, "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
			return "", err
		}
	}
	return root, nil
}
