package policy

import (
	"context"
	"strconv"
	"testing"
)

// BenchmarkAnswer answers requests whose verdicts are cached, without reading and
// writing.
func BenchmarkAnswer(b *testing.B) {
	s, _ := newServer(b, "", sameRecord{})
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
