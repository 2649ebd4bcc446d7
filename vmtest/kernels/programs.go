package kernels

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Suite and packages of the programs that some tests run in guests.
const programsSuite = "trixie"

var programPackages = []string{"dash", "coreutils", "grep", "strace", "sqlite3", "redis-server", "redis-tools", "python3", "iproute2"}

var fetching sync.Mutex

// FetchPrograms returns the image of a file system, ext4, with Debian's
// programs for an architecture, made by the script unless it is in the cache.
func FetchPrograms(script, arch string) (string, error) {
	fetching.Lock()
	defer fetching.Unlock()
	dir, err := CacheDir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "userland-"+arch)
	image := filepath.Join(dir, "image")
	have, err := os.ReadFile(filepath.Join(dir, "packages"))
	if err == nil && strings.TrimSpace(string(have)) == strings.Join(programPackages, " ") {
		return image, nil
	}
	return image, run(script, append([]string{arch, programsSuite, dir}, programPackages...)...)
}
