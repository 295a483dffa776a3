package mailstream

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// direct sends the mail that most domains send: from their own servers.
func (w *world) direct() {
	for day := range w.Days {
		for range w.count(float64(w.DirectPerDay)) {
			d := w.domains[w.zipf(len(w.domains))]
			h := d.hosts[w.IntN(len(d.hosts))]
			result := "pass"
			switch {
			case d.all == "none":
				result = "none"
			case w.IntN(150) == 0:
				result = "temperror"
			}
			w.send(Message{
				Time: w.moment(day), Client: h.addr, ClientName: h.name, HELO: h.helo, Sender: w.person(d),
				Recipient: w.mailboxes[w.zipf(len(w.mailboxes))], Exists: true,
				HELOResult: h.heloResult, MailFromResult: result, DKIM: d.dkim, Kind: Direct, Legit: true,
			}, d)
		}
	}
}

// relay returns a host with a confirmed name, which is its HELO name or another
// of its names.
func (w *world) relay(name string) host {
	h := host{addr: w.address(), name: name, helo: name, heloResult: w.weighted("none", 70, "pass", 30)}
	return h
}

// forged returns the domain that a forger uses: a well-known one.
func (w *world) forged() *domain { return w.domains[w.zipf(60)] }

// forwarder keeps the senders of what others write to somebody's other address:
// /etc/aliases, .forward, a rule of a mail provider. It forwards spam too.
func (w *world) forwarder(i int) {
	site := fmt.Sprintf("%s-alumni%d.example", word(i*3+w.IntN(500)), i)
	var hosts []host
	for n := range 1 + w.zipf(4) {
		h := w.relay(fmt.Sprintf("out%d.%s", n+1, site))
		if n > 0 { // a farm has its addresses side by side
			b := hosts[0].addr.As4()
			b[3] += byte(n)
			h.addr = netip.AddrFrom4(b)
			w.used[h.addr] = true
		}
		hosts = append(hosts, h)
	}
	var users []string
	for range 1 + w.IntN(3) {
		users = append(users, w.mailboxes[w.IntN(len(w.mailboxes))])
	}
	perDay := 1 + w.Float64()*8
	for day := range w.Days {
		for range w.count(perDay) {
			d, spam := w.domains[w.zipf(len(w.domains))], w.IntN(8) == 0
			if spam {
				d = w.forged()
			}
			h := hosts[w.IntN(len(hosts))]
			w.send(Message{
				Time: w.moment(day), Client: h.addr, ClientName: h.name, HELO: h.helo, Sender: w.person(d),
				Recipient: users[w.IntN(len(users))], Exists: true, HELOResult: h.heloResult,
				MailFromResult: d.all, DKIM: d.dkim && !spam && w.IntN(10) > 0, Kind: Forwarder, Legit: !spam,
			}, d)
		}
	}
}

// srsForwarder rewrites senders as postsrsd does.
func (w *world) srsForwarder(i int) {
	site := fmt.Sprintf("%s-relay%d.example", word(i*5+w.IntN(500)), i)
	h := w.relay("mx." + site)
	user := w.mailboxes[w.IntN(len(w.mailboxes))]
	for day := range w.Days {
		for range w.count(4) {
			d := w.domains[w.zipf(len(w.domains))]
			local, name, _ := strings.Cut(w.person(d), "@")
			w.send(Message{
				Time: w.moment(day), Client: h.addr, ClientName: h.name, HELO: h.helo,
				Sender:    fmt.Sprintf("SRS0=%c%c%c%c=7K=%s=%s@%s", 'a'+w.IntN(26), 'A'+w.IntN(26), 'a'+w.IntN(26), '0'+w.IntN(10), name, local, site),
				Recipient: user, Exists: true, HELOResult: h.heloResult, MailFromResult: "pass", DKIM: d.dkim, Kind: SRSForwarder, Legit: true,
			}, d)
		}
	}
}

