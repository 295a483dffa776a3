//go:build !race

package report

// seeds is how many generated streams are measured.
const seeds = 50
