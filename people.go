package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	"policyd-spf/conf"
	"policyd-spf/explain"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/lint"
)

// help is printed for --help behind another flag.
const help = `usage: policyd-spf [FLAGS] [CONFIGFILE]

Without one of the first three flags it answers Postfix, on standard input and
output, as spawn(8) runs it.

  --explain            say why a request is answered as it is; the request, as
                       Postfix sends it, is read from standard input, or made of
      --ip ADDRESS         the client's address
      --helo NAME          the name that it gives
      --sender ADDRESS     MAIL FROM; '' is the null reverse-path
      --recipient ADDRESS  RCPT TO
      --domain NAME        no request: look at all of a domain's SPF record
  --check-config       find what is wrong with the configuration, with the name
                       servers and with Postfix's side
  --show-config        print every option, its value, and where that is from

  --json               print that as JSON
  --zone FILE          take DNS records from a zone file
  --zone-fallback      ask name servers for what the file does not have
  --dns ADDRESS[:PORT] ask this name server, not those of /etc/resolv.conf
  --version            print the version

Exit status: 0, or 1 if there is a problem, or 2 if the command line is wrong.
`

// people does what people ask for, and gives the exit status.
func people(o *options) int {
	if o.mode == modeHelp {
		fmt.Print(help)
		return 0
	}
	out := bufio.NewWriter(os.Stdout)
	status, err := o.report(out)
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "policyd-spf: %v\n", err)
		if explain.IsInputError(err) {
			return 2
		}
		return 1
	}
	return status
}

// report prints what is asked for.
func (o *options) report(out io.Writer) (status int, err error) {
	names, ahead, err := resolver(o)
	if err != nil {
		return 1, err
	}
	ctx := context.Background()
	style := explain.Style{Color: colors(), UTF8: utf8Locale(os.Getenv)}
	if o.domain != "" {
		return o.survey(ctx, out, names, style)
	}
	path := o.configFile
	if path == "" {
		path = findConfigFile()
	}
	loaded, err := conf.Load(path)
	if o.mode == modeCheckConfig {
		servers, from := o.nameServers()
		d := explain.CheckConfig(ctx, loaded, path, err, servers, from)
		if !d.Clean() {
			status = 1
		}
		return status, o.print(out, d, style)
	}
	if err != nil {
		return 1, err
	}
	if o.mode == modeShowConfig {
		return 0, o.print(out, explain.ShowConfig(loaded, path), style)
	}
	s := &explain.Server{Loaded: loaded, Path: path, Resolver: names, Ahead: ahead}
	return 0, s.Explain(ctx, o.requests(), o.printer(out, style))
}

// surveyTime is the time for a survey: some hundred lookups of a large tree.
const surveyTime = 2 * time.Minute

// survey looks at all of a domain's records.
func (o *options) survey(ctx context.Context, out io.Writer, names dns.Resolver, style explain.Style) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, surveyTime)
	defer cancel()
	q, _ := spf.NewQuestion(o.domain, dns.TypeTXT)
	s := explain.NewSurvey(lint.Domain(ctx, names, q.Name, spf.DefaultLimits()))
	if s.Broken() {
		status = 1
	}
	return status, o.print(out, s, style)
}

// nameServers gives the name servers that are going to be asked, and who says
// so.
func (o *options) nameServers() (servers []netip.AddrPort, from string) {
	switch {
	case o.zone != "" && !o.fallback:
		return nil, ""
	case o.dns.IsValid():
		return []netip.AddrPort{o.dns}, "--dns"
	}
	c, err := dns.ReadResolvConf(resolvConf)
	if err != nil {
		c = dns.DefaultResolvConf()
	}
	return c.Servers, resolvConf
}

// document is what people get to read.
type document interface {
	Text(explain.Style) string
	JSON(io.Writer) error
}

// print prints a document.
func (o *options) print(out io.Writer, d document, style explain.Style) error {
	if o.json {
		return d.JSON(out)
	}
	_, err := io.WriteString(out, d.Text(style))
	return err
}

// requests gives what is to be explained.
func (o *options) requests() io.Reader {
	if len(o.identities.given) > 0 {
		return strings.NewReader(o.identities.request())
	}
	if terminal(os.Stdin) {
		fmt.Fprintln(os.Stderr, "policyd-spf: reading a request, lines name=value; it ends with Ctrl-D")
	}
	return os.Stdin
}

// printer gives what prints documents.
func (o *options) printer(out io.Writer, style explain.Style) func(*explain.Report) error {
	first := true
	return func(d *explain.Report) error {
		if !first && !o.json {
			fmt.Fprintf(out, "\n%s\n\n", strings.Repeat("=", 72))
		}
		first = false
		return o.print(out, d, style)
	}
}

// terminal tells whether somebody sits at f.
func terminal(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

// colors tells whether to print in colours: NO_COLOR, whatever its value, says
// no (no-color.org).
func colors() bool {
	return terminal(os.Stdout) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// utf8Locale tells whether the locale's characters are in UTF-8 (POSIX 8.2).
func utf8Locale(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToUpper(getenv(name)); value != "" {
			return strings.Contains(value, "UTF-8") || strings.Contains(value, "UTF8")
		}
	}
	return false
}
