package protocol

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"os"
	"regexp"
	"strings"
	"time"
)

// The bounds of a request's first line and header together.
const (
	maxHeader  = 8 << 10
	headerTime = time.Minute
)

var (
	tooLarge = refusal{http.StatusRequestHeaderFieldsTooLarge, fmt.Sprintf("more than %d bytes of header", maxHeader)}
	tooSlow  = refusal{http.StatusRequestTimeout, "the rest of the header did not come in time"}
)

// readRequest reads a request up to its body. It returns io.EOF if the client closed without a
// byte, a refusal if the request is invalid, and otherwise the error that rw gave. Beside a refusal
// it returns the request if it could be parsed, because the response depends on the method.
func readRequest(rw io.Reader) (*http.Request, error) {
	source := &headerSource{Reader: rw, late: time.Now().Add(headerTime)}
	in := bufio.NewReaderSize(source, 1<<10)
	if start, _ := in.Peek(2); string(start) == "\r\n" { // RFC 9112, section 2.2: an empty line may come first
		in.Discard(2)
	}
	request, err := http.ReadRequest(in)
	switch {
	case err == nil:
		in.Reset(bytes.NewReader(bytes.TrimPrefix(source.read.Bytes(), []byte("\r\n"))))
		return request, check(request, textproto.NewReader(in))
	case source.err != nil:
		return nil, source.err
	case source.read.Len() == 0:
		return nil, io.EOF
	}
	return nil, badRequest("not a valid HTTP request: %.100v", err)
}

// headerSource reads a header from a client and remembers what it read.
type headerSource struct {
	io.Reader
	late time.Time
	read bytes.Buffer
	err  error // why Read failed, but for io.EOF; a parser may wrap or replace it
}

// Read gives up on a client that sends too much or is too slow. The idle timeout alone would let a
// client go on for days, a byte at a time.
func (s *headerSource) Read(p []byte) (n int, err error) {
	left := maxHeader - s.read.Len()
	switch {
	case s.err != nil: // reading again would wait for the idle timeout again
		err = s.err
	case left == 0:
		err = tooLarge
	case time.Now().After(s.late):
		err = tooSlow
	default:
		n, err = s.Reader.Read(p[:min(left, len(p))])
		s.read.Write(p[:n])
		if errors.Is(err, os.ErrDeadlineExceeded) && s.read.Len() > 0 {
			err = tooSlow
		}
	}
	if err != io.EOF {
		s.err = err
	}
	return n, err
}

// validHost matches what RFC 9110, section 7.2, allows in Host: a name or an address, and a port.
var validHost = regexp.MustCompile(`^(\[[\w:.%~-]+\]|[\w.~!$&'()*+,;=%-]*)(:\d*)?$`)

// check refuses what a server must not accept although http.ReadRequest does. ReadRequest hides Host,
// and the Content-Length beside a Transfer-Encoding, so check parses the header again, from in.
func check(request *http.Request, in *textproto.Reader) error {
	in.ReadLine()
	header, _ := in.ReadMIMEHeader()
	for name := range header {
		if strings.Contains(name, " ") {
			return badRequest("header %.40q: want no space before the colon", name)
		}
	}
	hosts := header["Host"]
	switch {
	case request.ProtoMajor != 1:
		return refusal{http.StatusHTTPVersionNotSupported, "want HTTP/1.1"}
	case request.ProtoAtLeast(1, 1) && len(hosts) == 0:
		return badRequest("no Host in the header: HTTP/1.1 wants one")
	case len(hosts) > 0 && !validHost.MatchString(hosts[0]):
		return badRequest("Host %.40q: want a name or an address, and perhaps a port", hosts[0])
	case header["Transfer-Encoding"] != nil && header["Content-Length"] != nil:
		return badRequest("Transfer-Encoding and Content-Length: want one of them at most")
	}
	return nil
}
