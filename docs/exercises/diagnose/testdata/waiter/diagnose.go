// Package diagnose is wrong: a goroutine of workers.txt that waits for the lock does not show which one holds it.
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
	"slots.txt":      {SilentClients, 9},
	"workers.txt":    {LockHeld, 8},
	"goroutines.txt": {Leak, 13},
	"sockets.txt":    {NotAccepting, 5},
}