// list passes posts of its members on to several subscribers, under the sender's
// own address, as an alias that includes a file of addresses does.
func (w *world) list(i int) {
	h := w.relay(fmt.Sprintf("lists.%s-club%d.example", word(i*11+w.IntN(500)), i))
	var subscribers []string
	for range 3 + w.IntN(5) {
		subscribers = append(subscribers, w.mailboxes[w.IntN(len(w.mailboxes))])
	}
	var members []*domain
	for range 6 + w.IntN(10) {
		members = append(members, w.domains[w.IntN(len(w.domains))])
	}
	for day := range w.Days {
		for range w.count(1.5) {
			d, at := members[w.IntN(len(members))], w.moment(day)
			sender := w.person(d)
			for n, to := range subscribers {
				w.send(Message{
					Time: at.Add(time.Duration(n) * 2 * time.Second), Client: h.addr, ClientName: h.name, HELO: h.helo, Sender: sender,
					Recipient: to, Exists: true, HELOResult: h.heloResult, MailFromResult: d.all,
					DKIM: d.dkim && i%2 == 0, Kind: List, Legit: true, // some lists add a footer, which breaks signatures
				}, d)
			}
		}
	}
}

// mailman is a list that sends as itself.
func (w *world) mailman(i int) {
	site := fmt.Sprintf("lists%d.%s.example", i, word(i*17+w.IntN(500)))
	h := w.relay("mail." + site)
	for day := range w.Days {
		for range w.count(3) {
			at := w.moment(day)
			for n := range 2 + w.IntN(4) {
				w.send(Message{
					Time: at.Add(time.Duration(n) * time.Second), Client: h.addr, ClientName: h.name, HELO: h.helo, Sender: "users-bounces@" + site,
					Recipient: w.mailboxes[w.IntN(len(w.mailboxes))], Exists: true, HELOResult: h.heloResult,
					MailFromResult: "pass", DKIM: true, Kind: Mailman, Legit: true,
				}, nil)
			}
		}
	}
}

// newsletter is a service: its customers' campaigns go out in an hour. Most have
// its bounce domain, or name it in their own records. Some forgot to.
func (w *world) newsletter(i int) {
	site := fmt.Sprintf("%s-send%d.example", word(i*19+w.IntN(500)), i)
	h := w.relay("out-3." + site)
	for range w.Days / 2 {
		at, d := w.moment(w.IntN(w.Days)), w.domains[w.IntN(len(w.domains))]
		sender, result := "bounce-"+word(w.IntN(900))+"@"+site, "pass"
		switch w.IntN(4) {
		case 0:
			sender = "news@" + d.name
		case 1:
			sender, result = "news@"+d.name, d.all
		}
		for range 15 + w.IntN(30) {
			to, exists := w.mailboxes[w.IntN(len(w.mailboxes))], true
			if w.IntN(12) == 0 {
				to, exists = w.unknownMailbox(), false
			}
			at = at.Add(time.Duration(w.IntN(90)) * time.Second)
			w.send(Message{
				Time: at, Client: h.addr, ClientName: h.name, HELO: h.helo, Sender: sender, Recipient: to, Exists: exists,
				HELOResult: h.heloResult, MailFromResult: result, DKIM: w.IntN(3) > 0, Kind: Newsletter, Legit: exists,
			}, d)
		}
	}
}

// misconfigured is a server that the domain's record forgot: the web shop, the
// new office, a subdomain's machine.
func (w *world) misconfigured(i int) {
	d := &domain{name: fmt.Sprintf("%s-shop%d.test", word(i*23+w.IntN(500)), i), all: w.weighted("fail", 60, "softfail", 40)}
	d.dmarc, d.dkim = w.weighted("none", 70, "monitor", 30), w.IntN(4) == 0
	for n := range 1 + w.IntN(2) {
		h := w.relay([]string{"www", "mail2"}[n] + "." + d.name)
		h.heloResult = "none"
		if w.IntN(3) == 0 { // a hoster's name, which resolves to the address
			h.name = fmt.Sprintf("vm%d.hoster.example", w.IntN(9999))
			h.helo = h.name
		}
		perDay := 0.7 + w.Float64()*3
		for day := range w.Days {
			for range w.count(perDay) {
				w.send(Message{
					Time: w.moment(day), Client: h.addr, ClientName: h.name, HELO: h.helo, Sender: "orders@" + d.name,
					Recipient: w.mailboxes[w.zipf(len(w.mailboxes))], Exists: true, HELOResult: h.heloResult,
					MailFromResult: d.all, DKIM: d.dkim, Kind: Misconfigured, Legit: true,
				}, d)
			}
		}
	}
}

