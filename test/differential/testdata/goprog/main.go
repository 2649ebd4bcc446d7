// A Go program: several threads, a child, a pipe, a timer, a file.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"
)

func main() {
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			time.Sleep(time.Millisecond)
			os.WriteFile(fmt.Sprintf("file%d", i), []byte("text\n"), 0o644)
		})
	}
	wg.Wait()
	out, err := exec.Command("/bin/echo", "hello").Output()
	fmt.Printf("%q %v\n", out, err)
}
