package explain

import (
	"fmt"
	"strings"
	"unicode"

	"policyd-spf/internal/term"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/lint"
)

// NearMiss is a TXT record that was meant as an SPF record but is not one.
type NearMiss struct {
	Text   string `json:"text"`
	Reason string `json:"reason"`
	Offset int    `json:"offset"` // of the part at fault, in bytes
	Length int    `json:"length"`
	Meant  string `json:"meant,omitempty"`
}

// Slip is a term that is invalid, or ignored as an unknown modifier, and what it
// was probably meant to be.
type Slip struct {
	Term   string `json:"term"`
	Offset int    `json:"offset"` // in the record, in bytes
	Meant  string `json:"meant"`
}

// nearMisses returns the near misses in TXT answers.
func nearMisses(lookups []Lookup) []NearMiss {
	var misses []NearMiss
	for _, l := range lookups {
		if l.Type != dns.TypeTXT.String() {
			continue
		}
		for _, text := range l.Data {
			if m, ok := lint.FindNearMiss(text); ok {
				misses = append(misses, NearMiss{text, nearMissText(m), m.Offset, m.Length, m.Meant})
			}
		}
	}
	return misses
}

// slips returns the slips in a record.
func slips(text string) []Slip {
	var list []Slip
	for _, s := range lint.FindSlips(text) {
		list = append(list, Slip{s.Term, s.Offset, s.Meant})
	}
	return list
}

// nearMisses prints TXT records that were meant as SPF records.
func (p *printer) nearMisses(b term.Indent, misses []NearMiss) {
	for _, m := range misses {
		p.Text(indent(b.First, b.Rest+"  "), "this TXT record is not an SPF record: "+p.Safe(m.Reason), term.Yellow)
		p.recordWithCarets(indent(b.Rest+"  ", b.Rest+"  "), m.Text, m.Offset, m.Length, "")
		if m.Meant != "" {
			p.Text(indent(b.Rest+"  meant: ", b.Rest+"    "), p.Safe(m.Meant), term.Plain)
		}
	}
}

// slips prints the terms of a record that were meant as others.
func (p *printer) slips(b term.Indent, list []Slip) {
	for _, s := range list {
		name := p.Safe(s.Term)
		if strings.ContainsFunc(s.Term, func(r rune) bool { return r > unicode.MaxASCII }) { // a dash looks like a hyphen
			name = fmt.Sprintf("the term at byte %d, which is not US-ASCII,", s.Offset+1)
		}
		p.Text(indent(b.First, b.Rest+"  "), name+" was probably meant as "+p.Safe(s.Meant), term.Yellow)
	}
}
