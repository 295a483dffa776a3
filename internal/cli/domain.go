package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	"policyd-spf/explain"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/lint"
)

// auditTimeout bounds the audit of a domain: a few hundred lookups of a large tree
// of records.
const auditTimeout = 2 * time.Minute

// repairTimeout bounds the comparison of a shorter record with the published one.
// It takes a second for records of usual size.
const repairTimeout = 20 * time.Second

// domain audits the SPF records of a domain, or of each that standard input names,
// and returns the exit status.
func (p *Program) domain(o *Options, resolver dns.Resolver) int {
	switch {
	case o.domain == "-":
		return p.auditNames(o, resolver)
	case o.changedSince != "":
		return p.auditChanges(o, resolver)
	case o.compare != "":
		return p.compare(o, resolver)
	case o.ip != "":
		return p.checkAddress(o, resolver)
	}
	ctx, cancel := context.WithTimeout(context.Background(), auditTimeout)
	defer cancel()
	name, _ := domainName(o.domain)
	d := auditDomain(ctx, resolver, name)
	repairing, cancelRepair := context.WithTimeout(context.Background(), repairTimeout)
	defer cancelRepair()
	d.AddRepair(repairing)
	printer, err := p.newPrinter(o)
	if err != nil {
		return p.Fail(err)
	}
	return p.finish(printer, failedIf(d.Broken()), printer.printBrief(d))
}

// domainName returns the domain that a text names as in a DNS question. ok is false if it
// is a single label, an address, a URL, an email address or anything else that nobody
// sends mail from.
func domainName(text string) (name string, ok bool) {
	q, ok := spf.NewQuestion(text, dns.TypeTXT)
	if !ok || !strings.Contains(q.Name, ".") || strings.ContainsAny(q.Name, " \t/:@,;|\"'<>()[]{}\\") {
		return "", false
	}
	_, err := netip.ParseAddr(q.Name)
	return q.Name, err != nil
}

func auditDomain(ctx context.Context, resolver dns.Resolver, name string) *explain.Audit {
	return explain.NewAudit(lint.Domain(ctx, resolver, name, spf.DefaultLimits()))
}

// failedIf returns StatusFailed if failed is true.
func failedIf(failed bool) int {
	if failed {
		return StatusFailed
	}
	return StatusOK
}

// checkAddress prints whether a host passes, and by which terms. The exit status
// is StatusFailed if it does not.
func (p *Program) checkAddress(o *Options, resolver dns.Resolver) int {
	ctx, cancel := context.WithTimeout(context.Background(), auditTimeout)
	defer cancel()
	ip, _ := netip.ParseAddr(o.ip)
	name, _ := domainName(o.domain)
	d := explain.NewAddress(name, lint.CheckAddress(ctx, resolver, name, ip, spf.DefaultLimits()))
	printer, err := p.newPrinter(o)
	if err != nil {
		return p.Fail(err)
	}
	return p.finish(printer, failedIf(!d.Passes()), printer.printBrief(d))
}

// compare prints what the record in a zone file changes. What that file does not
// have is as it is now.
func (p *Program) compare(o *Options, resolver dns.Resolver) int {
	zone, err := dns.ReadZone(o.compare, o.origin)
	if err != nil {
		return p.Fail(err)
	}
	zone.Fallback = resolver
	ctx, cancel := context.WithTimeout(context.Background(), auditTimeout)
	defer cancel()
	name, _ := domainName(o.domain)
	before := lint.Domain(ctx, resolver, name, spf.DefaultLimits())
	after := lint.Domain(ctx, zone, name, spf.DefaultLimits())
	if zone.Fallback = nil; !answersAny(zone, after) {
		advice := zone.Hint()
		if advice == "" {
			advice = fmt.Sprintf("expected a record such as %s. TXT \"v=spf1 -all\"", name)
		}
		return p.Fail(fmt.Errorf("%s: nothing to compare: no data for any name that a check of %s looks up; %s", o.compare, name, advice))
	}
	p.noteOrigin(zone)
	d := explain.NewComparison(lint.Compare(before, after))
	printer, err := p.newPrinter(o)
	if err != nil {
		return p.Fail(err)
	}
	return p.finish(printer, failedIf(d.Changed()), printer.printBrief(d))
}

