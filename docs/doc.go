// Package docs holds the form of the JSON output, for tests that check it.
package docs

import _ "embed"

// Schema is schema.json.
//
//go:embed schema.json
var Schema []byte
