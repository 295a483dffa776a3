//go:build race

package report

// seeds is how many generated streams are measured under the race detector, which
// is slow, and finds nothing in the fiftieth that is not in the first.
const seeds = 4
