package policy

import (
	"context"
	"strconv"
	"testing"
)

// BenchmarkAnswer answers requests whose verdicts are cached, without reading and
// writing.
func BenchmarkAnswer(b *testing.B) {
	s, _ := newServer(b, "", sameRecord())
	s.Log.Sink = discardSink{}
	request := Request{ClientAddress: "192.0.2.1", HELOName: "mail.example.org", Sender: "alice@example.org", Recipient: "bob@example.net", Instance: "1"}
	b.ReportAllocs()
	instances := make([]string, 5000)
	for i := range instances {
		instances[i] = strconv.Itoa(i)
	}
	for i := 0; b.Loop(); i++ {
		request.Instance = instances[i%len(instances)]
		s.Answer(context.Background(), request)
		s.Log.Flush()
	}
}

// BenchmarkAnswer_shadow is BenchmarkAnswer with a shadow configuration.
func BenchmarkAnswer_shadow(b *testing.B) {
	s, _ := newServer(b, "Mail_From_reject = False\n", sameRecord())
	s.Log.Sink = discardSink{}
	shadow := loadText(b, "")
	s.Shadow = &shadow
	request := Request{ClientAddress: "192.0.2.1", HELOName: "mail.example.org", Sender: "alice@example.org", Recipient: "bob@example.net"}
	b.ReportAllocs()
	for b.Loop() {
		s.Answer(context.Background(), request)
		s.Log.Flush()
	}
}

// BenchmarkAnswer_kv is BenchmarkAnswer with Log_Format = kv.
func BenchmarkAnswer_kv(b *testing.B) {
	s, _ := newServer(b, "Log_Format = kv\n", sameRecord())
	s.Log.Sink = discardSink{}
	request := Request{ClientAddress: "192.0.2.1", HELOName: "mail.example.org", Sender: "alice@example.org", Recipient: "bob@example.net"}
	b.ReportAllocs()
	for b.Loop() {
		s.Answer(context.Background(), request)
		s.Log.Flush()
	}
}
