package cli

import (
	"net/netip"
	"slices"

	"policyd-spf/explain"
	"policyd-spf/internal/term"
)

// Mode is what the program does.
type Mode uint8

// The modes. Serve is the one without a flag.
const (
	Serve       Mode = iota // answer Postfix
	Usage                   // print the original's usage line
	Help                    // --help
	Version                 // --version
	Completion              // --completion
	Explain                 // --explain
	CheckConfig             // --check-config
	ShowConfig              // --show-config
	Probe                   // --probe
	Report                  // --report
)

// Options is the parsed command line.
type Options struct {
	Mode       Mode
	shell      string         // --completion: the shell
	configFile string         // "" if none is named
	notes      []string       // for standard error: what was ignored
	given      []string       // flags, in their order on the command line
	color      term.ColorMode // --color

	zone         string         // --zone: the file that answers instead of DNS servers
	zoneFallback bool           // --zone-fallback: DNS servers answer what it lacks
	dnsServer    netip.AddrPort // --dns: the one DNS server to query

	json       bool   // --json
	html       bool   // --html
	prometheus bool   // --prometheus
	output     string // --output: the file to write; "" for standard output
	brief      bool   // --brief: one line
	exitCode   bool   // --exit-code: the exit status depends on the outcome

	origin       string        // --origin: of relative names in zone files
	domain       string        // --domain: whose record is audited; "-" for names on standard input
	compare      string        // --compare: the zone file with the new record
	changedSince string        // --changed-since: the file of earlier audits
	report       reportOptions // --report

	ip, helo, sender, recipient string // the request to explain or to send

	files []string     // --explain: the files to explain, after the configuration file
	log   string       // --log: the mail log to search
	find  explain.Find // --from, --to, --client and --queue-id
}

// identityFlags name the identities of a request.
func identityFlags() []string { return []string{"ip", "helo", "sender", "recipient"} }

// has reports whether a flag was given.
func (o *Options) has(name string) bool { return slices.Contains(o.given, name) }

// givenIdentities returns the identity flags that were given.
func (o *Options) givenIdentities() []string {
	var names []string
	for _, name := range o.given {
		if slices.Contains(identityFlags(), name) {
			names = append(names, name)
		}
	}
	return names
}

// findFlags name what --log is searched for.
func findFlags() []string { return []string{"from", "to", "client", "queue-id"} }

// givenFind returns the first flag that was given of those that --log is searched
// for, or "" if none was given.
func (o *Options) givenFind() string {
	for _, name := range o.given {
		if slices.Contains(findFlags(), name) {
			return name
		}
	}
	return ""
}

// givenForms returns the flags that say in which form to print, as far as they were
// given.
func (o *Options) givenForms() []string {
	var names []string
	for _, name := range [...]string{"html", "prometheus", "json", "brief"} {
		if o.has(name) {
			names = append(names, name)
		}
	}
	return names
}
