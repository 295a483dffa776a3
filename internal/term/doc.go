// Package term renders text for people: lines no wider than the terminal,
// colors, trees, tables, bars, and carets under the part of a text that a
// message is about.
//
// A Printer collects lines in a Style. Text from outside goes through
// Printer.Safe first, which leaves only characters that are one column wide; all
// widths are therefore counted in characters.
package term
