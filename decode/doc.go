// Package decode turns records into meaning: events.Event -> Event, with a
// Call's name, arguments, result and note as format-neutral values. It makes
// no system call and prints nothing; package output renders its values.
//
// Arguments are decoded by the row that package table has for the call. Memory
// is read through the sections that the kernel half copied, at the time that
// counts for an argument: the entry for what the call reads, the exit for what
// it writes. What was not copied or could not be read is shown as a pointer
// that says so (FlagUnread, FlagFault); what was cut says of how much.
package decode
