// Package diagnose is wrong: the line of slots.txt in which the next client is accepted only shows
// that a slot is free again.
package diagnose

// A Fault is what is wrong with a server.
type Fault string

const (
	SilentClients Fault = "clients that say nothing take all slots"
	WorkerLost    Fault = "a worker has ended, and its pool goes on without it"
	LockHeld      Fault = "a worker holds a lock while it talks to a client"
	Leak          Fault = "goroutines wait for ever to send what no goroutine receives"
	NotAccepting  Fault = "the server does not accept, and its clients wait in the backlog"
	NoDescriptors Fault = "the server has no file descriptor left"
)

// A Diagnosis is a fault, and the line of the text that shows it, counted from 1.
type Diagnosis struct {
	Fault Fault
	Line  int
}

// Diagnoses are complete.
var Diagnoses = map[string]Diagnosis{
	"pool.txt":       {WorkerLost, 15},
	"slots.txt":      {SilentClients, 10},
	"workers.txt":    {LockHeld, 30},
	"goroutines.txt": {Leak, 13},
	"sockets.txt":    {NotAccepting, 5},
}
