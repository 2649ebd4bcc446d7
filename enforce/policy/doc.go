// Package policy reads policies: small strict YAML that becomes rules of
// package enforce. Whatever is not understood is an error with line and
// column; aliases, merge keys and several documents are refused.
package policy