// permError is a domain whose record has an error.
func (w *world) permError(i int) {
	d := &domain{name: fmt.Sprintf("%s-broken%d.test", word(i*29+w.IntN(500)), i), dmarc: "none", dkim: w.IntN(2) == 0}
	h := w.relay("mail." + d.name)
	for day := range w.Days {
		for range w.count(2) {
			w.send(Message{
				Time: w.moment(day), Client: h.addr, ClientName: h.name, HELO: h.helo, Sender: w.person(d),
				Recipient: w.mailboxes[w.zipf(len(w.mailboxes))], Exists: true, HELOResult: "none",
				MailFromResult: "permerror", DKIM: d.dkim, Kind: PermError, Legit: true,
			}, d)
		}
	}
}

// ownHost is a gateway of ours: whatever it passes on comes from its address.
func (w *world) ownHost(i int) {
	for day := range w.Days {
		for range w.count(10) {
			d := w.domains[w.zipf(len(w.domains))]
			w.send(Message{
				Time: w.moment(day), Client: netip.AddrFrom4([4]byte{10, 1, 2, byte(3 + i)}), ClientName: "unknown", HELO: "gateway.internal",
				Sender: w.person(d), Recipient: w.mailboxes[w.zipf(len(w.mailboxes))], Exists: true, HELOResult: "none",
				MailFromResult: d.all, DKIM: d.dkim, Kind: OwnHost, Legit: true,
			}, d)
		}
	}
}

// backupMX accepts what is for us while we are down, and spam at any time.
func (w *world) backupMX(i int) {
	h := w.relay(fmt.Sprintf("mx%d.backup-provider.example", 2+i))
	down := w.IntN(w.Days)
	for day := range w.Days {
		mean := 6.0
		if day == down {
			mean = 40
		}
		for range w.count(mean) {
			d, spam := w.domains[w.zipf(len(w.domains))], w.IntN(3) == 0
			if spam {
				d = w.forged()
			}
			w.send(Message{
				Time: w.moment(day), Client: h.addr, ClientName: h.name, HELO: h.helo, Sender: w.person(d),
				Recipient: w.mailboxes[w.zipf(len(w.mailboxes))], Exists: true, HELOResult: h.heloResult,
				MailFromResult: d.all, DKIM: d.dkim && !spam, Kind: BackupMX, Legit: !spam,
			}, d)
		}
	}
}

// natGateway is an office of three firms behind one address, whose servers are
// in their records, and a machine that has been taken over.
func (w *world) natGateway(i int) {
	addr := w.address()
	name := fmt.Sprintf("static-%d.isp.example", i)
	var firms []*domain
	for n := range 3 {
		firms = append(firms, &domain{name: fmt.Sprintf("%s-firm%d%d.test", word(i*31+n*7+w.IntN(500)), i, n), all: "fail", dmarc: "none"})
	}
	send := func(at time.Time, d *domain, helo, to string, exists bool, result string, legit bool) {
		w.send(Message{
			Time: at, Client: addr, ClientName: name, HELO: helo, Sender: w.person(d), Recipient: to, Exists: exists,
			HELOResult: "none", MailFromResult: result, Kind: NATGateway, Legit: legit,
		}, d)
	}
	for day := range w.Days {
		for range w.count(3) {
			d := firms[w.IntN(len(firms))]
			send(w.moment(day), d, "mail."+d.name, w.mailboxes[w.zipf(len(w.mailboxes))], true, "pass", true)
		}
		for range w.count(9) {
			d := w.forged()
			to, exists := w.mailboxes[w.IntN(len(w.mailboxes))], true
			if w.IntN(3) == 0 {
				to, exists = w.unknownMailbox(), false
			}
			send(w.moment(day), d, "PC-"+strings.ToUpper(word(w.IntN(900))), to, exists, d.all, false)
		}
	}
}

