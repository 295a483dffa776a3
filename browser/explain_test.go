package browser

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// explainZone has an ordinary domain, one with an error, and one whose owner is
// hostile.
const explainZone = `$ORIGIN example.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 300
shop TXT "v=spf1 mx a:www.shop.example include:_spf.big.example exists:%{i}.list.example -all exp=why.shop.example"
shop MX 10 mail.shop
mail.shop A 192.0.2.25
www.shop A 192.0.2.26
why.shop TXT "<b>%{i}</b> is not a host of %{d}"
_spf.big TXT "v=spf1 include:n1.big.example include:n2.big.example ~all"
n1.big TXT "v=spf1 ip4:198.51.100.0/25 ip4:198.51.100.128/26 ip4:198.51.100.192/27 ip4:203.0.113.0/28 ip6:2001:db8:100::/40 ~all"
n2.big TXT "v=spf1 ip4:192.0.2.128/26 ~all"
bad TXT "v=spf1 include:_spf.big.example ipv4:192.0.2.1 ptr +all"
evil TXT "v=spf1 include:</bdi><script>document.title=1</script>.example x-<img/src=x/onerror=alert(1)>=1 -all"
`

// explained is what the tests read of JSON.
type explained struct {
	Reply  string
	Checks []struct {
		Domain  string
		Verdict struct {
			Result                                 string
			Terms, Terms_Limit, Voids, Voids_Limit int
		}
	}
	Terms, Voids_IPv4, Voids_IPv6 int
	Findings                      []struct{ Text string }
	Records                       []struct{ Domain, Text string }
	Networks                      []struct{ Network, Domain, Term string }
}

func explainFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "zone"), []byte(explainZone), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "policyd-spf.conf"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The page of a message says what JSON says, at any width.
func TestExplainPage(t *testing.T) {
	program, dir := buildProgram(t), explainFolder(t)
	for _, test := range []struct{ name, client, helo, sender string }{
		{name: "fail", client: "203.0.113.99", helo: "mail.shop.example", sender: "orders@shop.example"},
		{name: "pass", client: "198.51.100.7", helo: "x", sender: "orders@shop.example"},
		{name: "error in the record", client: "192.0.2.9", helo: "x", sender: "a@bad.example"},
		{name: "null reverse-path", client: "192.0.2.25", helo: "mail.shop.example", sender: ""},
		{name: "markup in the sender", client: "192.0.2.1", helo: `<script>alert(1)</script>`, sender: `"</bdi><img/src=x/onerror=alert(1)>"@shop.example`},
		{name: "markup in the record", client: "192.0.2.1", helo: "x", sender: "a@evil.example"},
		{name: "long values", client: "2001:db8:1234:5678:9abc:def0:1234:5678", helo: strings.Repeat("h", 300), sender: strings.Repeat("s", 300) + "@" + strings.Repeat(strings.Repeat("d", 63)+".", 3) + "example"},
		{name: "other scripts", client: "192.0.2.1", helo: "x", sender: "אבג\u202eтест漢字@shop.example"},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := fmt.Sprintf("client_address=%s\nhelo_name=%s\nsender=%s\nrecipient=you@mx.test\n", test.client, test.helo, test.sender)
			args := []string{"--explain", "--zone", "zone", "policyd-spf.conf"}
			var want explained
			if err := json.Unmarshal([]byte(output(t, program, dir, request, append(args, "--json")...)), &want); err != nil {
				t.Fatal(err)
			}
			page := output(t, program, dir, request, append(args, "--html")...)
			got := look(t, page)
			for _, c := range want.Checks {
				v := c.Verdict
				for _, text := range []string{c.Domain, fmt.Sprintf("terms with lookups %d/%d, void lookups %d/%d", v.Terms, v.Terms_Limit, v.Voids, v.Voids_Limit)} {
					if !strings.Contains(got.Text, visible(text)) {
						t.Errorf("the page does not say %q:\n%s", text, got.Text)
					}
				}
			}
			for _, text := range []string{test.client, test.helo, strings.ToLower(test.sender), want.Reply} {
				if !strings.Contains(got.Text, visible(text)) {
					t.Errorf("the page does not say %q:\n%s", text, got.Text)
				}
			}
			if !strings.HasPrefix(got.Title, "SPF for mail from ") {
				t.Errorf("the title is %q", got.Title)
			}
		})
	}
}

// visible returns a text as a page shows it.
func visible(text string) string { return strings.ReplaceAll(text, "\u202e", "\ufffd") }

// The page of a domain says what JSON says, at any width.
func TestExplainDomainPage(t *testing.T) {
	program, dir := buildProgram(t), explainFolder(t)
	for _, domain := range []string{"shop.example", "bad.example", "evil.example", "none.example"} {
		t.Run(domain, func(t *testing.T) {
			args := []string{"--explain", "--zone", "zone", "--domain", domain}
			var want explained
			if err := json.Unmarshal([]byte(output(t, program, dir, "", append(args, "--json")...)), &want); err != nil {
				t.Fatal(err)
			}
			page := output(t, program, dir, "", append(args, "--html")...)
			got := look(t, page)
			texts := []string{
				fmt.Sprintf("Terms with lookups%d", want.Terms), fmt.Sprintf("Void lookups for IPv4%d", want.Voids_IPv4),
				fmt.Sprintf("Void lookups for IPv6%d", want.Voids_IPv6),
			}
			for _, f := range want.Findings {
				texts = append(texts, f.Text)
			}
			for _, r := range want.Records {
				texts = append(texts, r.Domain, r.Text)
			}
			for _, text := range texts {
				if !strings.Contains(got.Text, text) {
					t.Errorf("the page does not say %q:\n%s", text, got.Text)
				}
			}
			var networks [][]string
			for _, found := range got.Tables {
				if strings.HasPrefix(found.Caption, "Clients that pass") {
					networks = found.Rows
				}
			}
			if len(networks) != len(want.Networks) {
				t.Fatalf("%d networks, want %d", len(networks), len(want.Networks))
			}
			for i, n := range want.Networks {
				if row := networks[i]; row[0] != n.Network || row[2] != n.Term || row[3] != n.Domain {
					t.Errorf("network %d is %q, want %v", i, row, n)
				}
			}
		})
	}
}

func TestExplainPictures(t *testing.T) {
	program, dir := buildProgram(t), explainFolder(t)
	testPictures(t, output(t, program, dir, "", "--explain", "--html", "--zone", "zone", "--ip", "203.0.113.99", "--helo", "mail.shop.example", "--sender", "orders@shop.example", "policyd-spf.conf"))
}

func TestExplainDomainPictures(t *testing.T) {
	program, dir := buildProgram(t), explainFolder(t)
	testPictures(t, output(t, program, dir, "", "--explain", "--html", "--zone", "zone", "--domain", "shop.example"))
}
