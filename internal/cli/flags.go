package cli

import (
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"slices"
	"strings"

	"policyd-spf/explain"
	"policyd-spf/internal/term"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
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

// identityFlags name the identities of a request.
func identityFlags() []string { return []string{"ip", "helo", "sender", "recipient"} }

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

// errWant is the error of a value that is not what the flag's want says.
var errWant = errors.New("not the value that is wanted")

func setIP(o *Options, value string) error {
	o.ip = value
	if _, err := netip.ParseAddr(value); err != nil {
		return errWant
	}
	return nil
}

// needValue returns an error for an empty value.
func needValue(value string) error {
	if value == "" {
		return errWant
	}
	return nil
}

func setOrigin(o *Options, value string) error {
	q, ok := spf.NewQuestion(value, dns.TypeTXT)
	if o.origin = q.Name; !ok {
		return errWant
	}
	return nil
}

func setDomain(o *Options, value string) error {
	if o.domain = value; value == "-" {
		return nil
	}
	if _, ok := domainName(value); !ok {
		return errWant
	}
	return nil
}

func setZone(o *Options, value string) error {
	if o.zone = value; value == "" {
		return errWant
	}
	return nil
}

func setOutput(o *Options, value string) error {
	if o.output = value; value == "" {
		return errWant
	}
	return nil
}

func setDNS(o *Options, value string) error {
	const domainPort = 53 // RFC 1035, 4.2
	if server, err := netip.ParseAddrPort(value); err == nil && server.Port() != 0 {
		o.dnsServer = server
		return nil
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(value, "["), "]"))
	if err != nil {
		return errWant
	}
	o.dnsServer = netip.AddrPortFrom(addr, domainPort)
	return nil
}

// setAddress sets an address as net/mail parses it: "<a@example.com>" and
// "Alice <a@example.com>" too. What is not one, such as a domain alone, is taken as
// it is, for senders may be anything.
func setAddress(address *string, value string) error {
	value = strings.TrimSpace(value)
	*address = value
	if value == "<>" {
		*address = ""
	} else if parsed, err := mail.ParseAddress(value); err == nil {
		*address = parsed.Address
	} else if list, err := mail.ParseAddressList(value); err == nil && len(list) > 1 {
		return errWant
	} else if start := strings.LastIndexByte(value, '<'); start >= 0 && strings.HasSuffix(value, ">") {
		*address = value[start+1 : len(value)-1] // a name that needs quotes and has none
	} else if start >= 0 || strings.HasSuffix(value, ">") {
		return errWant // one bracket is missing: a part of the address may be, too
	} else if scheme := "mailto:"; len(value) > len(scheme) && strings.EqualFold(value[:len(scheme)], scheme) {
		*address = value[len(scheme):] // a link that was copied
	}
	return nil
}

func setFrom(o *Options, value string) error {
	if err := setAddress(&o.find.From, value); err != nil {
		return err
	}
	if o.find.From == "" {
		o.find.From = "<>"
	}
	return nil
}

func setClient(o *Options, value string) error {
	const tag = "IPv6:" // of an address literal (RFC 5321, 4.1.3)
	value = strings.Trim(value, "[]")
	if len(value) > len(tag) && strings.EqualFold(value[:len(tag)], tag) {
		value = value[len(tag):]
	}
	client, err := netip.ParseAddr(value)
	if err != nil {
		return errWant
	}
	o.find.Client = client.Unmap().WithZone("")
	return nil
}

func setLog(o *Options, value string) error {
	if o.log = value; value == "" {
		return errWant
	}
	return nil
}

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
// for, "" if there is none.
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

// validate checks that the flags go together.
func (o *Options) validate() error {
	if o.Mode == Help {
		return nil
	}
	for _, s := range flags() {
		if o.has(s.name) && s.mode == Serve && len(s.usedIn) > 0 && !slices.Contains(s.usedIn, o.Mode) {
			add := "it"
			if len(s.usedIn) > 1 {
				add = "one of them"
			}
			return fmt.Errorf("--%s goes with %s; add %s or leave --%s out", s.name, modeNames(s.usedIn), add, s.name)
		}
	}
	identities := o.givenIdentities()
	if err := o.validateDomain(identities); err != nil {
		return err
	}
	switch {
	case (o.html || o.prometheus) && len(o.givenForms()) > 1:
		return fmt.Errorf("--%s and --%s cannot be combined; give one of them", o.givenForms()[0], o.givenForms()[1])
	case o.zoneFallback && o.zone == "":
		return errors.New("--zone-fallback needs --zone FILE, which is looked at first")
	case o.report.list && len(o.report.whatIf) == 0:
		return errors.New("--list lists what a --what-if refuses; add --what-if FILE")
	case o.Mode != Explain:
		return nil
	case o.log == "" && o.givenFind() != "":
		return fmt.Errorf("--%s needs --log FILE too: it says which message of a mail log is meant", o.givenFind())
	case o.log != "" && (o.domain != "" || len(identities) > 0 || len(o.files) > 0):
		return errors.New("--log names a mail log to search; give it or what is to be explained, not both")
	case len(o.files) > 0 && (o.domain != "" || len(identities) > 0):
		return fmt.Errorf("unexpected argument %q after the configuration file %q: flags say what is to be explained", o.files[0], o.configFile)
	case o.domain != "":
		return nil
	case len(identities) > 0 && o.ip == "":
		return fmt.Errorf("--%s needs --ip ADDRESS too: SPF checks the client's address", identities[0])
	case len(identities) > 0 && !o.has("helo") && !o.has("sender"):
		return errors.New("--ip needs --helo NAME or --sender ADDRESS too: SPF checks a name or a sender's domain")
	}
	return nil
}

// validateDomain checks the flags that go with --domain.
func (o *Options) validateDomain(identities []string) error {
	others := slices.DeleteFunc(slices.Clone(identities), func(name string) bool { return name == "ip" })
	tasks := 0
	for _, name := range []string{"ip", "compare", "changed-since"} {
		if o.has(name) {
			tasks++
		}
	}
	switch {
	case o.origin != "" && o.zone == "" && o.compare == "":
		return errors.New("--origin needs --zone FILE or --compare FILE: it is the domain of names in zone files")
	case o.domain == "" && o.compare != "":
		return errors.New("--compare needs --domain NAME: the domain whose record is new")
	case o.domain == "" && o.changedSince != "":
		return errors.New("--changed-since needs --domain NAME, or --domain - for names on standard input")
	case o.domain == "":
		return nil
	case len(others) > 0:
		return fmt.Errorf("--domain audits a record and --%s makes a request; give one or the other", others[0])
	case tasks > 1:
		return errors.New("--domain goes with one of --ip, --compare and --changed-since; give one of them")
	case o.html && (o.domain == "-" || o.changedSince != ""):
		return errors.New("--html makes a page of one audit, and --domain - and --changed-since have lines; leave --html out")
	case o.domain == "-" && (o.ip != "" || o.compare != ""):
		return errors.New("--domain - audits many domains, and --ip and --compare are about one; name that")
	case o.exitCode:
		return errors.New("--exit-code tells what happens to a message, and --domain has none; its exit status is 1 if the record is broken")
	}
	return nil
}

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
