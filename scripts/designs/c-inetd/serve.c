// A program that serves one client, as inetd starts one for each connection: the connection is its standard input and
// output. It speaks the message protocol, and ends when the client sends no more. Build it and try it with
//
//	cc -O2 -o serve serve.c
//	printf '^abc$' | ./serve
#include <stdbool.h>
#include <unistd.h>

// say sends n bytes. It returns false if the client is gone.
static bool say(const unsigned char *bytes, ssize_t n) {
	while (n > 0) {
		ssize_t sent = write(STDOUT_FILENO, bytes, (size_t)n);
		if (sent < 0) return false;
		bytes += sent, n -= sent;
	}
	return true;
}

int main(void) {
	unsigned char buf[512];
	bool in_message = false, there = say((const unsigned char *)"*", 1);
	while (there) {
		ssize_t n = read(STDIN_FILENO, buf, sizeof buf), answers = 0;
		if (n <= 0) break;
		for (ssize_t i = 0; i < n; i++) {
			if (!in_message) {
				in_message = buf[i] == '^';
			} else if (buf[i] == '$') {
				in_message = false;
			} else {
				buf[answers++] = (unsigned char)(buf[i] + 1);
			}
		}
		there = say(buf, answers);
	}
	return 0;
}
