//go:build exercise

package busy

import (
	"net"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
)

// listener is a network in memory.
type listener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error   { close(l.closed); return nil }
func (l *listener) Addr() net.Addr { return nil }

func TestWhomItCannotServeItTellsSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := &listener{make(chan net.Conn), make(chan struct{})}
		leave := make(chan struct{})
		var served sync.WaitGroup
		served.Go(func() {
			assert.ErrorIs(t, Serve(2, ln, func(conn net.Conn) {
				conn.Write([]byte{'*'})
				<-leave
				conn.Close()
			}), net.ErrClosed)
		})
		first := func() string { // what the next client reads first
			here, there := net.Pipe()
			select {
			case ln.conns <- there:
			default:
				synctest.Wait()
				select {
				case ln.conns <- there:
				default:
					return "was not accepted"
				}
			}
			buf := make([]byte, 1)
			if _, err := here.Read(buf); err != nil {
				return err.Error()
			}
			return string(buf)
		}
		synctest.Wait()
		assert.Equal(t, "*", first())
		assert.Equal(t, "*", first())
		assert.Equal(t, "!", first(), "two are being served")
		assert.Equal(t, "!", first(), "two are still being served")
		leave <- struct{}{}
		synctest.Wait()
		assert.Equal(t, "*", first(), "one has left")
		assert.Equal(t, "!", first())
		ln.Close()
		close(leave)
		served.Wait()
	})
}
