// Package guest holds the tests that prove ebtrace on a kernel: they trace
// small workloads with the library and count what arrives. They run in the
// guests of vmtest, and on any host as part of go test.
package guest
