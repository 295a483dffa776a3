package dns

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestReadResolvConf_ignored(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string // line, what, and the start of what is expected
	}{
		{name: "nothing", text: "# comment\n; comment\n\nsearch a.test\ndomain a.test\noptions timeout:3 attempts:1 rotate ndots:2 edns0 trust-ad\nnameserver 192.0.2.1 # first\nsortlist 192.0.2.0\n"},
		{name: "port", text: "nameserver 127.0.0.1:5353\nnameserver 192.0.2.1\n",
			want: []string{"1: 127.0.0.1:5353 is not an IP address; an address without a port, which is always 53; for port 5353, the argument --dns=127.0.0.1:5353 in master.cf; the line is ignored"}},
		{name: "port, IPv6", text: "nameserver 192.0.2.1\nnameserver [::1]:5353\n",
			want: []string{"2: [::1]:5353 is not an IP address; an address without a port, which is always 53; for port 5353, the argument --dns=[::1]:5353 in master.cf; the line is ignored"}},
		{name: "name", text: "nameserver dns.test\nnameserver 192.0.2.1\n", want: []string{"1: dns.test is not an IP address; an address; the line is ignored"}},
		{name: "no valid server", text: "nameserver dns.test\n", want: []string{"1: dns.test is not an IP address; an address; 127.0.0.1:53, because no line names a server"}},
		{name: "no address", text: "nameserver 192.0.2.1\nnameserver # none\n", want: []string{"2: no address; nameserver ADDRESS; the line is ignored"}},
		{name: "several in a line", text: "nameserver 192.0.2.1 192.0.2.2\n",
			want: []string{"1: more than one word after nameserver; a line for each address; the first address, 192.0.2.1"}},
		{name: "fourth server", text: "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n",
			want: []string{"4: more than 3 name servers; the servers to query in the first lines; the line is ignored"}},
		{name: "brackets", text: "nameserver 192.0.2.1\nnameserver [2001:db8::1]\n", want: []string{"2: [2001:db8::1] is not an IP address; an address without brackets; the line is ignored"}},
		{name: "comma", text: "nameserver 192.0.2.1, 192.0.2.2\n",
			want: []string{"1: 192.0.2.1, is not an IP address; an address without a comma, on a line for each; 127.0.0.1:53, because no line names a server"}},
		{name: "length", text: "nameserver 192.0.2.1/24\nnameserver 192.0.2.1\n", want: []string{"1: 192.0.2.1/24 is not an IP address; an address without a length; the line is ignored"}},
		{name: "byte order mark", text: "\ufeffnameserver 192.0.2.1\n",
			want: []string{"1: a byte order mark before nameserver; nameserver as the first bytes of the file; 127.0.0.1:53, because no line names a server"}},
		{name: "CR LF, zone, no newline at the end", text: "nameserver 192.0.2.1\r\noptions rotate\r\nnameserver fe80::1%lo"},
		{name: "keyword", text: "nameserver 192.0.2.1\nnameservers 192.0.2.2\nNameserver 192.0.2.3\n",
			want: []string{"2: nameservers is not a keyword of resolv.conf(5); nameserver, options or search; the line is ignored",
				"3: Nameserver is not a keyword of resolv.conf(5); nameserver, options or search; the line is ignored"}},
		{name: "options", text: "nameserver 192.0.2.1\noptions timeout:x attempts rotates\n",
			want: []string{"2: timeout:x has no number; timeout:NUMBER; the default", "2: attempts has no number; attempts:NUMBER; the default",
				"2: rotates is not an option of resolv.conf(5); timeout, attempts, rotate or use-vc; the option is ignored"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "resolv.conf")
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			conf, err := ReadResolvConf(path)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, l := range conf.Ignored {
				got = append(got, fmt.Sprintf("%d: %s; %s; %s", l.Line, l.What, l.Expected, l.Used))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}
