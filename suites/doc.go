// Package suites holds the tests that need more than the main module may
// require: the SPF conformance suites, which are YAML, a name server that
// serves their zones on loopback, properties of the evaluator over all of
// them, a second SPF library to compare with, and benchmarks of the built program.
// It has no other code.
//
// A suite is a file of YAML documents in the shape of the openspf suites:
// tests (helo, mailfrom, host, result, explanation) and the zonedata they are
// run against; zone_test.go says what the zone may hold. Run one case with
//
//	go test -run TestSuites -case NAME
package suites
