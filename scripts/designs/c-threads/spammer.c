// Starts threads that sleep 50 ms in a loop, as the footnote of part 2 of Bendersky's Concurrent
// Servers does, and tells what that takes. Build and run it with
//
//	cc -O2 -pthread -o spammer spammer.c
//	./spammer 10000 3
//
// for 10,000 threads and 3 seconds. It starts fewer threads if the system allows no more. It prints
// how many it has started, and in the end how often they woke up and how many seconds of processor
// time that took.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

struct thread {
	double first;       // sleep, in seconds: the threads don't wake up all at once
	_Atomic long wakes; // one counter for all threads would cost time by itself
};

// Main holds the gate until all threads are there. Starting the last of them would take long if the
// first were busy.
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void sleep_for(double seconds) {
	struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
	nanosleep(&t, NULL);
}

static void *spam(void *arg) {
	struct thread *t = arg;
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	for (sleep_for(t->first);; sleep_for(0.05)) atomic_fetch_add_explicit(&t->wakes, 1, memory_order_relaxed);
	return NULL;
}

// so_far returns the processor time in seconds, and sets how often n threads have woken up.
static double so_far(struct thread *threads, long n, long *wakes) {
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	*wakes = 0;
	for (long i = 0; i < n; i++) *wakes += atomic_load_explicit(&threads[i].wakes, memory_order_relaxed);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv) {
	long want = argc == 3 ? atol(argv[1]) : 0, n = 0;
	double seconds = argc == 3 ? atof(argv[2]) : 0;
	if (want <= 0 || seconds <= 0) {
		fprintf(stderr, "usage: spammer THREADS SECONDS\n");
		return 2;
	}
	struct thread *threads = calloc((size_t)want, sizeof *threads);
	if (threads == NULL) return 1;
	pthread_mutex_lock(&gate);
	for (pthread_t started; n < want; n++) {
		threads[n].first = 0.05 * (double)n / (double)want;
		if (pthread_create(&started, NULL, spam, &threads[n]) != 0) break;
	}
	printf("%ld threads\n", n);
	fflush(stdout);
	pthread_mutex_unlock(&gate);
	sleep_for(0.1); // until each has slept once
	long before, after;
	double cpu = so_far(threads, n, &before);
	sleep_for(seconds);
	cpu = so_far(threads, n, &after) - cpu;
	printf("%ld wakes, %.6f s\n", after - before, cpu);
	return 0; // ends the threads
}
