package policy

import (
	"context"
	"sync"
	"time"
)

// timeLimit is a context that ends at a time, or with another one. The timer of
// context.WithDeadline has the run-time system wake a thread whenever it is set,
// up to three times a request; here it is set for those only that ask for Done,
// which dns.Client does not.
type timeLimit struct {
	context.Context // what it is part of
	deadline        time.Time

	mu    sync.Mutex
	err   error           // why it is done; nil before
	timed context.Context // the same with a timer; nil if nobody has asked for Done
	stop  context.CancelFunc
}

// until gives a context that ends at deadline.
func until(parent context.Context, deadline time.Time) *timeLimit {
	if first, ok := parent.Deadline(); ok && first.Before(deadline) {
		deadline = first
	}
	return &timeLimit{Context: parent, deadline: deadline}
}

// within gives a context that ends in a while.
func within(parent context.Context, d time.Duration) *timeLimit {
	return until(parent, time.Now().Add(d))
}

// Deadline implements context.Context.
func (t *timeLimit) Deadline() (time.Time, bool) { return t.deadline, true }

// Done implements context.Context.
func (t *timeLimit) Done() <-chan struct{} {
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
func (t *timeLimit) Err() error {
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

// end ends it, if it has not ended yet.
func (t *timeLimit) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = context.Canceled
	}
	if t.stop != nil {
		t.stop()
	}
}
