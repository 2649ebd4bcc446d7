// Package programs holds tests that trace real programs of Debian's packages,
// in a guest, and compare what ebtrace saw with what others counted: strace and
// the kernel itself.
package programs