// answersAny reports whether a zone file has data for any lookup of an audit.
func answersAny(zone *dns.Zone, d *lint.Report) bool {
	has := func(q dns.Question) bool {
		a, err := zone.Lookup(q, time.Time{})
		return err == nil && !a.Void()
	}
	for _, r := range d.Records {
		if has(dns.Question{Name: r.Domain, Type: dns.TypeTXT}) {
			return true
		}
		for _, t := range r.Terms {
			for _, l := range t.Lookups {
				if has(l.Question) {
					return true
				}
			}
		}
	}
	return false
}

// auditChanges prints what has changed since an earlier audit of a domain.
func (p *Program) auditChanges(o *Options, resolver dns.Resolver) int {
	earlier, err := readAudits(o.changedSince)
	if err != nil {
		return p.Fail(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), auditTimeout)
	defer cancel()
	name, _ := domainName(o.domain)
	d := auditDomain(ctx, resolver, name)
	changed := d.SetChanges(earlier[d.Domain])
	printer, err := p.newPrinter(o)
	if err != nil {
		return p.Fail(err)
	}
	switch {
	case o.json:
		err = d.JSON(printer.out)
	case o.brief:
		_, err = printer.out.WriteString(d.BriefChanges(printer.style) + "\n")
	default:
		_, err = printer.out.WriteString(d.ChangesText(printer.style))
	}
	return p.finish(printer, failedIf(changed), err)
}

// readAudits reads the file of earlier audits, or returns nil without --changed-since.
func readAudits(path string) (map[string]*explain.Audit, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return explain.ReadAudits(f, path)
}

// auditNames audits the domains that standard input names, one a line, and writes
// a line of JSON for each. The exit status is StatusFailed if a line is not a
// domain name, or a record is broken, or with --changed-since has changed. It is
// StatusUsage if there are no names.
func (p *Program) auditNames(o *Options, resolver dns.Resolver) int {
	earlier, err := readAudits(o.changedSince)
	if err != nil {
		return p.Fail(err)
	}
	printer, err := p.newPrinter(o)
	if err != nil {
		return p.Fail(err)
	}
	failed, names := false, 0
	lines := bufio.NewReader(p.Stdin)
	for err == nil {
		text, readErr := readName(lines)
		if readErr == io.EOF {
			break
		}
		if err = readErr; err != nil || text == "" {
			continue
		}
		names++
		name, ok := domainName(text)
		if !ok {
			failed = true
			bad := &explain.AuditError{Version: explain.Version, Domain: text, Error: "not a domain name; expected a name such as example.com"}
			err = bad.JSONLine(printer.out)
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), auditTimeout)
		d := auditDomain(ctx, resolver, name)
		cancel()
		if o.changedSince == "" {
			failed = failed || d.Broken()
		} else if d.SetChanges(earlier[d.Domain]) {
			failed = true
		}
		if err = d.JSONLine(printer.out); err == nil {
			err = printer.out.Flush() // a line when it is known: the next may take its time
		}
	}
	if err == nil && names == 0 {
		p.complain("standard input has no domain names; expected one a line, such as example.com")
		return p.finish(printer, StatusUsage, nil)
	}
	return p.finish(printer, failedIf(failed), err)
}

// readName reads the name in the next line, "" if it has none. Only the start of a line that
// is longer than the reader's buffer counts, and that is not a name.
func readName(r *bufio.Reader) (name string, err error) {
	line, isPrefix, err := r.ReadLine()
	if err == io.EOF {
		return "", err
	}
	name, _, _ = strings.Cut(strings.TrimPrefix(string(line), "\uFEFF"), "#")
	for isPrefix && err == nil {
		_, isPrefix, err = r.ReadLine()
	}
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("standard input: %v", err)
	}
	return strings.TrimSpace(name), nil
}

// noteOrigin prints a hint if the names in a zone file are probably not what its author
// meant.
func (p *Program) noteOrigin(resolver dns.Resolver) {
	if zone, ok := resolver.(*dns.Zone); ok {
		if hint := zone.Hint(); hint != "" {
			p.complain("zone file: %s", hint)
		}
	}
}
