// Package mailstream generates synthetic incoming mail with known ground truth, and
// the log that a mail server writes about it. Tests and benchmarks of the report
// use it; the program does not.
//
// The actors are modeled on their counterparts in the real world: SRS forwarders such
// as postsrsd, aliases that keep the sender, Mailman and older lists, newsletter
// services, backup MX hosts, offices behind NAT, botnets and hosts rented for a burst.
// They do not depend on how the report distinguishes them.
package mailstream

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
)

// Kind is what the client of a message really is.
type Kind string

// The kinds of clients.
const (
	Direct        Kind = "direct"        // the domain's own mail server
	Forwarder     Kind = "forwarder"     // forwards to few mailboxes and keeps the sender
	SRSForwarder  Kind = "srs-forwarder" // forwards with a sender of its own domain
	List          Kind = "list"          // a list that keeps the sender
	Mailman       Kind = "mailman"       // a list that sends as itself
	Newsletter    Kind = "newsletter"    // a service that sends for many customers
	Misconfigured Kind = "misconfigured" // a server that its domain's record forgot
	PermError     Kind = "permerror"     // a domain whose record is broken
	OwnHost       Kind = "own-host"      // a gateway of ours with a private address
	BackupMX      Kind = "backup-mx"     // accepts mail for us and passes it on
	NATGateway    Kind = "nat"           // an office: good servers and an infected machine
	ForgedOwn     Kind = "forged-own"    // a forger who uses a domain of ours
	Botnet        Kind = "botnet"        // many addresses, few messages each
	BurstForger   Kind = "burst-forger"  // one confirmed host, many domains and mailboxes at once
	Snowshoe      Kind = "snowshoe"      // one confirmed host, many mailboxes, slowly
)

// Message is one message to one recipient.
type Message struct {
	Time       time.Time
	Client     netip.Addr
	ClientName string // the verified name that Postfix logs, or "unknown"
	HELO       string
	Sender     string
	Recipient  string
	Exists     bool // the recipient has a mailbox

	HELOResult, MailFromResult string // results of RFC 7208, 2.6, in lower case
	DKIM                       bool   // there is a valid signature of the sender's domain
	DMARC                      string // "pass", "fail", or "none": no policy is published

	Kind  Kind
	Legit bool // the recipient would miss it
}

// Params says what to generate. The zero value of a count leaves the actor out.
type Params struct {
	Seed  uint64
	Start time.Time
	Days  int

	DirectPerDay   int
	Forwarders     int
	SRSForwarders  int
	Lists          int
	Mailmans       int
	Newsletters    int
	Misconfigureds int
	PermErrors     int
	OwnHosts       int
	BackupMXs      int
	NATGateways    int
	ForgedOwnDay   int // messages a day
	BotnetDay      int // messages a day
	BurstForgers   int
	Snowshoes      int
}

// Typical returns the parameters of a small site over two weeks, in which
// everything happens.
func Typical(seed uint64) Params {
	return Params{
		Seed: seed, Start: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), Days: 14,
		DirectPerDay: 200, Forwarders: 10, SRSForwarders: 3, Lists: 3, Mailmans: 2, Newsletters: 2,
		Misconfigureds: 6, PermErrors: 2, OwnHosts: 1, BackupMXs: 1, NATGateways: 1,
		ForgedOwnDay: 5, BotnetDay: 60, BurstForgers: 2, Snowshoes: 1,
	}
}

// OwnDomains are the domains that the generated server accepts mail for.
func OwnDomains() []string { return []string{"example.org", "example.net"} }

// Stream is generated mail in the order of time.
type Stream struct {
	Messages []Message
	Params   Params
}

// world is what the actors share.
type world struct {
	*rand.Rand
	Params
	domains   []*domain
	mailboxes []string
	used      map[netip.Addr]bool
	out       []Message
}

// domain is somebody else's mail domain.
type domain struct {
	name  string
	all   string // the result for hosts that the record does not list: "fail", "softfail", "neutral", or "none": no record
	dmarc string // "none", or the policy "monitor", "quarantine" or "reject"
	dkim  bool   // signs its mail
	hosts []host
}

// host is a mail server.
type host struct {
	addr       netip.Addr
	name       string // verified, or "unknown"
	helo       string
	heloResult string
}

