package order

import "fmt"

// ActiveRunError is [ErrRunActive] together with the run that is active.
type ActiveRunError struct{ Run RunID }

// Error names the active run.
func (e *ActiveRunError) Error() string { return fmt.Sprintf("%v: %s", ErrRunActive, e.Run) }

// Unwrap returns [ErrRunActive].
func (e *ActiveRunError) Unwrap() error { return ErrRunActive }
