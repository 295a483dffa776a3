package policy

import (
	"context"
	"io"
	"strings"
	"testing"

	"policyd-spf/conf"
)

// discardSink is a Sink that discards all lines.
type discardSink struct{}

func (discardSink) Write([]Line) {}

const benchRequest = `request=smtpd_access_policy
protocol_state=RCPT
protocol_name=ESMTP
client_address=192.0.2.1
client_name=mail.example.org
reverse_client_name=mail.example.org
helo_name=mail.example.org
sender=alice@example.org
recipient=bob@example.net
recipient_count=0
queue_id=
instance=INSTANCE
size=0
etrn_domain=
stress=
sasl_method=
sasl_username=
sasl_sender=
ccert_subject=
ccert_issuer=
ccert_fingerprint=
encryption_protocol=
encryption_cipher=
encryption_keysize=0
policy_context=

`

// BenchmarkKnownSender serves requests whose verdicts are cached.
func BenchmarkKnownSender(b *testing.B) {
	settings := conf.Default()
	s := Server{Settings: settings, Resolver: sameRecord(), Log: &Log{Level: settings.DebugLevel, Sink: discardSink{}}}
	requests := strings.ReplaceAll(benchRequest, "INSTANCE", "")
	in, feed := io.Pipe()
	defer feed.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range b.N {
			io.WriteString(feed, requests)
		}
		feed.Close()
	}()
	b.ReportAllocs()
	b.ResetTimer()
	s.Serve(context.Background(), in, io.Discard)
	<-done
}
