// Package decode turns records into meaning: events.Record -> Call, a name,
// arguments and a result as format-neutral values. It knows no kernel and
// prints nothing; package output renders its values.
package decode
