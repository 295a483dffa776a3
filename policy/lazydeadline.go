package policy

import (
	"context"
	"sync"
	"time"
)

// lazyDeadline is a context with a deadline. The timer of context.WithDeadline
// makes the runtime wake a thread whenever it is set, up to three times a
// request. A lazyDeadline sets its timer only when somebody calls Done, which
// dns.Client does not.
type lazyDeadline struct {
	context.Context // the parent
	deadline        time.Time

	mu    sync.Mutex
	err   error           // why it is done; nil before
	timed context.Context // the same with a timer; nil before the first call of Done
	stop  context.CancelFunc
}

// withDeadline returns a context that ends at deadline, or with parent.
func withDeadline(parent context.Context, deadline time.Time) *lazyDeadline {
	if first, ok := parent.Deadline(); ok && first.Before(deadline) {
		deadline = first
	}
	return &lazyDeadline{Context: parent, deadline: deadline}
}

// withTimeout returns a context that ends after d, or with parent.
func withTimeout(parent context.Context, d time.Duration) *lazyDeadline {
	return withDeadline(parent, time.Now().Add(d))
}

// Deadline implements context.Context.
func (t *lazyDeadline) Deadline() (time.Time, bool) { return t.deadline, true }

// Done implements context.Context.
func (t *lazyDeadline) Done() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timed == nil {
		t.timed, t.stop = context.WithDeadline(t.Context, t.deadline)
		if t.err != nil {
			t.stop()
		}
	}
	return t.timed.Done()
}

// Err implements context.Context.
func (t *lazyDeadline) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.err != nil:
	case t.timed != nil:
		t.err = t.timed.Err()
	case !time.Now().Before(t.deadline):
		t.err = context.DeadlineExceeded
	default:
		t.err = t.Context.Err()
	}
	return t.err
}

// cancel ends the context if it has not ended yet.
func (t *lazyDeadline) cancel() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = context.Canceled
	}
	if t.stop != nil {
		t.stop()
	}
}