// forgedOwn is a forger who writes to us as one of us. Our record ends in -all.
func (w *world) forgedOwn() {
	for day := range w.Days {
		for range w.count(float64(w.ForgedOwnDay)) {
			w.send(Message{
				Time: w.moment(day), Client: w.address(), ClientName: "unknown", HELO: word(w.IntN(900)) + ".example",
				Sender: w.mailboxes[w.IntN(len(w.mailboxes))], Recipient: w.mailboxes[w.IntN(len(w.mailboxes))], Exists: true,
				MailFromResult: "fail", DMARC: "fail", Kind: ForgedOwn,
			}, nil)
		}
	}
}

// botnet sends from many addresses, a few messages each.
func (w *world) botnet() {
	for day := range w.Days {
		for sent := 0; sent < w.BotnetDay; {
			addr, at := w.address(), w.moment(day)
			name := "unknown"
			if w.IntN(3) == 0 {
				name = fmt.Sprintf("dyn-%d.isp.example", w.IntN(1_000_000))
			}
			for range 1 + w.IntN(4) {
				d := w.forged()
				to, exists := w.mailboxes[w.IntN(len(w.mailboxes))], true
				if w.IntN(3) == 0 {
					to, exists = w.unknownMailbox(), false
				}
				at = at.Add(time.Duration(1+w.IntN(60)) * time.Second)
				w.send(Message{
					Time: at, Client: addr, ClientName: name, HELO: w.weighted("localhost.localdomain", 1, "[127.0.0.1]", 1, word(w.IntN(900))+".example", 3),
					Sender: w.person(d), Recipient: to, Exists: exists, MailFromResult: d.all, Kind: Botnet,
				}, d)
				sent++
			}
		}
	}
}

// burstForger is a rented host with a confirmed name: one hour, many domains,
// every mailbox that it has heard of.
func (w *world) burstForger(i int) {
	h := w.relay(fmt.Sprintf("srv%d.rented%d.example", w.IntN(900), i))
	at := w.moment(w.IntN(w.Days))
	for range 120 + w.IntN(200) {
		d := w.domains[w.zipf(len(w.domains))]
		to, exists := w.mailboxes[w.IntN(len(w.mailboxes))], true
		if w.IntN(5) < 2 {
			to, exists = w.unknownMailbox(), false
		}
		at = at.Add(time.Duration(w.IntN(30)) * time.Second)
		w.send(Message{
			Time: at, Client: h.addr, ClientName: h.name, HELO: h.helo, Sender: w.person(d), Recipient: to, Exists: exists,
			HELOResult: h.heloResult, MailFromResult: d.all, Kind: BurstForger,
		}, d)
	}
}

// snowshoe is the same, slowly: some messages a day, under every limit.
func (w *world) snowshoe(i int) {
	h := w.relay(fmt.Sprintf("m%d.offers%d.example", w.IntN(900), i))
	for day := range w.Days {
		for range w.count(7) {
			d := w.domains[w.zipf(len(w.domains))]
			to, exists := w.mailboxes[w.IntN(len(w.mailboxes))], true
			if w.IntN(4) == 0 {
				to, exists = w.unknownMailbox(), false
			}
			w.send(Message{
				Time: w.moment(day), Client: h.addr, ClientName: h.name, HELO: h.helo, Sender: w.person(d), Recipient: to, Exists: exists,
				HELOResult: h.heloResult, MailFromResult: d.all, Kind: Snowshoe,
			}, d)
		}
	}
}
