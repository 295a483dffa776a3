package maillog_test

import (
	"bytes"
	"fmt"
	"testing"

	"policyd-spf/internal/mailstream"
	"policyd-spf/maillog"
)

// TestReaderReadsAStream: each message of a generated stream, its sessions
// interleaved, is read once and as what it was.
func TestReaderReadsAStream(t *testing.T) {
	for _, options := range []mailstream.LogOptions{{DMARC: true}, {RFC3339: true, NoSMTP: true}} {
		t.Run(fmt.Sprintf("%+v", options), func(t *testing.T) {
			params := mailstream.Typical(1)
			params.Days = 2
			stream := mailstream.Generate(params)
			var log bytes.Buffer
			if err := stream.WriteLog(&log, options); err != nil {
				t.Fatal(err)
			}
			want := make(map[string]int)
			filtered := 0
			for _, m := range stream.Messages {
				want[fmt.Sprintf("%v %q %q %s", m.Client, m.HELO, m.Sender, m.HELOResult)]++
			}
			r := maillog.NewReader(now().AddDate(1, 0, 0))
			got := make(map[string]int)
			r.OnMessage = func(m *maillog.Message) {
				got[fmt.Sprintf("%v %q %q %v", m.Client, m.HELO, m.Sender, m.HELOResult)]++
			}
			r.OnRecord = func(rec *maillog.Record) {
				if rec.Kind == maillog.DMARC {
					filtered++
				}
			}
			if err := r.Read(&log); err != nil {
				t.Fatal(err)
			}
			r.Flush()
			for key, n := range want {
				if got[key] != n {
					t.Errorf("%s: %d messages, want %d", key, got[key], n)
				}
			}
			if len(got) != len(want) || r.Stats.Unreadable > 0 {
				t.Errorf("%d kinds of messages, want %d; %d unreadable lines", len(got), len(want), r.Stats.Unreadable)
			}
			if (filtered > 0) != options.DMARC {
				t.Errorf("%d lines of OpenDMARC", filtered)
			}
		})
	}
}
