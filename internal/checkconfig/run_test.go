package checkconfig

import (
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"policyd-spf/conf"
	"policyd-spf/internal/golden"
	"policyd-spf/internal/postfix"
	"policyd-spf/internal/postfix/postfixtest"
	"policyd-spf/internal/term"
	"policyd-spf/spf/dns"
)

// files returns the configurations of a report, each with its services.
func files(r *Report, tr *tree) string {
	var all []string
	for _, c := range r.Configurations {
		all = append(all, strings.ReplaceAll(c.File, tr.dir, "$DIR")+" "+strings.Join(c.Services, ","))
	}
	return strings.Join(all, "; ")
}

func TestRun_configurations(t *testing.T) {
	const second = "second unix - n n - 0 spawn user=spf argv=/usr/bin/env X=y $DIR/bin/policyd-spf "
	for _, test := range []struct {
		name, argument, master string
		want                   string
		others                 int // hints at other configurations
	}{
		{name: "that of the service", want: "$DIR/etc/policyd-spf.conf policy-spf"},
		{name: "of two services", master: second + "$DIR/etc/second.conf\n", want: "$DIR/etc/policyd-spf.conf policy-spf; $DIR/etc/second.conf second"},
		{name: "the same of two services", master: second + "$DIR/etc/policyd-spf.conf\n", want: "$DIR/etc/policyd-spf.conf policy-spf,second"},
		{name: "the default", master: second + "\n", want: "$DIR/etc/policyd-spf.conf policy-spf; $DIR/etc/default.conf second"},
		{name: "the default after a flag", master: second + "--dns=192.0.2.53\n", want: "$DIR/etc/policyd-spf.conf policy-spf; $DIR/etc/default.conf second"},
		{name: "an argument", argument: "etc/second.conf", master: second + "$DIR/etc/second.conf\n", want: "$DIR/etc/second.conf second", others: 1},
		{name: "an argument by another name", argument: "link.conf", want: "$DIR/link.conf policy-spf"},
		{name: "an argument that no service has", argument: "etc/default.conf", want: "$DIR/etc/default.conf ", others: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			tr := newTree(t)
			tr.master += test.master
			in := tr.input(t)
			tr.write(t, "etc/second.conf", "Reason_URL =\n", 0o644)
			tr.write(t, "etc/default.conf", "Reason_URL =\n", 0o644)
			if err := os.Symlink("etc/policyd-spf.conf", filepath.Join(tr.dir, "link.conf")); err != nil {
				t.Fatal(err)
			}
			if test.argument != "" {
				in.File = filepath.Join(tr.dir, test.argument)
			}
			r := Run(t.Context(), in)
			if got := files(r, tr); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
			if r.File != r.Configurations[0].File {
				t.Errorf("file is %s", r.File)
			}
			others := 0
			for _, p := range r.Problems {
				if strings.HasPrefix(p.What, "this service reads another configuration") {
					others++
				}
			}
			if others != test.others {
				t.Errorf("%d hints, want %d: %v", others, test.others, r.Problems)
			}
		})
	}
}

func TestRun_noService(t *testing.T) {
	tr := newTree(t)
	tr.master = "smtp inet n - y - - smtpd\n"
	tr.replace(t, ", check_policy_service unix:private/policy-spf", "")
	in := tr.input(t)
	tr.write(t, "etc/default.conf", "Reason_URL =\n", 0o644)
	r := Run(t.Context(), in)
	if got := files(r, tr); got != "$DIR/etc/default.conf " {
		t.Errorf("%q", got)
	}
	if len(r.Problems) != 1 || r.Problems[0].Severity != conf.Hint || !strings.HasPrefix(r.Problems[0].What, "no service runs") {
		t.Errorf("%v", r.Problems)
	}
}

// TestRun_noSMTPD: a host that receives no mail needs no restrictions.
func TestRun_noSMTPD(t *testing.T) {
	tr := newTree(t)
	tr.master = "pickup unix n - y 60 1 pickup\n"
	tr.replace(t, "permit_mynetworks, reject_unauth_destination, check_policy_service unix:private/policy-spf", "")
	tr.replace(t, "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination", "")
	in := tr.input(t)
	tr.write(t, "etc/default.conf", "Reason_URL =\n", 0o644)
	if r := Run(t.Context(), in); !r.Clean() {
		t.Errorf("%v", r.Problems)
	}
}

