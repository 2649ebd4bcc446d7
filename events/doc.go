// Package events is the vocabulary between the kernel half and the rest:
// bytes from the rings become Records, and Records of all threads become one
// stream of Events in time order, with calls paired, gaps found and hung calls
// shown. It gives no meaning to arguments and makes no system call, so that a
// recording replays anywhere. Every length is checked: bytes are not trusted.
package events
