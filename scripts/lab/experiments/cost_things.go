package experiments

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
)

// A thing is something that takes time. with calls measure with a function that does the thing n times.
type thing struct {
	name string
	with func(measure measure) error
}

type measure func(do func(n int) error) error

// always is a thing that needs nothing around it.
func always(name string, do func(n int)) thing {
	return thing{name, func(measure measure) error {
		return measure(func(n int) error { do(n); return nil })
	}}
}

// things returns what can be measured here.
func (p *costing) things(ctx context.Context, t *Trial, r *Result) ([]thing, error) {
	things := []thing{
		always(anAddition, add), always(aLock, lock), always(aHandOver, handOver), always(aGoroutine, startGoroutine), always(aThread, startThread),
		{aRoundTrip, func(measure measure) error {
			return t.Try(ctx, rig.Threaded, []string{"-quiet"}, func(s *rig.Server) error { return p.roundTrips(ctx, s.Addr, measure) })
		}},
		{aConnection, connections},
		{aProcess, func(measure measure) error { return processes(ctx, t, rig.Inetd, measure) }},
	}
	if runtime.GOOS == "windows" {
		r.Note("Go on Windows has no system call that is only a system call, so it is left out.")
	} else {
		things = append(things, always(aSystemCall, systemCall))
	}
	for _, program := range []string{rig.Threaded, rig.Inetd, rig.CStarter} { // building them is no part of a round
		if _, err := t.Command(ctx, program); err != nil && !errors.Is(err, rig.ErrNoTool) {
			return nil, err
		}
	}
	inC, err := t.able(ctx, r, rig.CInetd, "It would show what a thread and a process take in C.")
	if inC {
		things = append(things, thing{aProcessInC, func(measure measure) error { return processes(ctx, t, rig.CInetd, measure) }},
			thing{aThreadInC, func(measure measure) error { return starts(ctx, t, "t", measure) }},
			thing{aFork, func(measure measure) error { return starts(ctx, t, "f", measure) }})
	}
	return things, err
}

// one is a variable, or the compiler would add nothing again and again.
var one = 1

// add adds to a sum that each addition needs from the one before.
func add(n int) {
	sum := 0
	for range n {
		sum += one
	}
	runtime.KeepAlive(sum)
}

func lock(n int) {
	var mu sync.Mutex
	for range n {
		mu.Lock()
		mu.Unlock()
	}
}

func handOver(n int) {
	c := make(chan int)
	go func() {
		for i := range n {
			c <- i
		}
	}()
	for range n {
		<-c
	}
}

func systemCall(n int) {
	for range n {
		syscall.Getppid() // which, unlike Getpid, no library remembers
	}
}

func startGoroutine(n int) {
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {})
		wg.Wait()
	}
}

// startThread lets the runtime start a thread for each goroutine, because a thread ends with the goroutine that has
// locked it.
func startThread(n int) {
	var wg sync.WaitGroup
	for range n {
		wg.Go(runtime.LockOSThread)
		wg.Wait()
	}
}

// processes starts a program again and again, and waits for its end.
func processes(ctx context.Context, t *Trial, program string, measure measure) error {
	command, err := t.Command(ctx, program)
	if err != nil {
		return err
	}
	return measure(func(n int) error {
		for range n {
			if err := exec.Command(command[0]).Run(); err != nil {
				return fmt.Errorf("%s: %w", program, err)
			}
		}
		return nil
	})
}

// starts lets a program in C start what.
func starts(ctx context.Context, t *Trial, what string, measure measure) error {
	command, err := t.Command(ctx, rig.CStarter)
	if err != nil {
		return err
	}
	starter := exec.Command(command[0])
	orders, err := starter.StdinPipe()
	if err != nil {
		return err
	}
	said, err := starter.StdoutPipe()
	if err != nil {
		return err
	}
	if err := starter.Start(); err != nil {
		return err
	}
	lines := bufio.NewReader(said)
	err = measure(func(n int) error {
		fmt.Fprintln(orders, what, n)
		_, err := lines.ReadString('\n')
		return err
	})
	orders.Close() // which ends it
	return errors.Join(err, starter.Wait())
}

// errSilent says that a server did not answer.
var errSilent = errors.New("it did not answer")

// answerPatience is how much longer than d the round trips may take.
const answerPatience = 10 * time.Second

// roundTrips sends a byte to the server at addr again and again, and waits for the answer.
func (p *costing) roundTrips(ctx context.Context, addr string, measure measure) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("%w: %w", errSilent, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	conn.SetDeadline(time.Now().Add(p.d + answerPatience))
	ask := func(question byte) error {
		buf := []byte{question}
		if _, err := conn.Write(buf); err != nil {
			return fmt.Errorf("%w: %w", errSilent, err)
		}
		if _, err := conn.Read(buf); err != nil {
			return fmt.Errorf("%w: %w", errSilent, err)
		}
		return nil
	}
	if err := ask('^'); err != nil { // the answer is the greeting
		return err
	}
	return measure(func(n int) error {
		for range n {
			if err := ask('a'); err != nil {
				return err
			}
		}
		return nil
	})
}

// connections connects and closes again and again.
func connections(measure measure) error {
	return rig.Serve(func(net.Conn) {}, func(addr string) error {
		return measure(func(n int) error {
			for range n {
				if err := comeAndGo(addr); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// comeAndGo connects to a server that hangs up, and hangs up.
func comeAndGo(addr string) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return flaw(err.Error())
	}
	conn.Read(make([]byte, 1))       // until the server has hung up
	conn.(*net.TCPConn).SetLinger(0) // or the kernel would remember thousands of connections for a minute
	return conn.Close()
}
