package explain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"policyd-spf/internal/term"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// maxShownData limits how many addresses or names of an answer are printed. JSON
// has all.
const maxShownData = 8

// lookup returns a lookup event as plain data.
func lookup(e spf.LookupEvent) Lookup {
	a := e.Answer
	l := Lookup{
		Name: e.Question.Name, Type: e.Question.Type.String(), Data: []string{}, NXDomain: a.NXDomain,
		TTL: seconds(a.TTL), Milliseconds: float64(e.Took.Microseconds()) / 1000,
		Source: FromServer, TCP: a.TCP, Error: errorText(e.Err),
	}
	if !a.Void() {
		l.Size = a.Size
	}
	switch {
	case a.FromFile:
		l.Source = FromFile
	case a.Prefetched:
		l.Source = FromAhead
	case a.Cached:
		l.Source = FromCache
	}
	for _, strs := range a.TXT {
		l.Data = append(l.Data, strings.Join(strs, ""))
	}
	for _, addr := range a.Addrs {
		l.Data = append(l.Data, addr.String())
	}
	l.Data = append(l.Data, a.Names...)
	if i := slices.Index(a.Names, ""); e.Question.Type == dns.TypeMX && i >= 0 {
		l.Data[i] = "." // null MX (RFC 7505)
	}
	return l
}

// seconds returns d in seconds, to the millisecond.
func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

// lastFailed reports whether the last lookup failed.
func lastFailed(lookups []Lookup) bool {
	n := len(lookups)
	return n > 0 && lookups[n-1].Error != ""
}

// lookups prints lookups. Record is the SPF record that they found.
func (p *printer) lookups(above string, lookups []Lookup, v Verdict, record string) {
	for _, l := range lookups {
		c := term.Dim
		if l.Error != "" {
			c = term.Red
		} else if l.Void > 0 {
			c = term.Yellow
		}
		left := fmt.Sprintf("%s %s: %s", l.Type, p.Safe(l.Name), p.Safe(l.outcome(record)))
		p.Pair(indent(above, above), span(left, c), span(l.remarks(v), term.Dim))
		if records := l.records(); len(records) > 1 {
			for _, text := range records {
				p.recordWithCarets(indent(above+"  ", above+"    "), text, 0, 0, "")
			}
		}
	}
}

// records returns the SPF records in an answer.
func (l Lookup) records() []string {
	var found []string
	if l.Type != dns.TypeTXT.String() {
		return nil
	}
	for _, text := range l.Data {
		if isRecord(text) {
			found = append(found, text)
		}
	}
	return found
}

// isRecord reports whether the text of a TXT record is an SPF record, valid or not.
func isRecord(text string) bool {
	const version = "v=spf1"
	return len(text) >= len(version) && strings.EqualFold(text[:len(version)], version)
}

// outcome says what was answered.
func (l Lookup) outcome(record string) string {
	switch {
	case l.Error != "":
		return strings.TrimPrefix(l.Error, l.Name+" "+l.Type+": ")
	case l.NXDomain && len(l.Data) == 0:
		return "no such name"
	case len(l.Data) == 0:
		return "no data"
	case l.Type == dns.TypeTXT.String() && record != "" && len(l.Data) > 1:
		return fmt.Sprintf("a record among %d", len(l.Data))
	case l.Type == dns.TypeTXT.String():
		return count(len(l.Data), "record")
	case len(l.Data) == dns.MaxNames && l.Type != dns.TypeA.String() && l.Type != dns.TypeAAAA.String():
		return strings.Join(l.Data[:maxShownData], ", ") + " and many more"
	case len(l.Data) > maxShownData:
		return strings.Join(l.Data[:maxShownData], ", ") + fmt.Sprintf(" and %d more", len(l.Data)-maxShownData)
	}
	return strings.Join(l.Data, ", ")
}

// remarks says where an answer is from, how long that took, and its TTL.
func (l Lookup) remarks(v Verdict) string {
	var parts []string
	if l.Void > 0 {
		parts = append(parts, fmt.Sprintf("void %d/%d", l.Void, v.VoidsLimit))
	}
	if l.Error == "" {
		parts = append(parts, "TTL "+lifetime(l.TTL))
	}
	switch l.Source {
	case FromFile:
		parts = append(parts, "zone file")
	case FromCache:
		parts = append(parts, "cache")
	case FromAhead:
		parts = append(parts, "prefetched")
		if l.Milliseconds >= 1 {
			parts = append(parts, "waited "+milliseconds(l.Milliseconds))
		}
	default:
		parts = append(parts, milliseconds(l.Milliseconds))
	}
	if l.TCP {
		parts = append(parts, fmt.Sprintf("TCP, %d bytes", l.Size))
	}
	return strings.Join(parts, ", ")
}

func milliseconds(ms float64) string {
	if ms < 10 {
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	}
	return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
}

// lifetime returns a TTL, in seconds, as in zone files: 5m, 1h.
func lifetime(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	if d < time.Minute {
		return fmt.Sprintf("%ds", int(d.Seconds()))
	}
	text := d.String()
	text = strings.TrimSuffix(text, "0s")
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