// TestRun_unreadable: a file that the services can read may still be closed to the
// user who runs the check.
func TestRun_unreadable(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root can read every file")
	}
	for _, test := range []struct {
		name     string
		mode     os.FileMode
		argument bool // the file of no service
		clean    bool
		want     string
	}{
		{name: "closed to this user", mode: 0o004, clean: true, want: "not checked: "},
		{name: "closed to all", mode: 0, want: "is not readable for nobody"},
		{name: "of no service", mode: 0o004, argument: true, want: "no process starts"},
	} {
		t.Run(test.name, func(t *testing.T) {
			tr := newTree(t)
			in := tr.input(t)
			name := "etc/policyd-spf.conf"
			if test.argument {
				name = "etc/other.conf"
				tr.write(t, name, "", 0o644)
				in.File = filepath.Join(tr.dir, name)
			}
			tr.chmod(t, name, test.mode)
			r := Run(t.Context(), in)
			if r.Clean() != test.clean || r.Configurations[0].Mail != nil ||
				!slices.ContainsFunc(r.Problems, func(p conf.Problem) bool { return strings.Contains(p.String(), test.want) }) {
				t.Errorf("clean %v: %v", r.Clean(), r.Problems)
			}
		})
	}
}

func TestRun_postconf(t *testing.T) {
	for _, test := range []struct {
		name  string
		err   error
		clean bool
		text  string
	}{
		{name: "none", err: postfix.ErrNoPostconf, clean: true, text: "postconf was not found: Postfix's side was not checked"},
		{name: "none in use", err: errors.New("postconf -M: postconf: fatal: open /etc/postfix/main.cf: No such file or directory"), clean: true, text: "its files cannot be read"},
		{name: "bad master.cf", err: errors.New("postconf -M: fatal: file master.cf: line 10: bad field count"), text: "its files cannot be read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			tr := newTree(t)
			in := tr.input(t)
			tr.write(t, "etc/default.conf", "Reason_URL =\nHELO_pass_restriction = spf_pass\n", 0o644)
			in.Postconf = postfixtest.Files{Err: test.err}.Postconf
			r := Run(t.Context(), in)
			if r.Clean() != test.clean || r.Postfix != test.text {
				t.Errorf("clean %v, %q, %v", r.Clean(), r.Postfix, r.Problems)
			}
			// Nobody can tell whether the class exists.
			want := tr.dir + "/etc/default.conf:2: hint: HELO_pass_restriction = spf_pass: not an action that Postfix defines; expected spf_pass in smtpd_restriction_classes of main.cf"
			if got := r.Problems[len(r.Problems)-1].String(); got != want {
				t.Errorf("%s\nwant %s", got, want)
			}
		})
	}
}

// nameServer answers each query with RCODE 0 and no data, and returns its address.
func nameServer(t *testing.T) netip.AddrPort {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 512)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			b[2] |= 0x80                   // QR (RFC 1035, 4.1.1)
			copy(b[6:12], make([]byte, 6)) // no data
			end := 12
			for b[end] != 0 {
				end += 1 + int(b[end])
			}
			c.WriteTo(b[:min(n, end+5)], from)
		}
	}()
	return netip.MustParseAddrPort(c.LocalAddr().String())
}

// closedPort returns an address where nobody answers.
func closedPort(t *testing.T) netip.AddrPort {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return netip.MustParseAddrPort(c.LocalAddr().String())
}

func TestRun_nameServers(t *testing.T) {
	tr := newTree(t)
	in := tr.input(t)
	in.Servers, in.ServerFile = []netip.AddrPort{nameServer(t), closedPort(t)}, "/etc/resolv.conf"
	r := Run(t.Context(), in)
	if len(r.NameServers) != 2 || r.NameServers[0].Error != "" || r.NameServers[1].Error == "" {
		t.Errorf("%+v", r.NameServers)
	}
	if len(r.Problems) != 1 || r.Problems[0].File != "/etc/resolv.conf" || r.Problems[0].Value != in.Servers[1].String() {
		t.Errorf("%v", r.Problems)
	}
}

// TestRun_serviceNameServer: the name server of --dns in master.cf is queried, too.
func TestRun_serviceNameServer(t *testing.T) {
	for _, test := range []struct {
		name   string
		server netip.AddrPort
		want   string
	}{
		{name: "answers", server: nameServer(t)},
		{name: "closed", server: closedPort(t), want: "master.cf:3: problem: policy-spf argv = --dns "},
	} {
		t.Run(test.name, func(t *testing.T) {
			tr := newTree(t)
			tr.replace(t, "$DIR/etc/policyd-spf.conf", "--dns="+test.server.String()+" $DIR/etc/policyd-spf.conf")
			in := tr.input(t)
			in.ServerFile = "/etc/resolv.conf"
			r := Run(t.Context(), in)
			if len(r.NameServers) != 1 || r.NameServers[0].Address != test.server.String() || (r.NameServers[0].Error == "") != (test.want == "") {
				t.Errorf("%+v", r.NameServers)
			}
			if test.want == "" && len(r.Problems) > 0 || test.want != "" && (len(r.Problems) != 1 || !strings.Contains(r.Problems[0].String(), test.want)) {
				t.Errorf("%v, want %s", r.Problems, test.want)
			}
		})
	}
}

