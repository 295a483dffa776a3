package policy

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestLazyDeadline(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(t *lazyDeadline, parent context.CancelFunc) // after a second
		want error
		at   time.Duration // when it is done
	}{
		{name: "time", end: func(*lazyDeadline, context.CancelFunc) {}, want: context.DeadlineExceeded, at: time.Minute},
		{name: "end", end: func(t *lazyDeadline, _ context.CancelFunc) { t.cancel() }, want: context.Canceled, at: time.Second},
		{name: "parent", end: func(_ *lazyDeadline, cancel context.CancelFunc) { cancel() }, want: context.Canceled, at: time.Second},
	} {
		for _, early := range []bool{true, false} {
			name := test.name + ", waited for"
			if !early {
				name = test.name + ", looked at"
			}
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					parent, cancel := context.WithCancel(t.Context())
					defer cancel()
					limit := withTimeout(parent, time.Minute)
					defer limit.cancel()
					time.AfterFunc(time.Second, func() { test.end(limit, cancel) })
					start := time.Now()
					if early {
						<-limit.Done()
					} else {
						time.Sleep(test.at - time.Nanosecond)
						if err := limit.Err(); err != nil {
							t.Errorf("%v before %v", err, test.at)
						}
						time.Sleep(time.Nanosecond)
						synctest.Wait()
					}
					if d := time.Since(start); d != test.at {
						t.Errorf("done after %v, want %v", d, test.at)
					}
					if err := limit.Err(); err != test.want {
						t.Errorf("got %v, want %v", err, test.want)
					}
					<-limit.Done()
					time.Sleep(time.Hour)
					limit.cancel()
					if err := limit.Err(); err != test.want {
						t.Errorf("later: got %v, want %v", err, test.want)
					}
				})
			})
		}
	}
}

func TestLazyDeadline_nested(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outer := withTimeout(t.Context(), time.Second)
		inner := withTimeout(outer, time.Minute)
		if d, ok := inner.Deadline(); !ok || time.Until(d) != time.Second {
			t.Errorf("ends after %v", time.Until(d))
		}
		<-inner.Done()
		if err := inner.Err(); err != context.DeadlineExceeded {
			t.Errorf("got %v", err)
		}
		inner.cancel()
		outer.cancel()
	})
}
