// Package suites contains the tests that need modules which the main module must not
// require: SPF conformance suites in YAML, a name server for their zones on loopback,
// property tests of the evaluator over all suites, comparisons with another SPF library,
// and benchmarks of the built program. It contains no other code.
//
// A suite is a file of YAML documents in the format of the openspf suites: tests (helo,
// mailfrom, host, result, explanation) and their zonedata. zone_test.go describes the
// entries of a zone. Run one case with
//
//	go test -run TestSuites -case NAME
package suites
