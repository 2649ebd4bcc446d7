package main

import "testing"

func TestInterfaceNames(t *testing.T) {
	f := interfaceNames()
	for range 2 { // the second answer is the remembered one
		if got := f(1); got != "lo" {
			t.Errorf("interface 1 is %q", got)
		}
		if got := f(1 << 30); got != "" {
			t.Errorf("an interface that is not there is %q", got)
		}
	}
}