func TestRun_ignoredLines(t *testing.T) {
	tr := newTree(t)
	in := tr.input(t)
	in.ServerFile = "/etc/resolv.conf"
	in.Ignored = []dns.IgnoredLine{{Line: 3, Text: "nameserver x", What: "x is not an IP address", Expected: "an address", Used: "the line is ignored"}}
	want := "/etc/resolv.conf:3: problem: nameserver x: x is not an IP address; expected an address; used: the line is ignored"
	if r := Run(t.Context(), in); len(r.Problems) != 1 || r.Problems[0].String() != want {
		t.Errorf("%v, want %s", r.Problems, want)
	}
}

// sample is a report with everything.
func sample() *Report {
	r := &Report{Version: Version, File: "/etc/policyd-spf/policyd-spf.conf", Postfix: "main.cf and master.cf in /etc/postfix",
		NameServers: []NameServer{{Address: "192.0.2.53:53", Took: 1.25}, {Address: "192.0.2.54:53", Took: 5000, Error: "timeout"}},
		Problems: []conf.Problem{
			{Severity: conf.Faulty, File: "/etc/policyd-spf/policyd-spf.conf", Line: 3, Name: "HELO_reject", Value: "fail\x1b[2J", What: "not one of the values, which are case-sensitive", Expected: "Fail", Used: "nothing is rejected"},
			{Severity: conf.Faulty, File: "/etc/policyd-spf/policyd-spf.conf", Line: 4, Value: "HELO_reject", What: "no =", Expected: "name = value", Used: "the line is ignored"},
			{Severity: conf.Faulty, File: "/etc/postfix/master.cf", Name: "policy-spf user", What: "spawn(8) needs a user to run the program as", Expected: "user=nobody"},
			{Severity: conf.Hint, File: "/etc/postfix/main.cf", What: "no restriction uses the service policy-spf", Expected: "check_policy_service unix:private/policy-spf"},
			{Severity: conf.Hint, File: "x.conf", Name: "Whitelist", Value: strings.Repeat("é, ", 1000), What: "a long list is not printed whole"},
		}}
	for i, file := range []string{r.File, "/etc/policyd-spf/second.conf"} {
		s := conf.Default()
		if i == 1 {
			s.HELOReject, s.MailFromReject, s.PerUser = "No_Check", "False", "text,/etc/policyd-spf/peruser"
		}
		c := Configuration{File: file, Services: []string{"policy-spf", "second"}[i : i+1], Mail: outcomes(&s)}
		c.Notes = notes(&s, c.Mail)
		r.Configurations = append(r.Configurations, c)
	}
	return r
}

func TestText(t *testing.T) {
	for name, style := range map[string]term.Style{
		"text-80.txt":   {UTF8: true, Width: 80},
		"text-120.txt":  {UTF8: true, Width: 120},
		"ascii-80.txt":  {Width: 80},
		"color-120.txt": {UTF8: true, Color: true, Width: 120},
	} {
		t.Run(name, func(t *testing.T) {
			text := sample().Text(style)
			for line := range strings.Lines(text) {
				if n := term.Columns(strings.TrimSuffix(line, "\n")); n > style.Width && !style.Color {
					t.Errorf("%d columns: %s", n, line)
				}
			}
			golden.Compare(t, filepath.Join("testdata", name), strings.ReplaceAll(text, "\x1b", "^["))
		})
	}
	if got := sample().Brief(term.Style{}); got != "3 problems, 2 hints" {
		t.Errorf("in one line: %q", got)
	}
}

// docs/json.md has all names.
func TestJSON_names(t *testing.T) {
	var b strings.Builder
	if err := sample().JSON(&b); err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal([]byte(b.String()), &document); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## --check-config\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var names []string
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case map[string]any:
			for name, value := range v {
				names = append(names, name)
				walk(value)
			}
		case []any:
			for _, value := range v {
				walk(value)
			}
		}
	}
	walk(document)
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) < 20 {
		t.Errorf("only %d names: %q", len(names), names)
	}
	for _, name := range names {
		if !strings.Contains(section, "`"+name+"`") {
			t.Errorf("docs/json.md has no `%s` in its section", name)
		}
	}
}

// A report has no field without a documented name.
func TestReport_tags(t *testing.T) {
	for _, typ := range []reflect.Type{reflect.TypeFor[Report](), reflect.TypeFor[Configuration](), reflect.TypeFor[Outcome](), reflect.TypeFor[NameServer]()} {
		for i := range typ.NumField() {
			if f := typ.Field(i); f.Tag.Get("json") == "" {
				t.Errorf("%s.%s has no name in JSON", typ, f.Name)
			}
		}
	}
}
