package server

import (
	"context"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/protocol"
)

// BenchmarkConversation compares a short conversation over TCP with this package to one with nothing around it:
// what deadline, counters, drain and the containment of panics cost. Compare medians of several runs, for
// example of -count=10; a machine's noise is larger than the difference.
func BenchmarkConversation(b *testing.B) {
	before := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // as with -quiet
	defer slog.SetDefault(before)

	b.Run("bare", func(b *testing.B) {
		converse(b, func(ctx context.Context, ln net.Listener) {
			defer context.AfterFunc(ctx, func() { ln.Close() })()
			for {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				protocol.Message(conn)
				conn.Close()
			}
		})
	})
	b.Run("served", func(b *testing.B) {
		converse(b, func(ctx context.Context, ln net.Listener) {
			s := New(sequential, protocol.Message)
			s.IdleTimeout, s.Drain = time.Hour, time.Second
			s.Serve(ctx, ln)
		})
	})
}

func converse(b *testing.B, serve func(context.Context, net.Listener)) {
	ln, err := listen("127.0.0.1:0", "-addr")
	require.NoError(b, err)
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		serve(ctx, ln)
	}()
	reply := make([]byte, 4)
	b.ReportAllocs()
	for b.Loop() {
		conn, err := net.Dial("tcp", ln.Addr().String())
		require.NoError(b, err)
		conn.(*net.TCPConn).SetLinger(0) // or as many ports as conversations would stay taken for a minute
		io.WriteString(conn, "^abc$")
		_, err = io.ReadFull(conn, reply)
		require.NoError(b, err)
		conn.Close()
	}
	stop()
	<-ended
}
