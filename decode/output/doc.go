// Package output writes decoded events: as the text that strace users read,
// as JSON for machines, and as tables of counts. A Writer takes the events of
// a trace in order; it interprets nothing and makes no system call but writes.
//
// Whatever comes from a traced program is hostile: every byte of text and JSON
// is printable ASCII, whatever the values hold, and a line belongs to one event.
//
// Where text states the loss of events it says "!!! 17 events lost !!!" on a
// line of the thread that lost them, and the total at the end; no line of
// strace begins so.
package output