// Generate returns the stream of p. The same parameters generate the same stream.
func Generate(p Params) *Stream {
	w := &world{Rand: rand.New(rand.NewPCG(p.Seed, 20261102)), Params: p, used: map[netip.Addr]bool{}}
	w.populate()
	w.direct()
	repeat := func(n int, actor func(i int)) {
		for i := range n {
			actor(i)
		}
	}
	repeat(p.Forwarders, w.forwarder)
	repeat(p.SRSForwarders, w.srsForwarder)
	repeat(p.Lists, w.list)
	repeat(p.Mailmans, w.mailman)
	repeat(p.Newsletters, w.newsletter)
	repeat(p.Misconfigureds, w.misconfigured)
	repeat(p.PermErrors, w.permError)
	repeat(p.OwnHosts, w.ownHost)
	repeat(p.BackupMXs, w.backupMX)
	repeat(p.NATGateways, w.natGateway)
	w.forgedOwn()
	w.botnet()
	repeat(p.BurstForgers, w.burstForger)
	repeat(p.Snowshoes, w.snowshoe)
	slices.SortStableFunc(w.out, func(a, b Message) int { return cmp.Compare(a.Time.UnixNano(), b.Time.UnixNano()) })
	return &Stream{Messages: w.out, Params: p}
}

// populate makes the domains that send mail, and our mailboxes.
func (w *world) populate() {
	const domains, mailboxes = 300, 150
	tlds := []string{"test", "example", "invalid"}
	for i := range domains {
		d := &domain{name: fmt.Sprintf("%s%d.%s", word(i), i, tlds[i%len(tlds)])}
		d.all = w.weighted("fail", 35, "softfail", 45, "none", 15, "neutral", 5)
		d.dmarc = w.weighted("none", 50, "monitor", 22, "quarantine", 12, "reject", 16)
		d.dkim = w.IntN(100) < 75 || d.dmarc != "none"
		for n := range 1 + w.IntN(3) {
			h := host{addr: w.address(), name: fmt.Sprintf("mail%d.%s", n+1, d.name)}
			h.helo, h.heloResult = h.name, w.weighted("none", 70, "pass", 30)
			d.hosts = append(d.hosts, h)
		}
		w.domains = append(w.domains, d)
	}
	for i := range mailboxes {
		w.mailboxes = append(w.mailboxes, fmt.Sprintf("%s.%s@%s", word(i*7), word(i*13+5), OwnDomains()[i%2]))
	}
}

// word returns a pronounceable word, always the same for a number.
func word(i int) string {
	const syllables = "ba" + "ke" + "lo" + "mi" + "nu" + "ra" + "se" + "to" + "vi" + "wu"
	s := ""
	for n := i + 10; n > 0; n /= 10 {
		at := n % 10 * 2
		s += syllables[at : at+2]
	}
	return s
}

// weighted returns one of the words, each as often as the number after it.
func (w *world) weighted(pairs ...any) string {
	total := 0
	for i := 1; i < len(pairs); i += 2 {
		total += pairs[i].(int)
	}
	at := w.IntN(total)
	for i := 1; i < len(pairs); i += 2 {
		if at -= pairs[i].(int); at < 0 {
			return pairs[i-1].(string)
		}
	}
	return ""
}

// address returns a public IPv4 address that no other host has.
func (w *world) address() netip.Addr {
	for {
		a := netip.AddrFrom4([4]byte{byte(20 + w.IntN(80)), byte(w.IntN(256)), byte(w.IntN(256)), byte(1 + w.IntN(254))})
		if !w.used[a] {
			w.used[a] = true
			return a
		}
	}
}

// zipf returns a number below n, small ones far more often.
func (w *world) zipf(n int) int {
	return min(int(float64(n)*w.Float64()*w.Float64()*w.Float64()), n-1)
}

// moment returns a time on day, by day rather than by night.
func (w *world) moment(day int) time.Time {
	hour := 7 + w.Float64()*14
	if w.IntN(8) == 0 {
		hour = w.Float64() * 24
	}
	return w.Start.AddDate(0, 0, day).Add(time.Duration(hour * float64(time.Hour)))
}

// count returns a number around mean, which may be below 1.
func (w *world) count(mean float64) int {
	n := 0
	for limit := w.ExpFloat64(); limit < mean; limit += w.ExpFloat64() {
		n++
	}
	return n
}

// person returns somebody's address at d.
func (w *world) person(d *domain) string { return word(w.IntN(900)) + "@" + d.name }

// send adds a message and works out what follows from the others of its fields.
func (w *world) send(m Message, d *domain) {
	if m.HELOResult == "" {
		m.HELOResult = "none"
	}
	if m.DMARC == "" {
		switch aligned := m.MailFromResult == "pass" || m.DKIM; {
		case d == nil || d.dmarc == "none":
			m.DMARC = "none"
		case aligned:
			m.DMARC = "pass"
		default:
			m.DMARC = "fail"
		}
	}
	w.out = append(w.out, m)
}

// unknownMailbox returns an address of ours that has no mailbox.
func (w *world) unknownMailbox() string {
	return fmt.Sprintf("%s%d@%s", word(w.IntN(900)), w.IntN(100), OwnDomains()[w.IntN(2)])
}
