// Package conformance pins the official command line tool: `go build github.com/databricks/cli` in this folder
// builds exactly the version and the sums of go.mod and go.sum.
package conformance
