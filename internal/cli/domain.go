package cli

import (
	"bufio"
	"context"
	"fmt"
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
	d := auditDomain(ctx, resolver, queryName(o.domain))
	repairing, cancelRepair := context.WithTimeout(context.Background(), repairTimeout)
	defer cancelRepair()
	d.AddRepair(repairing)
	printer, err := p.newPrinter(o)
	if err != nil {
		return p.Fail(err)
	}
	return p.finish(printer, failedIf(d.Broken()), printer.printBrief(d))
}

// queryName returns a valid name as in a DNS question.
func queryName(name string) string {
	q, _ := spf.NewQuestion(name, dns.TypeTXT)
	return q.Name
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
	name := queryName(o.domain)
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
	name := queryName(o.domain)
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
	d := auditDomain(ctx, resolver, queryName(o.domain))
	changed := d.SetChanges(earlier[d.Domain])
	printer, err := p.newPrinter(o)
	if err != nil {
		return p.Fail(err)
	}
	if o.json {
		err = d.JSON(printer.out)
	} else {
		_, err = printer.out.WriteString(d.ChangesText(printer.style))
	}
	return p.finish(printer, failedIf(changed), err)
}

// readAudits reads the file of earlier audits, nil if there is none to be read.
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
// domain name, or a record is broken, or with --changed-since has changed.
func (p *Program) auditNames(o *Options, resolver dns.Resolver) int {
	earlier, err := readAudits(o.changedSince)
	if err != nil {
		return p.Fail(err)
	}
	printer, err := p.newPrinter(o)
	if err != nil {
		return p.Fail(err)
	}
	failed := false
	lines := bufio.NewScanner(p.Stdin)
	for err == nil && lines.Scan() {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		q, ok := spf.NewQuestion(text, dns.TypeTXT)
		if !ok || !strings.Contains(q.Name, ".") {
			failed = true
			bad := &explain.AuditError{Version: explain.Version, Domain: text, Error: "not a domain name; expected a name such as example.com"}
			err = bad.JSONLine(printer.out)
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), auditTimeout)
		d := auditDomain(ctx, resolver, q.Name)
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
	if err == nil && lines.Err() != nil {
		err = fmt.Errorf("standard input: %v", lines.Err())
	}
	return p.finish(printer, failedIf(failed), err)
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
