// Starts threads that sleep 50 ms in a loop, as the footnote of part 2 of Bendersky's Concurrent
// Servers does, and tells what that takes. Build and run it with
//
//	cc -O2 -pthread -o spammer spammer.c
//	./spammer 10000 3
//
// for 10,000 threads and 3 seconds. It starts fewer threads if the system allows no more. In the end
// it prints how many there were, how much address space they occupied (-1 where the system does not
// tell), how often they woke up, and how much processor time that took.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

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

// address_space returns the bytes of address space of this process, or -1.
static long address_space(void) {
	long pages = -1;
	FILE *statm = fopen("/proc/self/statm", "r");
	if (statm == NULL) return -1;
	if (fscanf(statm, "%ld", &pages) != 1) pages = -1;
	fclose(statm);
	return pages < 0 ? -1 : pages * sysconf(_SC_PAGESIZE);
}

// A reading says what n threads have done so far, and when.
struct reading { long wakes; double cpu, time; };

static struct reading so_far(struct thread *threads, long n) {
	struct reading r = {0};
	for (long i = 0; i < n; i++) r.wakes += atomic_load_explicit(&threads[i].wakes, memory_order_relaxed);
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	r.time = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	r.cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
	return r;
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
	long space = address_space();
	pthread_mutex_lock(&gate);
	for (pthread_t started; n < want; n++) {
		threads[n].first = 0.05 * (double)n / (double)want;
		if (pthread_create(&started, NULL, spam, &threads[n]) != 0) break;
	}
	if (space >= 0) space = address_space() - space;
	pthread_mutex_unlock(&gate);
	sleep_for(0.1); // until each has slept once
	struct reading before = so_far(threads, n);
	sleep_for(seconds);
	struct reading after = so_far(threads, n);
	printf("%ld threads, %ld bytes of address space, %ld wakes, %.6f s of processor time in %.6f s\n", n, space,
	       after.wakes - before.wakes, after.cpu - before.cpu, after.time - before.time);
	return 0; // ends the threads
}
