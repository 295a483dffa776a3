package cli

import (
	"strings"

	"policyd-spf/internal/term"
)

// flagSpec describes a flag. Parsing, help and completions are made from it.
type flagSpec struct {
	name        string   // without hyphens
	placeholder string   // of its value in help; "" for a boolean flag
	want        string   // its value in words, for errors
	values      []string // all its values, if they are few
	isFile      bool     // its value is the name of a file
	help        string
	mode        Mode   // selected by the flag; Serve if it selects none
	usedIn      []Mode // the modes that use it; all if it is empty
	set         func(o *Options, value string) error
}

// allModes is the usedIn of flags that every mode accepts.
var allModes []Mode

// flags returns the table of flags. It is a function because the server under
// spawn(8) needs none of it. A new mode takes a constant above, a row here, a
// method of Program and a case in main.go.
func flags() []flagSpec {
	var (
		lookups  = []Mode{Serve, Explain, CheckConfig, ShowConfig, Report}
		reports  = []Mode{Explain, CheckConfig, ShowConfig, Probe, Report}
		pages    = []Mode{Explain, Report}
		requests = []Mode{Explain, Probe}
	)
	return append([]flagSpec{
		{name: "explain", mode: Explain,
			help: "explain the reply to a message. FILE or standard input contains a request, a Received-SPF or Authentication-Results field, a log line, a bounce, the URL of a refusal or a whole message. Alternatively, use --ip, --helo and --sender, or --log"},
		{name: "check-config", mode: CheckConfig,
			help: "find problems in the configuration, in the DNS servers and in Postfix's files"},
		{name: "show-config", mode: ShowConfig,
			help: "print every option, its value and the line that sets it"},
		{name: "probe", mode: Probe,
			help: "send one request through the socket that main.cf names, as smtpd does, and report the answer and the time it takes"},
		{name: "report", mode: Report,
			help: "report what mail logs say about SPF, and whether rejecting is safe. LOG is a file, plain or compressed with gzip, or - for standard input. Without LOG, standard input is read"},
		{name: "completion", mode: Completion, placeholder: "SHELL", want: "bash, zsh or fish", values: []string{"bash", "zsh", "fish"},
			help: "print a completion script for a shell: bash, zsh or fish",
			set:  func(o *Options, value string) error { o.shell = value; return nil }},
		{name: "version", mode: Version, help: "print the version"},
		{name: "help", mode: Help, help: "print this help; also -h"},
		{name: "h", mode: Help},
		{name: "?", mode: Help},

		{name: "ip", placeholder: "ADDRESS", want: "the client's IPv4 or IPv6 address", usedIn: requests,
			help: "the client's address", set: setIP},
		{name: "helo", placeholder: "NAME", want: "the client's HELO name", usedIn: requests,
			help: "the client's HELO name",
			set:  func(o *Options, value string) error { o.helo = value; return nil }},
		{name: "sender", placeholder: "ADDRESS", want: "the address in MAIL FROM", usedIn: requests,
			help: "the address in MAIL FROM; '' is the null reverse-path",
			set:  func(o *Options, value string) error { return setAddress(&o.sender, value) }},
		{name: "recipient", placeholder: "ADDRESS", want: "the address in RCPT TO", usedIn: requests,
			help: "the address in RCPT TO",
			set:  func(o *Options, value string) error { return setAddress(&o.recipient, value) }},
		{name: "domain", placeholder: "NAME", want: "a domain name, such as example.com, or - for names on standard input", usedIn: []Mode{Explain},
			help: "instead of a request: audit the domain's SPF record and all that it includes. With --ip: does this host pass, and by which term? With -: read names from standard input and write a line of JSON for each", set: setDomain},
		{name: "compare", placeholder: "FILE", want: "the name of a zone file with the new record", isFile: true, usedIn: []Mode{Explain},
			help: "with --domain: which networks gain or lose Pass with the record in this zone file",
			set:  func(o *Options, value string) error { o.compare = value; return needValue(value) }},
		{name: "changed-since", placeholder: "FILE", want: "a file with the JSON of earlier audits", isFile: true, usedIn: []Mode{Explain},
			help: "with --domain: compare with the audits in this file; the exit status is 1 if a record or its effect has changed",
			set:  func(o *Options, value string) error { o.changedSince = value; return needValue(value) }},
		{name: "log", placeholder: "FILE", want: "the name of a mail log, plain or compressed with gzip, or - for standard input", isFile: true, usedIn: []Mode{Explain},
			help: "instead of a request: explain the last message of a mail log that --from, --to, --client and --queue-id match; FILE may be compressed with gzip, or - for standard input",
			set:  setLog},
		{name: "from", placeholder: "ADDRESS", want: "the sender's address or domain", usedIn: []Mode{Explain},
			help: "with --log: the sender, or its domain; '<>' is the null reverse-path",
			set:  func(o *Options, value string) error { return setFrom(o, value) }},
		{name: "to", placeholder: "ADDRESS", want: "the recipient's address or domain", usedIn: []Mode{Explain},
			help: "with --log: the recipient, or its domain",
			set:  func(o *Options, value string) error { return setAddress(&o.find.To, value) }},
		{name: "client", placeholder: "ADDRESS", want: "the client's IPv4 or IPv6 address", usedIn: []Mode{Explain},
			help: "with --log: the client's address", set: setClient},
		{name: "queue-id", placeholder: "ID", want: "Postfix's queue id of the message", usedIn: []Mode{Explain},
			help: "with --log: Postfix's queue id",
			set:  func(o *Options, value string) error { o.find.QueueID = strings.TrimSuffix(value, ":"); return nil }},
		{name: "exit-code", usedIn: []Mode{Explain},
			help: "set the exit status by the outcome (see below)",
			set:  func(o *Options, _ string) error { o.exitCode = true; return nil }},

		{name: "json", usedIn: reports, help: "print JSON",
			set: func(o *Options, _ string) error { o.json = true; return nil }},
		{name: "html", usedIn: pages, help: "print a web page, complete in one file",
			set: func(o *Options, _ string) error { o.html = true; return nil }},
		{name: "prometheus", usedIn: []Mode{Report}, help: "print gauges about the last 24 hours, or the period of --since and --until, for the textfile collector of Prometheus's node exporter",
			set: func(o *Options, _ string) error { o.prometheus = true; return nil }},
		{name: "output", placeholder: "FILE", want: "the name of a file", isFile: true, usedIn: pages,
			help: "write to a file, which is replaced at once when the output is complete", set: setOutput},
		{name: "brief", usedIn: []Mode{Explain, CheckConfig, Probe, Report}, help: "print one line",
			set: func(o *Options, _ string) error { o.brief = true; return nil }},
		{name: "color", placeholder: "WHEN", want: "auto, always or never", values: []string{"auto", "always", "never"}, usedIn: allModes,
			help: "when to use colors: auto, always or never",
			set:  func(o *Options, value string) error { o.color = term.ColorMode(value); return nil }},
		{name: "zone", placeholder: "FILE", want: "the name of a zone file", isFile: true, usedIn: lookups,
			help: "take DNS records from a zone file (RFC 1035, section 5)", set: setZone},
		{name: "origin", placeholder: "NAME", want: "a domain name, such as example.com", usedIn: []Mode{Explain, CheckConfig},
			help: "the domain of relative names in zone files without $ORIGIN", set: setOrigin},
		{name: "zone-fallback", usedIn: lookups, help: "query DNS servers for names that the zone file does not have",
			set: func(o *Options, _ string) error { o.zoneFallback = true; return nil }},
		{name: "dns", placeholder: "ADDRESS[:PORT]", want: "an address, such as 192.0.2.53 or [2001:db8::53]:53", usedIn: lookups,
			help: "query this DNS server instead of those in /etc/resolv.conf", set: setDNS},
	}, reportFlags()...)
}

// hidden reports whether help and completions leave a flag out.
func (s flagSpec) hidden() bool { return s.help == "" }

// isBool reports whether a flag takes no value.
func (s flagSpec) isBool() bool { return s.placeholder == "" }

// modeNames returns the flags that select modes: "--explain or --probe".
func modeNames(modes []Mode) string {
	var names []string
	for _, m := range modes {
		for _, s := range flags() {
			if s.mode == m && m != Serve && !s.hidden() {
				names = append(names, "--"+s.name)
			}
		}
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
